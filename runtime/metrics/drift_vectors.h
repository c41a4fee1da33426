// Whether vectors of today lie where those of a reference did.
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace chain::metrics {

using Vectors = std::span<const std::vector<double>>;

struct VectorDrift {
  double mmd =
      0;  // squared maximum mean discrepancy, unbiased, so that it may be below 0 (Gretton et al. 2012)
  double gamma = 0;               // of its kernel exp(-gamma d²): chosen by the median of distances
  double centroid_euclidean = 0;  // between the means
  double centroid_cosine = 0;     // 1 - cosine, from 0 to 2
  double drifted_components = 0;  // the share of dimensions whose wasserstein_norm is at least 0.1
};

/// Nothing unless both have at least two vectors, all of one dimension above 0 and finite. Quadratic in the
/// number of vectors: nothing beyond 4,000 in all, of which callers draw a sample.
[[nodiscard]] std::optional<VectorDrift> vector_drift(Vectors reference, Vectors current);

}  // namespace chain::metrics
