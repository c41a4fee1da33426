#include "cli/eval_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "runtime/metrics/agreement.h"
#include "runtime/value/json.h"

namespace chain::cli {
namespace {

using program::ScoreKind;

/// Between the two values around it, as most tools have it.
double quantile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

Spread spread_of(std::vector<double> values) {
  Spread spread;
  spread.count = values.size();
  if (values.empty()) return spread;
  spread.sum = std::accumulate(values.begin(), values.end(), 0.0);
  spread.mean = spread.sum / static_cast<double>(values.size());
  std::ranges::sort(values);
  spread.min = values.front();
  spread.max = values.back();
  spread.p50 = quantile(values, 0.5);
  spread.p90 = quantile(values, 0.9);
  spread.p95 = quantile(values, 0.95);
  spread.p99 = quantile(values, 0.99);
  return spread;
}

bool all_hold_or_not(const std::vector<double>& values) {
  return std::ranges::all_of(values, [](double value) { return value == 0 || value == 1; });
}

/// The mean of the repeats of each case that has a score, by case.
std::map<uint64_t, double> means_by_case(const EvalColumn& column, size_t score) {
  std::map<uint64_t, std::pair<double, size_t>> sums;
  for (size_t slot = 0; slot < column.slots(); ++slot) {
    const double value = column.score(slot, score);
    if (std::isnan(value)) continue;
    auto& [sum, count] = sums[column.case_of(slot)];
    sum += value;
    ++count;
  }
  std::map<uint64_t, double> means;
  for (const auto& [number, each] : sums) means[number] = each.first / static_cast<double>(each.second);
  return means;
}

std::vector<double> values_of(const std::map<uint64_t, double>& means) {
  std::vector<double> values;
  values.reserve(means.size());
  for (const auto& [number, mean] : means) values.push_back(mean);
  return values;
}

class Summing {
 public:
  Summing(const EvalColumn& column, size_t score, uint64_t seed)
      : column_(column), score_(score), seed_(seed) {}

  ScoreSummary run() {
    std::vector<double> values;
    for (size_t slot = 0; slot < column_.slots(); ++slot) {
      const double value = column_.score(slot, score_);
      if (!std::isnan(value)) values.push_back(value);
    }
    result_.spread = spread_of(values);
    const std::map<uint64_t, double> means = means_by_case(column_, score_);
    const bool bools = all_hold_or_not(values);
    const auto right = static_cast<uint64_t>(std::ranges::count(values, 1.0));
    result_.spread.interval = bools && column_.repeats() == 1
                                  ? metrics::wilson(right, values.size())
                                  : metrics::bootstrap(values_of(means), {.seed = seed_});
    for (const auto& [number, mean] : means) {
      result_.any += mean > 0 ? 1 : 0;
      result_.all += mean >= 1 ? 1 : 0;
    }
    if (!means.empty()) {
      result_.any /= static_cast<double>(means.size());
      result_.all /= static_cast<double>(means.size());
    }
    groups();
    switch (column_.eval().scores[score_].kind) {
      case ScoreKind::Exact: classes(); break;
      case ScoreKind::Judge: agreement(); break;
      case ScoreKind::Pairwise: wins(); break;
      case ScoreKind::Plain: break;
    }
    return std::move(result_);
  }

 private:
  void groups() {
    for (size_t place = 0; place < column_.eval().groups.size(); ++place) {
      std::map<std::string, std::pair<double, size_t>> sums;
      for (size_t slot = 0; slot < column_.slots(); ++slot) {
        const double value = column_.score(slot, score_);
        if (std::isnan(value)) continue;
        auto& [sum, count] = sums[column_.labels()[column_.group(slot, place)]];
        sum += value;
        ++count;
      }
      std::vector<GroupFigure> figures;
      for (const auto& [label, each] : sums)
        figures.push_back({label, each.second, each.first / static_cast<double>(each.second)});
      if (!figures.empty()) {
        const auto [low, high] = std::ranges::minmax(figures, {}, &GroupFigure::mean);
        result_.gap = std::max(result_.gap, high.mean - low.mean);
      }
      result_.groups.push_back(std::move(figures));
    }
  }

  void classes() {
    metrics::ClassCounts counts;
    for (size_t slot = 0; slot < column_.slots(); ++slot) {
      if (std::isnan(column_.score(slot, score_))) continue;
      const EvalColumn::Pair pair = column_.pair(slot, score_);
      counts.add(column_.labels()[pair.wanted], column_.labels()[pair.got]);
    }
    result_.classes = counts.result();
  }

  void agreement() {
    const auto& votes = column_.votes(score_);
    const bool several = std::ranges::any_of(votes, [](const auto& each) { return each.size() > 1; });
    if (!several) return;
    result_.agreement = metrics::krippendorff_alpha(votes, metrics::Level::Interval).value_or(1);
  }

  /// Each judge is asked in both orders; what it says in one alone is the order's doing, and a tie.
  void wins() {
    uint64_t won = 0, tied = 0, lost = 0, flipped = 0;
    for (const std::vector<double>& votes : column_.votes(score_)) {
      for (size_t i = 0; i + 1 < votes.size(); i += 2) {
        const double both = votes[i] + votes[i + 1];
        flipped += votes[i] != votes[i + 1] ? 1 : 0;
        won += both == 2 ? 1 : 0;
        lost += both == 0 ? 1 : 0;
        tied += both > 0 && both < 2 ? 1 : 0;
      }
    }
    result_.wins = metrics::win_rate(won, tied, lost);
    const uint64_t all = won + tied + lost;
    result_.flips = all == 0 ? 0 : static_cast<double>(flipped) / static_cast<double>(all);
  }

  const EvalColumn& column_;
  size_t score_;
  uint64_t seed_;
  ScoreSummary result_;
};

/// As JSON takes it.
void add_number(std::string& out, double value) {
  fmt::format_to(std::back_inserter(out), "{}", std::isfinite(value) ? value : 0.0);
}

template <class Append>
void add_spread(std::string& out, const Spread& spread, Append&& append) {
  const std::pair<const char*, double> figures[] = {
      {"mean", spread.mean}, {"low", spread.interval.low}, {"high", spread.interval.high},
      {"min", spread.min},   {"max", spread.max},          {"p50", spread.p50},
      {"p90", spread.p90},   {"p95", spread.p95},          {"p99", spread.p99},
      {"sum", spread.sum}};
  const char* comma = "";
  for (const auto& [name, value] : figures) {
    out += fmt::format("{}\"{}\":", comma, name);
    append(value);
    comma = ",";
  }
}

}  // namespace

Summary summarize(const EvalColumn& column, uint64_t seed) {
  Summary summary;
  std::vector<double> cost, latency;
  for (size_t slot = 0; slot < column.slots(); ++slot) {
    const Outcome& outcome = column.outcome(slot);
    if (outcome.state == Outcome::State::Missing) continue;
    if (slot % column.repeats() == 0) ++summary.cases;
    if (outcome.state == Outcome::State::Failed) {
      ++summary.failed;
      continue;
    }
    ++summary.answers;
    cost.push_back(static_cast<double>(outcome.cost) / 1e9);
    latency.push_back(static_cast<double>(outcome.latency) / 1e9);
  }
  summary.cost = spread_of(cost);
  summary.cost.interval = metrics::bootstrap(cost, {.seed = seed});
  summary.latency = spread_of(latency);
  summary.latency.interval = metrics::bootstrap(latency, {.seed = seed});
  for (size_t i = 0; i < column.eval().scores.size(); ++i)
    summary.scores.push_back(Summing(column, i, seed + i).run());
  return summary;
}

std::string requirement_arguments(const program::Eval& eval, const Summary& summary) {
  std::string out = "{";
  for (size_t i = 0; i < eval.scores.size(); ++i) {
    const ScoreSummary& score = summary.scores[i];
    value::append_json_string(out, eval.scores[i].name);
    out += ":{";
    add_spread(out, score.spread, [&](double value) { add_number(out, value); });
    std::vector<std::pair<const char*, double>> more = {
        {"gap", score.gap}, {"any", score.any}, {"all", score.all}};
    if (score.classes) more.emplace_back("macro_f1", score.classes->macro.f1);
    if (eval.scores[i].kind == ScoreKind::Judge) more.emplace_back("agreement", score.agreement);
    if (score.wins) more.emplace_back("win_rate", score.wins->rate);
    if (score.wins) more.emplace_back("flips", score.flips);
    for (const auto& [name, value] : more) {
      out += fmt::format(",\"{}\":", name);
      add_number(out, value);
    }
    out += "},";
  }
  out += "\"cost\":{";
  add_spread(out, summary.cost, [&](double value) { out += fmt::format("\"${:.9f}\"", value); });
  out += "},\"latency\":{";
  add_spread(out, summary.latency, [&](double value) {
    out += fmt::format("\"{}ms\"", static_cast<int64_t>(std::llround(value * 1e3)));
  });
  const size_t all = summary.answers + summary.failed;
  out += "},\"failed\":";
  add_number(out, all == 0 ? 0 : static_cast<double>(summary.failed) / static_cast<double>(all));
  return out + "}";
}

std::vector<ScoreDifference> compare(const EvalColumn& before, const EvalColumn& now, uint64_t seed) {
  std::vector<ScoreDifference> differences;
  for (size_t i = 0; i < now.eval().scores.size(); ++i) {
    const std::map<uint64_t, double> was = means_by_case(before, i), is = means_by_case(now, i);
    ScoreDifference difference;
    difference.score = i;
    std::vector<double> a, b;
    std::vector<std::pair<double, uint64_t>> losses;
    for (const auto& [number, value] : is) {
      const auto earlier = was.find(number);
      if (earlier == was.end()) continue;
      a.push_back(earlier->second);
      b.push_back(value);
      if (value < earlier->second) losses.emplace_back(value - earlier->second, number);
      difference.only_before += earlier->second == 1 && value == 0 ? 1 : 0;
      difference.only_now += earlier->second == 0 && value == 1 ? 1 : 0;
    }
    difference.cases = a.size();
    difference.paired = metrics::paired_bootstrap(a, b, {.seed = seed + i});
    const bool bools = all_hold_or_not(a) && all_hold_or_not(b);
    difference.p =
        bools ? metrics::mcnemar_exact(difference.only_before, difference.only_now) : difference.paired.p;
    std::ranges::sort(losses);
    for (size_t k = 0; k < losses.size() && k < 10; ++k) difference.worse.push_back(losses[k].second);
    differences.push_back(std::move(difference));
  }
  return differences;
}

std::vector<std::pair<uint64_t, double>> worst_cases(const EvalColumn& column, size_t score, size_t most,
                                                     bool low_is_good) {
  std::vector<std::pair<uint64_t, double>> worst;
  if (low_is_good) {  // a distance, a time: what is greatest comes first
    for (const auto& [number, mean] : means_by_case(column, score)) {
      if (mean > 0) worst.emplace_back(number, mean);
    }
    std::ranges::stable_sort(worst, std::ranges::greater(), &std::pair<uint64_t, double>::second);
    if (worst.size() > most) worst.resize(most);
    return worst;
  }
  double best = 1;
  for (const auto& [number, mean] : means_by_case(column, score)) {
    best = std::max(best, mean);
    worst.emplace_back(number, mean);
  }
  std::erase_if(worst, [&](const auto& each) { return each.second >= best; });
  std::ranges::stable_sort(worst, {}, &std::pair<uint64_t, double>::second);
  if (worst.size() > most) worst.resize(most);
  return worst;
}

}  // namespace chain::cli
