// Every figure of tests/fixtures/metrics/trec_eval.json, as trec_eval gives it.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "runtime/metrics/ranking.h"

using namespace chain::metrics;
using nlohmann::json;

namespace {

json fixture() {
  std::ifstream file(CHAIN_FIXTURES "/metrics/trec_eval.json");
  return json::parse(file);
}

Run run_of(const json& all) {
  Run run;
  for (const auto& [query, documents] : all.items())
    for (const auto& [document, score] : documents.items())
      run[query].push_back({document, score.get<double>()});
  return run;
}

Judgements judgements_of(const json& all) {
  Judgements judgements;
  for (const auto& [query, documents] : all.items())
    for (const auto& [document, judgement] : documents.items())
      judgements[query][document] = judgement.get<int64_t>();
  return judgements;
}

Options options_of(const json& flags) {
  Options options;
  for (size_t i = 0; i < flags.size(); ++i) {
    if (flags[i] == "-c") options.complete = true;
    if (flags[i] == "-l") options.relevant_from = std::stoll(flags.at(i + 1).get<std::string>());
  }
  return options;
}

/// By trec_eval's name of it; nothing for a name that we do not know.
std::optional<double> figure(const Measures& measures, const std::string& name) {
  static const std::map<std::string, double Measures::*> kWhole = {{"num_rel", &Measures::relevant},
                                                                   {"num_rel_ret", &Measures::relevant_found},
                                                                   {"map", &Measures::average_precision},
                                                                   {"Rprec", &Measures::r_precision},
                                                                   {"bpref", &Measures::bpref},
                                                                   {"recip_rank", &Measures::reciprocal_rank},
                                                                   {"ndcg", &Measures::ndcg},
                                                                   {"set_P", &Measures::set_precision},
                                                                   {"set_recall", &Measures::set_recall},
                                                                   {"set_F", &Measures::set_f}};
  static const std::map<std::string, double AtCut::*> kAtCut = {{"P", &AtCut::precision},
                                                                {"recall", &AtCut::recall},
                                                                {"map_cut", &AtCut::average_precision},
                                                                {"ndcg_cut", &AtCut::ndcg},
                                                                {"success", &AtCut::success}};
  if (const auto whole = kWhole.find(name); whole != kWhole.end()) return measures.*(whole->second);
  const size_t line = name.rfind('_');
  const auto kind = kAtCut.find(name.substr(0, line));
  if (kind == kAtCut.end()) return std::nullopt;
  for (const AtCut& at : measures.at)
    if (at.cut == std::stoul(name.substr(line + 1))) return at.*(kind->second);
  return std::nullopt;
}

}  // namespace

TEST_CASE("trec_eval's figures") {
  const json all = fixture();
  size_t compared = 0;
  for (const json& one : all["cases"]) {
    const Evaluation evaluation =
        evaluate(run_of(one["run"]), judgements_of(one["qrels"]), options_of(one["flags"]));
    const json& expected = one["expected"];
    CHECK(evaluation.queries.size() == expected.size() - 1);
    for (const auto& [query, figures] : expected.items()) {
      const Measures& measures = query == "all" ? evaluation.all : evaluation.queries.at(query);
      for (const auto& [name, value] : figures.items()) {
        INFO(one["name"] << ", " << query << ", " << name);
        const std::optional<double> found = figure(measures, name);
        REQUIRE(found);
        CHECK(*found == Approx(value.get<double>()).margin(1e-11).epsilon(0));
        ++compared;
      }
    }
  }
  CHECK(all["cases"].size() == 9);
  CHECK(compared == 1102);
}
