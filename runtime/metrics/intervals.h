// How sure figures are: means, intervals, tests of differences.
#pragma once

#include <cstdint>
#include <span>

namespace chain::metrics {

struct Mean {
  double mean = 0;
  double standard_error = 0;  // sample deviation (n - 1) over the root of n; 0 for fewer than two values
};
[[nodiscard]] Mean mean(std::span<const double> values);

struct Interval {
  double low = 0;
  double high = 0;
};

/// Of a share: `successes` of `trials`, from 0 to 1 (Wilson 1927). All from 0 to 1 without trials.
/// `confidence` is between 0 and 1.
[[nodiscard]] Interval wilson(uint64_t successes, uint64_t trials, double confidence = 0.95);

struct Bootstrap {
  uint32_t resamples = 2000;  // at least 1
  double confidence = 0.95;
  uint64_t seed = 0;  // equal seeds give equal intervals everywhere
};

/// Of the mean, by the percentiles of the means of resamples (Efron 1979). Values times resamples are the
/// work; beyond 200 million of them, resamples become fewer (but 100 remain). No values: 0 to 0.
[[nodiscard]] Interval bootstrap(std::span<const double> values, const Bootstrap& settings = {});

/// A mean difference of pairs, b - a.
struct PairedDifference {
  double difference = 0;
  Interval interval;  // of the bootstrap over pairs
  double p = 1;  // two-sided: how often a resample's mean lies on the other side of 0, doubled, at most 1
  bool beyond_noise = false;  // 0 is not inside the interval
};

/// `a` and `b` have the same length: scores of the same cases. All 0, and p 1, without any.
[[nodiscard]] PairedDifference paired_bootstrap(std::span<const double> a, std::span<const double> b,
                                                const Bootstrap& settings = {});

/// The p, two-sided and exact, of as many cases that only the first got right (`first`) and only the second
/// (`second`) if both were equally good (McNemar 1947 by the binomial distribution). 1 without any.
[[nodiscard]] double mcnemar_exact(uint64_t first, uint64_t second);

/// That at least one of `k` answers is right, if `right` of `trials` were: unbiased (Chen et al. 2021). `k`
/// from 1 to `trials`; more counts as `trials`. 0 without trials.
[[nodiscard]] double pass_at_k(uint64_t trials, uint64_t right, uint64_t k);

/// That all of `k` are: pass^k (Yao et al. 2024), in the same words.
[[nodiscard]] double pass_hat_k(uint64_t trials, uint64_t right, uint64_t k);

/// Comparisons of an answer with another: from 0 to 1, ties count half.
struct WinRate {
  uint64_t wins = 0;
  uint64_t ties = 0;
  uint64_t losses = 0;
  double rate = 0;    // 0 without any comparison
  Interval interval;  // Wilson's of the decided ones and ties as halves
  double p = 1;       // sign test of wins against losses, ties left out
};
[[nodiscard]] WinRate win_rate(uint64_t wins, uint64_t ties, uint64_t losses, double confidence = 0.95);

/// The quantile of the standard normal distribution at `p`, between 0 and 1, to double precision.
[[nodiscard]] double normal_quantile(double p);

}  // namespace chain::metrics
