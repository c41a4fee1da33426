#include "runtime/metrics/ranking.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace chain::metrics {
namespace {

using Judged = std::map<std::string, int64_t>;

/// The names of a query's results, best first, each once.
std::vector<std::string_view> ranked(const std::vector<Ranked>& results) {
  std::vector<std::pair<double, std::string_view>> order;
  order.reserve(results.size());
  for (const Ranked& result : results)
    order.emplace_back(std::isnan(result.score) ? -std::numeric_limits<double>::infinity() : result.score,
                       result.document);
  std::sort(order.begin(), order.end(), std::greater<>());
  std::vector<std::string_view> names;
  std::set<std::string_view> seen;
  for (const auto& [score, name] : order)
    if (seen.insert(name).second) names.push_back(name);
  return names;
}

std::optional<int64_t> judgement_of(const Judged& judged, std::string_view document) {
  const auto found = judged.find(std::string(document));
  if (found == judged.end() || found->second < 0) return std::nullopt;
  return found->second;
}

double discounted(int64_t gain, size_t place) {
  return gain > 0 ? static_cast<double>(gain) / std::log2(static_cast<double>(place) + 2) : 0;
}

/// One query's results as judgements, and what the ideal ranking would have.
struct Query {
  std::vector<std::optional<int64_t>> found;
  std::vector<int64_t> ideal;  // the gains of all relevant documents, highest first
  int64_t relevant_from = 1;
  size_t relevant = 0;
  size_t not_relevant = 0;  // judged so

  Query(const std::vector<Ranked>& results, const Judged& judged, int64_t from)
      : relevant_from(std::max<int64_t>(from, 1)) {
    for (const std::string_view name : ranked(results)) found.push_back(judgement_of(judged, name));
    for (const auto& [name, judgement] : judged) {
      if (judgement > 0) ideal.push_back(judgement);
      if (judgement >= relevant_from) ++relevant;
      if (judgement >= 0 && judgement < relevant_from) ++not_relevant;
    }
    std::sort(ideal.begin(), ideal.end(), std::greater<>());
  }

  [[nodiscard]] bool is_relevant(size_t place) const { return found[place].value_or(-1) >= relevant_from; }
  [[nodiscard]] size_t relevant_in(size_t cut) const {
    size_t count = 0;
    for (size_t i = 0; i < std::min(cut, found.size()); ++i) count += is_relevant(i) ? 1 : 0;
    return count;
  }
  [[nodiscard]] double share(double of_relevant) const {
    return relevant == 0 ? 0 : of_relevant / static_cast<double>(relevant);
  }
  [[nodiscard]] double average_precision(size_t cut) const {
    double sum = 0, so_far = 0;
    for (size_t i = 0; i < std::min(cut, found.size()); ++i)
      if (is_relevant(i)) sum += ++so_far / static_cast<double>(i + 1);
    return share(sum);
  }
  [[nodiscard]] double ndcg(size_t cut) const {
    double gained = 0, best = 0;
    for (size_t i = 0; i < std::min(cut, found.size()); ++i) gained += discounted(found[i].value_or(0), i);
    for (size_t i = 0; i < std::min(cut, ideal.size()); ++i) best += discounted(ideal[i], i);
    return best > 0 ? gained / best : 0;
  }
  [[nodiscard]] double reciprocal_rank() const {
    for (size_t i = 0; i < found.size(); ++i)
      if (is_relevant(i)) return 1 / static_cast<double>(i + 1);
    return 0;
  }
  [[nodiscard]] double bpref() const {
    double sum = 0;
    size_t not_relevant_so_far = 0;
    for (size_t i = 0; i < found.size(); ++i) {
      if (!found[i]) continue;
      if (!is_relevant(i)) {
        ++not_relevant_so_far;
      } else if (not_relevant_so_far == 0) {
        sum += 1;
      } else {
        sum += 1 - static_cast<double>(std::min(not_relevant_so_far, relevant)) /
                       static_cast<double>(std::min(not_relevant, relevant));
      }
    }
    return share(sum);
  }
};

AtCut measure_at(const Query& query, uint32_t cut) {
  const auto relevant = static_cast<double>(query.relevant_in(cut));
  return {cut,
          cut == 0 ? 0 : relevant / cut,
          query.share(relevant),
          query.average_precision(cut),
          query.ndcg(cut),
          relevant > 0 ? 1.0 : 0.0};
}

Measures measure(const Query& query, const Options& options) {
  constexpr size_t kAll = std::numeric_limits<size_t>::max();
  Measures result;
  result.relevant = static_cast<double>(query.relevant);
  result.relevant_found = static_cast<double>(query.relevant_in(kAll));
  result.average_precision = query.average_precision(kAll);
  result.r_precision = query.share(static_cast<double>(query.relevant_in(query.relevant)));
  result.bpref = query.bpref();
  result.reciprocal_rank = query.reciprocal_rank();
  result.ndcg = query.ndcg(kAll);
  if (!query.found.empty())
    result.set_precision = result.relevant_found / static_cast<double>(query.found.size());
  result.set_recall = query.share(result.relevant_found);
  if (result.relevant_found > 0)
    result.set_f = 2 * result.set_precision * result.set_recall / (result.set_precision + result.set_recall);
  for (const uint32_t cut : options.cuts) result.at.push_back(measure_at(query, cut));
  return result;
}

/// All figures of both, each given to `join`, which may change the first.
template <class Join>
void for_each_mean(Measures& sum, const Measures& one, Join join) {
  for (double Measures::* figure :
       {&Measures::average_precision, &Measures::r_precision, &Measures::bpref, &Measures::reciprocal_rank,
        &Measures::ndcg, &Measures::set_precision, &Measures::set_recall, &Measures::set_f})
    join(sum.*figure, one.*figure);
  for (size_t i = 0; i < sum.at.size(); ++i)
    for (double AtCut::* figure :
         {&AtCut::precision, &AtCut::recall, &AtCut::average_precision, &AtCut::ndcg, &AtCut::success})
      join(sum.at[i].*figure, one.at[i].*figure);
}

}  // namespace

Evaluation evaluate(const Run& run, const Judgements& judgements, const Options& options) {
  Evaluation result;
  for (const uint32_t cut : options.cuts) result.all.at.push_back({cut});
  size_t count = 0;
  for (const auto& [name, judged] : judgements) {
    const auto results = run.find(name);
    if (results == run.end() && !options.complete) continue;
    ++count;
    const Query query(results == run.end() ? std::vector<Ranked>() : results->second, judged,
                      options.relevant_from);
    const Measures one = measure(query, options);
    result.all.relevant += one.relevant;
    result.all.relevant_found += one.relevant_found;
    for_each_mean(result.all, one, [](double& sum, double figure) { sum += figure; });
    if (results != run.end()) result.queries.emplace(name, one);
  }
  if (count > 0)
    for_each_mean(result.all, result.all, [&](double& sum, double) { sum /= static_cast<double>(count); });
  return result;
}

Coverage coverage(const Run& run, const Judgements& judgements, uint32_t cut, uint64_t documents,
                  int64_t relevant_from) {
  std::set<std::string_view> reached, relevant;
  size_t results = 0, judged = 0;
  for (const auto& [query, found] : run) {
    const auto judgement = judgements.find(query);
    std::vector<std::string_view> names = ranked(found);
    if (names.size() > cut) names.resize(cut);
    reached.insert(names.begin(), names.end());
    if (judgement == judgements.end()) continue;
    results += names.size();
    for (const std::string_view name : names) judged += judgement_of(judgement->second, name) ? 1 : 0;
  }
  for (const auto& [query, all] : judgements)
    for (const auto& [name, judgement] : all)
      if (judgement >= std::max<int64_t>(relevant_from, 1)) relevant.insert(name);
  const auto share = [](size_t part, uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
  };
  const auto found = static_cast<size_t>(
      std::count_if(relevant.begin(), relevant.end(), [&](auto name) { return reached.count(name) > 0; }));
  return {share(reached.size(), documents), share(found, relevant.size()), share(judged, results)};
}

double context_precision(const std::vector<bool>& relevant) {
  double sum = 0, so_far = 0;
  for (size_t i = 0; i < relevant.size(); ++i)
    if (relevant[i]) sum += ++so_far / static_cast<double>(i + 1);
  return sum / (so_far + 1e-10);
}

}  // namespace chain::metrics
