// How well those who label agree.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace chain::metrics {

/// Cohen's kappa of two who labelled the same cases, -1 to 1: agreement beyond chance (Cohen 1960). `a` and
/// `b` have the same length. Nothing without cases, and where both only ever gave one and the same label, so
/// that chance cannot be told from agreement.
[[nodiscard]] std::optional<double> cohen_kappa(std::span<const std::string_view> a,
                                                std::span<const std::string_view> b);

enum class Level {
  Nominal,   // labels: equal or not
  Ordinal,   // ranks: how many cases lie between
  Interval,  // numbers: the square of the difference
};

/// Krippendorff's alpha, at most 1: any number of people, values missing anywhere (Krippendorff 2011). One
/// entry a case, with the values that were given to it, finite numbers (labels are numbered by the caller);
/// a case with fewer than two does not count. Nothing if no case counts, or all values are equal.
/// Linear in the values, and quadratic in the different ones for Ordinal and Interval: nothing beyond 10,000
/// different values.
[[nodiscard]] std::optional<double> krippendorff_alpha(std::span<const std::vector<double>> cases,
                                                       Level level = Level::Nominal);

}  // namespace chain::metrics
