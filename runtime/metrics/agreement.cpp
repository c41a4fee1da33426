#include "runtime/metrics/agreement.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace chain::metrics {
namespace {

constexpr size_t kMostValues = 10'000;

/// How often each value stands in cases that count, which is what chance is reckoned from.
using Totals = std::map<double, double>;

/// What two values are apart, squared. Nothing but Ordinal looks at how often others stand between.
class Distance {
 public:
  Distance(const Totals& totals, Level level) : level_(level) {
    double before = 0;
    for (const auto& [value, count] : totals) {
      middles_[value] = before + count / 2;
      before += count;
    }
  }
  [[nodiscard]] double squared(double a, double b) const {
    if (a == b) return 0;
    if (level_ == Level::Nominal) return 1;
    const double apart = level_ == Level::Interval ? a - b : middles_.at(a) - middles_.at(b);
    return apart * apart;
  }

 private:
  Level level_;
  std::map<double, double> middles_;  // of each value's ranks
};

/// The distances of all pairs of values of one case, each pair twice.
double disagreement(const std::map<double, double>& counts, const Distance& distance) {
  double sum = 0;
  for (auto a = counts.begin(); a != counts.end(); ++a)
    for (auto b = std::next(a); b != counts.end(); ++b)
      sum += 2 * a->second * b->second * distance.squared(a->first, b->first);
  return sum;
}

/// The same for labels, which need no pairs: all that is not equal.
double nominal_disagreement(const std::map<double, double>& counts) {
  double all = 0, equal = 0;
  for (const auto& [value, count] : counts) {
    all += count;
    equal += count * count;
  }
  return all * all - equal;
}

}  // namespace

std::optional<double> cohen_kappa(std::span<const std::string_view> a, std::span<const std::string_view> b) {
  const size_t size = std::min(a.size(), b.size());
  if (size == 0) return std::nullopt;
  std::map<std::string_view, std::pair<double, double>> counts;
  double same = 0;
  for (size_t i = 0; i < size; ++i) {
    ++counts[a[i]].first;
    ++counts[b[i]].second;
    same += a[i] == b[i] ? 1 : 0;
  }
  const auto n = static_cast<double>(size);
  double chance = 0;
  for (const auto& [label, both] : counts) chance += both.first / n * (both.second / n);
  if (counts.size() == 1) return std::nullopt;
  return (same / n - chance) / (1 - chance);
}

std::optional<double> krippendorff_alpha(std::span<const std::vector<double>> cases, Level level) {
  Totals totals;
  double n = 0;
  for (const auto& values : cases) {
    if (values.size() < 2) continue;
    for (const double value : values) {
      if (!std::isfinite(value)) return std::nullopt;
      ++totals[value];
    }
    n += static_cast<double>(values.size());
  }
  if (totals.size() < 2) return std::nullopt;
  if (level != Level::Nominal && totals.size() > kMostValues) return std::nullopt;
  const Distance distance(totals, level);
  const auto apart = [&](const std::map<double, double>& counts) {
    return level == Level::Nominal ? nominal_disagreement(counts) : disagreement(counts, distance);
  };
  double observed = 0;
  for (const auto& values : cases) {
    if (values.size() < 2) continue;
    std::map<double, double> counts;
    for (const double value : values) ++counts[value];
    observed += apart(counts) / static_cast<double>(values.size() - 1);
  }
  const double expected = apart(totals) / (n - 1);
  return 1 - observed / expected;
}

}  // namespace chain::metrics
