#include "runtime/metrics/intervals.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

namespace chain::metrics {
namespace {

/// SplitMix64 (Steele et al. 2014): the same numbers on every machine.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  /// Below `bound`, which is not 0; each as likely (Lemire 2019).
  uint64_t below(uint64_t bound) {
    for (;;) {
      const auto product = static_cast<unsigned __int128>(next()) * bound;
      if (static_cast<uint64_t>(product) >= -bound % bound) return static_cast<uint64_t>(product >> 64);
    }
  }

 private:
  uint64_t next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  uint64_t state_;
};

/// The quantile of sorted values, linear between two.
double quantile(const std::vector<double>& sorted, double p) {
  const double place = std::clamp(p, 0.0, 1.0) * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

/// The means of resamples, in order.
std::vector<double> resampled_means(std::span<const double> values, const Bootstrap& settings) {
  constexpr uint64_t kMostDraws = 200'000'000;
  const uint64_t affordable = std::max<uint64_t>(100, kMostDraws / values.size());
  const uint64_t count = std::clamp<uint64_t>(settings.resamples, 1, affordable);
  Random random(settings.seed);
  std::vector<double> means(count);
  for (double& mean : means) {
    double sum = 0;
    for (size_t i = 0; i < values.size(); ++i) sum += values[random.below(values.size())];
    mean = sum / static_cast<double>(values.size());
  }
  std::sort(means.begin(), means.end());
  return means;
}

Interval middle(const std::vector<double>& sorted, double confidence) {
  const double outside = (1 - std::clamp(confidence, 0.0, 1.0)) / 2;
  return {quantile(sorted, outside), quantile(sorted, 1 - outside)};
}

Interval wilson_of(double hits, double trials, double confidence) {
  if (trials <= 0) return {0, 1};
  confidence = std::clamp(confidence, 0.0, 1 - 1e-12);
  const double z = normal_quantile(0.5 + confidence / 2);
  const double share = hits / trials;
  const double scale = 1 + z * z / trials;
  const double centre = (share + z * z / (2 * trials)) / scale;
  const double half = z * std::sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / scale;
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

double log_choose(double n, double k) {
  int sign = 0;  // std::lgamma leaves it in a variable that all threads share
  return lgamma_r(n + 1, &sign) - lgamma_r(k + 1, &sign) - lgamma_r(n - k + 1, &sign);
}

/// That a fair coin falls on one side at most `k` times out of `n`.
double at_most(uint64_t k, uint64_t n) {
  const auto size = static_cast<double>(n);
  if (n < 1000) {  // exact in doubles but for the last bits
    double term = std::ldexp(1.0, -static_cast<int>(n)), sum = term;
    for (uint64_t i = 0; i < k; ++i) {
      term *= static_cast<double>(n - i) / static_cast<double>(i + 1);
      sum += term;
    }
    return sum;
  }
  // From the largest term downwards, until the rest cannot be seen.
  double term = std::exp(log_choose(size, static_cast<double>(k)) - size * std::numbers::ln2), sum = 0;
  for (uint64_t i = k; term > sum * 1e-18; --i) {
    sum += term;
    if (i == 0) break;
    term *= static_cast<double>(i) / static_cast<double>(n - i + 1);
  }
  return sum;
}

}  // namespace

Mean mean(std::span<const double> values) {
  if (values.empty()) return {};
  const auto n = static_cast<double>(values.size());
  double sum = 0;
  for (const double value : values) sum += value;
  Mean result{sum / n, 0};
  if (values.size() < 2) return result;
  double squares = 0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  result.standard_error = std::sqrt(squares / (n - 1)) / std::sqrt(n);
  return result;
}

Interval wilson(uint64_t successes, uint64_t trials, double confidence) {
  return wilson_of(static_cast<double>(std::min(successes, trials)), static_cast<double>(trials), confidence);
}

Interval bootstrap(std::span<const double> values, const Bootstrap& settings) {
  if (values.empty()) return {};
  return middle(resampled_means(values, settings), settings.confidence);
}

PairedDifference paired_bootstrap(std::span<const double> a, std::span<const double> b,
                                  const Bootstrap& settings) {
  const size_t size = std::min(a.size(), b.size());
  if (size == 0) return {};
  std::vector<double> differences(size);
  for (size_t i = 0; i < size; ++i) differences[i] = b[i] - a[i];
  const std::vector<double> means = resampled_means(differences, settings);
  PairedDifference result;
  result.difference = mean(differences).mean;
  result.interval = middle(means, settings.confidence);
  const auto below = std::upper_bound(means.begin(), means.end(), 0.0) - means.begin();
  const auto above = means.end() - std::lower_bound(means.begin(), means.end(), 0.0);
  // One is added to both sides, since no finite number of resamples shows that something never happens.
  const auto fewer = static_cast<double>(std::min(below, above));
  result.p = std::min(1.0, 2 * (fewer + 1) / static_cast<double>(means.size() + 1));
  result.beyond_noise = result.interval.low > 0 || result.interval.high < 0;
  return result;
}

double mcnemar_exact(uint64_t first, uint64_t second) {
  if (first == second) return 1;
  return std::min(1.0, 2 * at_most(std::min(first, second), first + second));
}

double pass_at_k(uint64_t trials, uint64_t right, uint64_t k) {
  right = std::min(right, trials);
  k = std::clamp<uint64_t>(k, 1, std::max<uint64_t>(trials, 1));
  if (trials == 0 || right == 0) return 0;
  if (trials - right < k) return 1;
  double none = 1;
  for (uint64_t i = trials - right + 1; i <= trials && none > 0; ++i)
    none *= 1 - static_cast<double>(k) / static_cast<double>(i);
  return 1 - none;
}

double pass_hat_k(uint64_t trials, uint64_t right, uint64_t k) {
  right = std::min(right, trials);
  k = std::clamp<uint64_t>(k, 1, std::max<uint64_t>(trials, 1));
  if (trials == 0 || right < k) return 0;
  double all = 1;
  for (uint64_t i = 0; i < k && all > 0; ++i)
    all *= static_cast<double>(right - i) / static_cast<double>(trials - i);
  return all;
}

WinRate win_rate(uint64_t wins, uint64_t ties, uint64_t losses, double confidence) {
  WinRate result{.wins = wins, .ties = ties, .losses = losses};
  const double hits = static_cast<double>(wins) + static_cast<double>(ties) / 2;
  const double all = static_cast<double>(wins) + static_cast<double>(ties) + static_cast<double>(losses);
  result.rate = all > 0 ? hits / all : 0;
  result.interval = wilson_of(hits, all, confidence);
  result.p = mcnemar_exact(wins, losses);
  return result;
}

double normal_quantile(double p) {
  if (!(p > 0)) return -std::numeric_limits<double>::infinity();
  if (p >= 1) return std::numeric_limits<double>::infinity();
  if (p > 0.5) return -normal_quantile(1 - p);
  // A start that is good to 0.0005 (Abramowitz and Stegun 26.2.23), then Halley's method.
  const double t = std::sqrt(-2 * std::log(p));
  double x = -(t - ((0.010328 * t + 0.802853) * t + 2.515517) /
                       (((0.001308 * t + 0.189269) * t + 1.432788) * t + 1));
  for (int i = 0; i < 3; ++i) {
    const double error = 0.5 * std::erfc(-x / std::numbers::sqrt2) - p;
    const double step = error * std::sqrt(2 * std::numbers::pi) * std::exp(x * x / 2);
    x -= step / (1 + x * step / 2);
  }
  return x;
}

}  // namespace chain::metrics
