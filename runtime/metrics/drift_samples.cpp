// How samples of numbers differ.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "runtime/metrics/drift.h"

namespace chain::metrics {
namespace {

using Values = std::vector<double>;

constexpr size_t kMostExact = 10'000;  // values of a sample, as SciPy has it

/// In order; nothing if there are none, or not all are finite.
std::optional<Values> sorted(std::span<const double> values) {
  if (values.empty() || !std::ranges::all_of(values, [](double value) { return std::isfinite(value); }))
    return std::nullopt;
  Values result(values.begin(), values.end());
  std::sort(result.begin(), result.end());
  return result;
}

/// Calls `each(below_a, below_b, width)` for each interval between neighbouring values of both: how many
/// values of each sample are not above it, and how wide it is. The last one has no width.
template <class Each>
void for_each_interval(const Values& a, const Values& b, Each each) {
  size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    const double here = j == b.size() || (i < a.size() && a[i] < b[j]) ? a[i] : b[j];
    while (i < a.size() && a[i] == here) ++i;
    while (j < b.size() && b[j] == here) ++j;
    const bool last = i == a.size() && j == b.size();
    const double next = last ? here : j == b.size() || (i < a.size() && a[i] < b[j]) ? a[i] : b[j];
    each(i, j, next - here);
  }
}

double share(size_t part, size_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

/// That two samples of `n` values are as far apart as `h` of them (Hodges 1958).
double outside_square(int64_t n, int64_t h) {
  double p = 0;
  for (int64_t k = n / h; k >= 0; --k) {
    double part = 1;
    for (int64_t j = 0; j < h; ++j)
      part = static_cast<double>(n - k * h - j) * part / static_cast<double>(n + k * h + j + 1);
    p = part * (1 - p);
  }
  return 2 * p;
}

/// That a path from (0, 0) to (m, n), each as likely, comes to where |x n - y m| is at least `h` times the
/// greatest common divisor `g`: from what is so of the paths to the points before, row after row.
double outside_band(int64_t m, int64_t n, int64_t g, int64_t h) {
  const int64_t down = n / g, right = m / g;
  const auto outside = [&](int64_t x, int64_t y) { return std::abs(x * down - y * right) >= h; };
  Values row(static_cast<size_t>(n) + 1);
  for (int64_t x = 0; x <= m; ++x) {
    for (int64_t y = 0; y <= n; ++y) {
      double& here = row[static_cast<size_t>(y)];
      if (outside(x, y)) {
        here = 1;
      } else if (x == 0 || y == 0) {
        const double before = x == 0 ? (y == 0 ? 0 : row[static_cast<size_t>(y - 1)]) : here;
        here = before;
      } else {
        here = (here * static_cast<double>(x) + row[static_cast<size_t>(y - 1)] * static_cast<double>(y)) /
               static_cast<double>(x + y);
      }
    }
  }
  return row.back();
}

/// Kolmogorov's limit distribution, from above.
double kolmogorov(double x) {
  if (x < 0.2) return 1;
  double sum = 0;
  for (int k = 1; k < 100; ++k) {
    const double term = std::exp(-2.0 * k * k * x * x);
    sum += k % 2 == 1 ? term : -term;
    if (term < 1e-18) break;
  }
  return std::clamp(2 * sum, 0.0, 1.0);
}

double smirnov_p(double distance, size_t a, size_t b) {
  const auto m = static_cast<int64_t>(std::max(a, b)), n = static_cast<int64_t>(std::min(a, b));
  const double mean = static_cast<double>(m) * static_cast<double>(n) / static_cast<double>(m + n);
  if (static_cast<size_t>(m) > kMostExact) return kolmogorov(distance * std::sqrt(mean));
  const int64_t g = std::gcd(m, n);
  const auto h = static_cast<int64_t>(std::round(distance * static_cast<double>(m / g * n)));
  if (h == 0) return 1;
  return std::clamp(m == n ? outside_square(n, h) : outside_band(m, n, g, h), 0.0, 1.0);
}

/// Ranks of both samples together, from 1, of which equal values share the mean.
struct Ranks {
  double of_first = 0;  // added up
  double ties = 0;      // t³ - t of each group of equal ones
};

Ranks rank(const Values& a, const Values& b) {
  Ranks ranks;
  size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    const double here = j == b.size() || (i < a.size() && a[i] < b[j]) ? a[i] : b[j];
    const size_t from_i = i, from_j = j;
    while (i < a.size() && a[i] == here) ++i;
    while (j < b.size() && b[j] == here) ++j;
    const auto same = static_cast<double>(i - from_i + j - from_j);
    const double first = static_cast<double>(from_i + from_j) + 1;
    ranks.of_first += static_cast<double>(i - from_i) * (first + (same - 1) / 2);
    ranks.ties += same * same * same - same;
  }
  return ranks;
}

/// That the smaller sample's U is at least `u`, by the distribution of U without ties, built up one value of
/// the smaller sample after the other.
double exact_u(size_t n, size_t m, double u) {
  // chances[u] of samples with `i` and `j` values, of which the highest is either's.
  const size_t most = n * m;
  std::vector<Values> rows(m + 1, Values{1});  // i = 0
  for (size_t i = 1; i <= n; ++i) {
    std::vector<Values> next(m + 1);
    next[0] = {1};
    for (size_t j = 1; j <= m; ++j) {
      Values& chances = next[j];
      chances.assign(i * j + 1, 0);
      const double of_i = share(i, i + j), of_j = share(j, i + j);
      for (size_t k = 0; k < rows[j].size(); ++k) chances[k + j] += of_i * rows[j][k];
      for (size_t k = 0; k < next[j - 1].size(); ++k) chances[k] += of_j * next[j - 1][k];
    }
    rows = std::move(next);
  }
  double p = 0;
  for (auto k = static_cast<size_t>(std::ceil(u)); k <= most; ++k) p += rows[m][k];
  return p;
}

}  // namespace

std::optional<Test> kolmogorov_smirnov(std::span<const double> reference, std::span<const double> current) {
  const auto a = sorted(reference), b = sorted(current);
  if (!a || !b) return std::nullopt;
  Test result;
  for_each_interval(*a, *b, [&](size_t i, size_t j, double) {
    result.statistic = std::max(result.statistic, std::abs(share(i, a->size()) - share(j, b->size())));
  });
  result.p = smirnov_p(result.statistic, a->size(), b->size());
  return result;
}

std::optional<Test> mann_whitney(std::span<const double> reference, std::span<const double> current) {
  const auto a = sorted(reference), b = sorted(current);
  if (!a || !b) return std::nullopt;
  const auto n = static_cast<double>(a->size()), m = static_cast<double>(b->size());
  const Ranks ranks = rank(*a, *b);
  Test result;
  result.statistic = ranks.of_first - n * (n + 1) / 2;
  const double u = std::max(result.statistic, n * m - result.statistic);
  const size_t fewer = std::min(a->size(), b->size()), more = std::max(a->size(), b->size());
  if (fewer <= 8 && more <= 1000 && ranks.ties == 0) {
    result.p = std::min(1.0, 2 * exact_u(fewer, more, u));
    return result;
  }
  const double all = n + m;
  const double deviation = std::sqrt(n * m / 12 * (all + 1 - ranks.ties / (all * (all - 1))));
  const double z = u - n * m / 2 - 0.5;
  result.p = deviation == 0 ? 1 : std::min(1.0, std::erfc(z / deviation / std::sqrt(2.0)));
  return result;
}

std::optional<double> wasserstein(std::span<const double> reference, std::span<const double> current) {
  const auto a = sorted(reference), b = sorted(current);
  if (!a || !b) return std::nullopt;
  double sum = 0;
  for_each_interval(*a, *b, [&](size_t i, size_t j, double width) {
    sum += std::abs(share(i, a->size()) - share(j, b->size())) * width;
  });
  return sum;
}

std::optional<double> wasserstein_norm(std::span<const double> reference, std::span<const double> current) {
  const auto distance = wasserstein(reference, current);
  if (!distance) return std::nullopt;
  const auto n = static_cast<double>(reference.size());
  const double mean = std::accumulate(reference.begin(), reference.end(), 0.0) / n;
  double squares = 0;
  for (const double value : reference) squares += (value - mean) * (value - mean);
  return *distance / std::max(std::sqrt(squares / n), 0.001);
}

std::optional<double> roc_auc(const std::vector<bool>& positive, std::span<const double> scores) {
  Values with, without;
  for (size_t i = 0; i < std::min(positive.size(), scores.size()); ++i)
    (positive[i] ? with : without).push_back(scores[i]);
  const auto a = sorted(with), b = sorted(without);
  if (!a || !b) return std::nullopt;
  const auto n = static_cast<double>(a->size());
  return (rank(*a, *b).of_first - n * (n + 1) / 2) / (n * static_cast<double>(b->size()));
}

}  // namespace chain::metrics
