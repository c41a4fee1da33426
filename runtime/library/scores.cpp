// How near an answer comes to what was expected: runtime/metrics, as programs call it.
#include "runtime/library/call.h"
#include "runtime/library/finder.h"
#include "runtime/metrics/answers.h"
#include "runtime/metrics/bleu.h"
#include "runtime/metrics/chrf.h"
#include "runtime/metrics/edit_distance.h"
#include "runtime/metrics/meteor.h"
#include "runtime/metrics/ranking.h"
#include "runtime/metrics/rouge.h"
#include "runtime/value/equal.h"

namespace chain::library {

namespace {

std::vector<std::string_view> texts(const Call& call, size_t argument) {
  const Elements list = call.elements(argument);
  std::vector<std::string_view> result;
  result.reserve(list.size);
  for (uint64_t i = 0; i < list.size; ++i) result.push_back(value::load<Text>(list[i]).view());
  return result;
}

Status too_long(Call& call) {
  return call.fail("the texts are too long to be compared");
}

/// How many elements of one list stand in another one, each once, but equal ones as often as they stand
/// there.
uint64_t shared(Call& call, const Elements& found, const Elements& expected) {
  std::vector<bool> used(expected.size);
  uint64_t count = 0;
  for (uint64_t i = 0; i < found.size; ++i) {
    for (uint64_t k = 0; k < expected.size; ++k) {
      if (used[k] || !value::equal(call.types(), found.type, found[i], expected[k])) continue;
      used[k] = true;
      ++count;
      break;
    }
  }
  return count;
}

/// Longer lists than these by each other take too long to compare.
constexpr uint64_t kMostPairs = 100'000'000;

bool comparable(const Elements& a, const Elements& b) {
  return a.size == 0 || b.size <= kMostPairs / a.size;
}

/// The measures of one ranking, whose first document is the best. What stands in it twice counts once.
metrics::Measures measures(const Call& call, int64_t cut) {
  metrics::Run run;
  metrics::Judgements judgements;
  std::vector<metrics::Ranked>& found = run["q"];
  double score = 0;
  for (const std::string_view each : texts(call, 0)) found.push_back({std::string(each), score--});
  auto& judged = judgements["q"];
  for (const std::string_view each : texts(call, 1)) judged[std::string(each)] = 1;
  return metrics::evaluate(run, judgements, {.cuts = {static_cast<uint32_t>(cut)}}).all;
}

/// A measure of the first `at`, argument 2.
Status at_cut(Call& call, double metrics::AtCut::* measure) {
  const auto cut = call.get<int64_t>(2);
  if (cut < 1 || cut > UINT32_MAX) return call.fail("`at` must be from 1 on");
  const metrics::Measures result = measures(call, cut);
  return call.give(result.at.empty() ? 0.0 : result.at[0].*measure);
}

}  // namespace

LIBRARY(chain_lib_exact) {
  return call.give_flag(value::equal(call.types(), call.type(0), call.argument(0), call.argument(1)));
}

LIBRARY(chain_lib_levenshtein) {
  const auto distance = metrics::levenshtein(call.text(0), call.text(1));
  return distance ? call.give(static_cast<int64_t>(*distance)) : too_long(call);
}
LIBRARY(chain_lib_similarity) {
  const auto likeness = metrics::similarity(call.text(0), call.text(1));
  return likeness ? call.give(*likeness) : too_long(call);
}

LIBRARY(chain_lib_em) {
  const std::string_view accepted[] = {call.text(1)};
  return call.give_flag(metrics::exact_match(call.text(0), accepted) == 1);
}
LIBRARY(chain_lib_em_any) {
  return call.give_flag(metrics::exact_match(call.text(0), texts(call, 1)) == 1);
}
LIBRARY(chain_lib_f1) {
  const std::string_view accepted[] = {call.text(1)};
  return call.give(metrics::token_f1(call.text(0), accepted));
}
LIBRARY(chain_lib_f1_any) {
  return call.give(metrics::token_f1(call.text(0), texts(call, 1)));
}
LIBRARY(chain_lib_f1_list) {
  const Elements found = call.elements(0), expected = call.elements(1);
  if (!comparable(found, expected)) return call.fail("the lists are too long to be compared");
  const uint64_t both = found.size + expected.size;
  return call.give(
      both == 0 ? 1.0 : 2.0 * static_cast<double>(shared(call, found, expected)) / static_cast<double>(both));
}

LIBRARY(chain_lib_bleu) {
  return call.give(metrics::sentence_bleu({call.text(0), {call.text(1)}}).score / 100);
}
LIBRARY(chain_lib_chrf) {
  const metrics::Segment segment{call.text(0), {call.text(1)}};
  return call.give(metrics::chrf({&segment, 1}) / 100);
}
LIBRARY(chain_lib_rouge_1) {
  return call.give(metrics::rouge_n(call.text(0), call.text(1), 1).f1);
}
LIBRARY(chain_lib_rouge_2) {
  return call.give(metrics::rouge_n(call.text(0), call.text(1), 2).f1);
}
LIBRARY(chain_lib_rouge_l) {
  const auto overlap = metrics::rouge_l(call.text(0), call.text(1));
  return overlap ? call.give(overlap->f1) : too_long(call);
}
LIBRARY(chain_lib_rouge_lsum) {
  const auto overlap = metrics::rouge_lsum(call.text(0), call.text(1));
  return overlap ? call.give(overlap->f1) : too_long(call);
}
LIBRARY(chain_lib_meteor) {
  const std::string_view references[] = {call.text(1)};
  return call.give(metrics::meteor(call.text(0), references));
}

LIBRARY(chain_lib_ndcg) {
  return at_cut(call, &metrics::AtCut::ndcg);
}
LIBRARY(chain_lib_recall) {
  return at_cut(call, &metrics::AtCut::recall);
}
LIBRARY(chain_lib_precision) {
  return at_cut(call, &metrics::AtCut::precision);
}
LIBRARY(chain_lib_hit) {
  const auto cut = call.get<int64_t>(2);
  if (cut < 1 || cut > UINT32_MAX) return call.fail("`at` must be from 1 on");
  const metrics::Measures result = measures(call, cut);
  return call.give_flag(!result.at.empty() && result.at[0].success > 0);
}
LIBRARY(chain_lib_mrr) {
  return call.give(measures(call, 1).reciprocal_rank);
}

LIBRARY(chain_lib_coverage_text) {
  const Elements parts = call.elements(1);
  uint64_t found = 0;
  for (const std::string_view part : texts(call, 1)) {
    found += part.empty() || Finder(call.text(0), part).next() != std::string_view::npos ? 1 : 0;
  }
  return call.give(parts.size == 0 ? 1.0 : static_cast<double>(found) / static_cast<double>(parts.size));
}
LIBRARY(chain_lib_coverage_list) {
  const Elements found = call.elements(0), expected = call.elements(1);
  if (!comparable(found, expected)) return call.fail("the lists are too long to be compared");
  return call.give(expected.size == 0 ? 1.0
                                      : static_cast<double>(shared(call, found, expected)) /
                                            static_cast<double>(expected.size));
}
LIBRARY(chain_lib_in_order) {
  const Elements list = call.elements(0), expected = call.elements(1);
  uint64_t met = 0;
  for (uint64_t i = 0; i < list.size && met < expected.size; ++i) {
    if (value::equal(call.types(), list.type, list[i], expected[met])) ++met;
  }
  return call.give_flag(met == expected.size);
}

}  // namespace chain::library
