// Whether values of today are distributed as those of a reference were. Equal to SciPy 1.10 with the bins
// and the filling of zeros of Evidently 0.7.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace chain::metrics {

/// Shares of the same classes or bins in both, each adding up to 1.
struct Shares {
  std::vector<double> reference;
  std::vector<double> current;
};

/// Of numbers, which are finite: in bins of equal width over both (Sturges 1926) if the reference has more
/// than 20 different values, else by value. Nothing if either is empty or holds what is not finite.
[[nodiscard]] std::optional<Shares> shares_of_numbers(std::span<const double> reference,
                                                      std::span<const double> current);
/// Of labels, in the order of their bytes. Nothing if either is empty.
[[nodiscard]] std::optional<Shares> shares_of_labels(std::span<const std::string_view> reference,
                                                     std::span<const std::string_view> current);

/// Population stability index, from 0; shares of 0 count as 0.0001, or a millionth of the least if that is
/// not above 0.0001. Drift is commonly told from 0.1 on.
[[nodiscard]] double population_stability(Shares shares);
/// Kullback and Leibler's divergence of the reference from the current, in nats, zeros as above.
[[nodiscard]] double kullback_leibler(Shares shares);
/// Jensen and Shannon's distance: the root of their divergence in nats, from 0 to sqrt(ln 2).
[[nodiscard]] double jensen_shannon(const Shares& shares);
/// From 0 to 1.
[[nodiscard]] double hellinger(const Shares& shares);

struct Test {
  double statistic = 0;
  double p = 1;  // how likely such a difference, or a larger one, is without drift
};

// Each of these gives nothing where `shares_of_...` does.

/// Kolmogorov and Smirnov's two-sided test of two samples: exact up to 10,000 values each, else by the limit.
[[nodiscard]] std::optional<Test> kolmogorov_smirnov(std::span<const double> reference,
                                                     std::span<const double> current);
/// Mann and Whitney's two-sided test, corrected for ties and continuity: exact if one sample has at most 8
/// values, the other at most 1,000, and none is equal to another. The statistic is the reference's U.
[[nodiscard]] std::optional<Test> mann_whitney(std::span<const double> reference,
                                               std::span<const double> current);
/// The earth mover's distance, in the values' unit.
[[nodiscard]] std::optional<double> wasserstein(std::span<const double> reference,
                                                std::span<const double> current);
/// The same over the reference's deviation (population), but at least 0.001.
[[nodiscard]] std::optional<double> wasserstein_norm(std::span<const double> reference,
                                                     std::span<const double> current);
/// Pearson's chi-square of the counts of labels, the reference's scaled to the size of the current. Nothing
/// also if the current has a label that the reference lacks, since then it has no value.
[[nodiscard]] std::optional<Test> chi_square(std::span<const std::string_view> reference,
                                             std::span<const std::string_view> current);
/// The z test of two proportions, two-sided: how many of `reference` and of `current` values are so. Nothing
/// without values, and where all or none are so.
[[nodiscard]] std::optional<Test> two_proportions(double reference_hits, double reference_size,
                                                  double current_hits, double current_size);

/// The area under the curve of scores that should be higher where `positive`: from 0 to 1, ties count half.
/// Nothing unless there are both kinds. Both have the same length.
[[nodiscard]] std::optional<double> roc_auc(const std::vector<bool>& positive,
                                            std::span<const double> scores);

}  // namespace chain::metrics
