// How shares of classes and bins differ.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "runtime/metrics/drift.h"
#include "runtime/metrics/special_functions.h"

namespace chain::metrics {
namespace {

constexpr size_t kFewValues = 20;

bool usable(std::span<const double> values) {
  return !values.empty() && std::ranges::all_of(values, [](double value) { return std::isfinite(value); });
}

template <class Value>
Shares by_value(std::span<const Value> reference, std::span<const Value> current) {
  std::map<Value, std::pair<double, double>> counts;
  for (const Value& value : reference) ++counts[value].first;
  for (const Value& value : current) ++counts[value].second;
  Shares shares;
  for (const auto& [value, both] : counts) {
    shares.reference.push_back(both.first / static_cast<double>(reference.size()));
    shares.current.push_back(both.second / static_cast<double>(current.size()));
  }
  return shares;
}

/// The edges of bins of equal width, as numpy.histogram_bin_edges(bins="sturges") has them.
std::vector<double> edges_of(double least, double most, size_t count) {
  size_t bins = 1;
  if (most > least) {
    const double width = (most - least) / (std::log2(static_cast<double>(count)) + 1);
    if (width > 0) bins = static_cast<size_t>(std::ceil((most - least) / width));
  } else {
    least -= 0.5;
    most += 0.5;
  }
  std::vector<double> edges(bins + 1);
  const double step = (most - least) / static_cast<double>(bins);
  for (size_t i = 0; i <= bins; ++i) edges[i] = static_cast<double>(i) * step + least;
  edges.back() = most;
  return edges;
}

std::vector<double> in_bins(std::span<const double> values, const std::vector<double>& edges) {
  std::vector<double> shares(edges.size() - 1);
  for (const double value : values) {
    const auto above = std::upper_bound(edges.begin(), edges.end(), value) - edges.begin();
    ++shares[std::min<size_t>(static_cast<size_t>(std::max<ptrdiff_t>(above - 1, 0)), shares.size() - 1)];
  }
  for (double& share : shares) share /= static_cast<double>(values.size());
  return shares;
}

/// Puts something in the place of shares of 0, which have no logarithm.
void fill_zeros(std::vector<double>& shares) {
  double least = 1;
  for (const double share : shares)
    if (share > 0) least = std::min(least, share);
  const double filler = least <= 0.0001 ? least / 1e6 : 0.0001;
  std::ranges::replace(shares, 0.0, filler);
}

void normalize(std::vector<double>& shares) {
  double sum = 0;
  for (const double share : shares) sum += share;
  for (double& share : shares) share /= sum;
}

/// p ln(p / q), 0 for a p of 0.
double relative_entropy(const std::vector<double>& p, const std::vector<double>& q) {
  double sum = 0;
  for (size_t i = 0; i < p.size(); ++i)
    if (p[i] > 0) sum += p[i] * std::log(p[i] / q[i]);
  return sum;
}

}  // namespace

std::optional<Shares> shares_of_numbers(std::span<const double> reference, std::span<const double> current) {
  if (!usable(reference) || !usable(current)) return std::nullopt;
  std::set<double> different;
  for (size_t i = 0; i < reference.size() && different.size() <= kFewValues; ++i)
    different.insert(reference[i]);
  if (different.size() <= kFewValues) return by_value(reference, current);
  const auto [least, most] = std::ranges::minmax(reference);
  const auto [least_now, most_now] = std::ranges::minmax(current);
  const auto edges =
      edges_of(std::min(least, least_now), std::max(most, most_now), reference.size() + current.size());
  return Shares{in_bins(reference, edges), in_bins(current, edges)};
}

std::optional<Shares> shares_of_labels(std::span<const std::string_view> reference,
                                       std::span<const std::string_view> current) {
  if (reference.empty() || current.empty()) return std::nullopt;
  return by_value(reference, current);
}

double population_stability(Shares shares) {
  fill_zeros(shares.reference);
  fill_zeros(shares.current);
  double sum = 0;
  for (size_t i = 0; i < shares.reference.size(); ++i)
    sum += (shares.reference[i] - shares.current[i]) * std::log(shares.reference[i] / shares.current[i]);
  return sum;
}

double kullback_leibler(Shares shares) {
  fill_zeros(shares.reference);
  fill_zeros(shares.current);
  normalize(shares.reference);
  normalize(shares.current);
  return relative_entropy(shares.reference, shares.current);
}

double jensen_shannon(const Shares& shares) {
  std::vector<double> middle(shares.reference.size());
  for (size_t i = 0; i < middle.size(); ++i) middle[i] = (shares.reference[i] + shares.current[i]) / 2;
  const double sum = relative_entropy(shares.reference, middle) + relative_entropy(shares.current, middle);
  return std::sqrt(std::max(sum, 0.0) / 2);
}

double hellinger(const Shares& shares) {
  double alike = 0;
  for (size_t i = 0; i < shares.reference.size(); ++i)
    alike += std::sqrt(shares.reference[i] * shares.current[i]);
  return std::sqrt(std::max(1 - alike, 0.0));
}

std::optional<Test> chi_square(std::span<const std::string_view> reference,
                               std::span<const std::string_view> current) {
  const auto shares = shares_of_labels(reference, current);
  if (!shares) return std::nullopt;
  const auto size = static_cast<double>(current.size());
  Test result;
  for (size_t i = 0; i < shares->reference.size(); ++i) {
    const double expected = shares->reference[i] * size, observed = shares->current[i] * size;
    if (expected == 0) return std::nullopt;
    result.statistic += (observed - expected) * (observed - expected) / expected;
  }
  const auto freedom = static_cast<double>(shares->reference.size() - 1);
  result.p = freedom == 0 ? 1 : upper_gamma(freedom / 2, result.statistic / 2);
  return result;
}

std::optional<Test> two_proportions(double reference_hits, double reference_size, double current_hits,
                                    double current_size) {
  if (!(reference_size > 0) || !(current_size > 0)) return std::nullopt;
  const double pooled = (reference_hits + current_hits) / (reference_size + current_size);
  if (!(pooled > 0) || !(pooled < 1)) return std::nullopt;
  const double deviation = std::sqrt(pooled * (1 - pooled) * (1 / reference_size + 1 / current_size));
  Test result;
  result.statistic = (reference_hits / reference_size - current_hits / current_size) / deviation;
  result.p = std::erfc(std::abs(result.statistic) / std::sqrt(2.0));
  return result;
}

}  // namespace chain::metrics
