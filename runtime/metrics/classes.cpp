#include "runtime/metrics/classes.h"

#include <algorithm>

namespace chain::metrics {
namespace {

double share(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

double harmonic(double a, double b) {
  return a + b > 0 ? 2 * a * b / (a + b) : 0;
}

/// The mean of the classes' figures, each as often as `weight` says.
template <class Weight>
MeanScore mean_of(const std::vector<ClassScore>& classes, Weight weight) {
  MeanScore sum;
  double weights = 0;
  for (const ClassScore& one : classes) {
    const double w = weight(one);
    sum.precision += w * one.precision;
    sum.recall += w * one.recall;
    sum.f1 += w * one.f1;
    weights += w;
  }
  if (weights == 0) return {};
  return {sum.precision / weights, sum.recall / weights, sum.f1 / weights};
}

}  // namespace

uint64_t Confusion::count(uint32_t expected, uint32_t answered) const {
  const auto found = counts.find({expected, answered});
  return found == counts.end() ? 0 : found->second;
}

uint32_t ClassCounts::number_of(std::string_view name) {
  const auto found = numbers_.find(name);
  if (found != numbers_.end()) return found->second;
  return numbers_.emplace(name, static_cast<uint32_t>(numbers_.size())).first->second;
}

void ClassCounts::declare(std::string_view name) {
  number_of(name);
}

void ClassCounts::add(std::string_view expected, std::string_view answered) {
  const uint32_t row = number_of(expected);
  ++counts_[{row, number_of(answered)}];
}

Classification ClassCounts::result() const {
  Classification result;
  std::vector<uint32_t> place(numbers_.size());  // of each number, in the order of names
  for (const auto& [name, number] : numbers_) {
    place[number] = static_cast<uint32_t>(result.classes.size());
    result.classes.push_back({.name = name});
    result.confusion.names.push_back(name);
  }
  uint64_t cases = 0, right = 0;
  for (const auto& [pair, count] : counts_) {
    const uint32_t row = place[pair.first], column = place[pair.second];
    result.confusion.counts[{row, column}] = count;
    result.classes[row].support += count;
    result.classes[column].answered += count;
    if (row == column) result.classes[row].right = count;
    cases += count;
    right += row == column ? count : 0;
  }
  for (ClassScore& one : result.classes) {
    one.precision = share(one.right, one.answered);
    one.recall = share(one.right, one.support);
    one.f1 = harmonic(one.precision, one.recall);
  }
  result.accuracy = share(right, cases);
  result.micro = {result.accuracy, result.accuracy, result.accuracy};
  result.macro = mean_of(result.classes,
                         [](const ClassScore& one) { return one.support + one.answered > 0 ? 1.0 : 0.0; });
  result.weighted =
      mean_of(result.classes, [](const ClassScore& one) { return static_cast<double>(one.support); });
  return result;
}

}  // namespace chain::metrics
