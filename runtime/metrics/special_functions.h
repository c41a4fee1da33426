// Distributions that tests of differences need. Internal to runtime/metrics.
#pragma once

namespace chain::metrics {

/// The regularized upper incomplete gamma function Q(a, x), for a above 0 and x from 0: by its series or its
/// continued fraction (Press et al. 2007, 6.2), to some 14 digits.
[[nodiscard]] double upper_gamma(double a, double x);

}  // namespace chain::metrics
