// What calls cost, summed up by the journal's file.
#include "runtime/store/costs.h"

#include <catch2/catch.hpp>

#include <limits>

#include "tests/unit/access/temporary.h"

using namespace chain;
using access::test::Temporary;
using store::CostKey;
using store::CostRow;

namespace {

constexpr int64_t kDay = 86'400'000'000'000;

struct Call {
  std::string path = "main/ask", name = "ask@1.0", asked = "openai/small";
  model::Usage usage = {100, 10, 40, 5};
  std::optional<int64_t> cost = 1'000'000;
  model::Cached cached = model::Cached::No;
  bool ok = true;
  int64_t started = kDay;
  bool ends = true;
  std::string kind = "prompt";
};

struct Place {
  Temporary folder;
  std::unique_ptr<store::Records> records;
  int64_t runs = 0;

  Place() {
    std::string error;
    records = store::Records::open(folder.path().string(), store::Durability::Normal, error);
    INFO(error);
    REQUIRE(records);
  }
  void run(const std::string& chain, const std::vector<Call>& calls, bool done = true) {
    store::RunRecord run;
    run.id = std::to_string(++runs);
    run.file = "a.chain";
    run.chain = chain;
    run.artifact = "art";
    run.arguments = run.settings = "{}";
    REQUIRE(records->insert(run, {}));
    uint64_t order = 0;
    for (const Call& call : calls) {
      REQUIRE(records->begin_step(run.number, {.path = call.path,
                                               .kind = call.kind,
                                               .name = call.name,
                                               .model = "fast",
                                               .started = call.started}));
      if (!call.ends) continue;
      sched::StepEnd end;
      end.ok = call.ok;
      end.asked = call.asked;
      end.cost = call.cost;
      end.completion.usage = call.usage;
      end.completion.cached = call.cached;
      REQUIRE(records->end_step(run.number, call.path, call.started + 1, ++order, end));
    }
    sched::RunResult result;
    result.ok = done;
    REQUIRE(records->end_run(run.number, 2 * kDay, result));
  }
  [[nodiscard]] store::Costs costs(CostKey key, int64_t since = 0) {
    auto costs = store::costs(*records, key, since);
    REQUIRE(costs);
    return *std::move(costs);
  }
};

std::vector<std::string> keys(const store::Costs& costs) {
  std::vector<std::string> keys;
  for (const CostRow& row : costs.rows) keys.push_back(row.key);
  return keys;
}

}  // namespace

TEST_CASE("calls are summed up by what is asked for") {
  Place place;
  place.run("main@1.0", {Call{}, Call{.path = "main/ask/repair[1]", .cost = 2'000'000},
                         Call{.path = "main/tell", .name = "tell@2.0", .asked = "gemini/big", .cost = 9}});
  place.run("main@1.1", {Call{.started = 3 * kDay}, Call{.path = "main/open", .ends = false}});
  CHECK(keys(place.costs(CostKey::Prompt)) == std::vector<std::string>{"ask@1.0", "tell@2.0"});
  CHECK(keys(place.costs(CostKey::Model)) == std::vector<std::string>{"openai/small", "gemini/big"});
  CHECK(keys(place.costs(CostKey::Chain)) == std::vector<std::string>{"a.chain:main"});
  CHECK(keys(place.costs(CostKey::Version)) ==
        std::vector<std::string>{"a.chain:main@1.0", "a.chain:main@1.1"});
  CHECK(keys(place.costs(CostKey::Day)) == std::vector<std::string>{"1970-01-02", "1970-01-04"});

  const CostRow all = place.costs(CostKey::All).rows.at(0);
  CHECK(all.runs == 2);
  CHECK(all.calls == 4);
  CHECK(all.repairs == 1);
  CHECK(all.failed == 0);
  CHECK(all.cost == 4'000'009);
  CHECK(all.usage.input_tokens == 400);
  CHECK(all.usage.output_tokens == 40);
  CHECK(all.usage.cached_tokens == 160);
  CHECK(all.usage.reasoning_tokens == 20);
  const store::Costs late = place.costs(CostKey::All, 2 * kDay);
  CHECK(late.rows.at(0).calls == 1);
  CHECK(place.costs(CostKey::All, 4 * kDay).rows.empty() == true);
}

TEST_CASE("what failed costs nothing, what came from the cache saves, what has no price is said") {
  Place place;
  place.run("main", {Call{.path = "a", .usage = {}, .cost = std::nullopt, .ok = false},
                     Call{.path = "b", .usage = {}, .cached = model::Cached::Hit},
                     Call{.path = "c", .usage = {}, .cached = model::Cached::Similar},
                     Call{.path = "d", .usage = {}, .cost = std::nullopt, .cached = model::Cached::Coalesced},
                     Call{.path = "e", .asked = "compatible/own", .cost = std::nullopt}});
  const store::Costs costs = place.costs(CostKey::All);
  const CostRow& row = costs.rows.at(0);
  CHECK(row.failed == 1);
  CHECK(row.kept == 3);
  CHECK(row.saved == 2'000'000);
  CHECK(row.cost == 0);
  REQUIRE(costs.unpriced.size() == 1);
  CHECK(costs.unpriced[0].model == "compatible/own");
  CHECK(costs.unpriced[0].calls == 1);
  CHECK(costs.unpriced[0].usage.input_tokens == 100);
}

TEST_CASE("a search costs what embedding its question costs, and nothing where no model did that") {
  Place place;
  place.run("main", {Call{.path = "a", .name = "handbook.search", .asked = "openai/embed", .kind = "search"},
                     Call{.path = "b", .name = "notes.search", .asked = "", .cost = {}, .kind = "search"},
                     Call{.path = "c"}});
  CHECK(keys(place.costs(CostKey::Prompt)) == std::vector<std::string>{"ask@1.0", "handbook.search"});
  const store::Costs costs = place.costs(CostKey::All);
  CHECK(costs.rows.at(0).calls == 2);
  CHECK(costs.rows.at(0).cost == 2'000'000);
  CHECK(costs.unpriced.empty());
  CHECK(store::costs_of_runs(*place.records, "art", 10) == std::vector<int64_t>{2'000'000});
}

TEST_CASE("no number of tokens that a server claims spoils the sums") {
  Place place;
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  place.run("main", {Call{.path = "a", .usage = {kMost, kMost, kMost, kMost}, .cost = kMost},
                     Call{.path = "b", .usage = {kMost, -5, 0, 0}, .cost = kMost}});
  const CostRow row = place.costs(CostKey::All).rows.at(0);
  CHECK(row.usage.input_tokens == 2'000'000'000'000);
  CHECK(row.usage.output_tokens == 1'000'000'000'000);
  CHECK(row.cost > 0);
}

TEST_CASE("whole runs of an artifact have their costs, but for those with an unknown one") {
  Place place;
  place.run("main", {Call{.path = "a"}, Call{.path = "b", .cost = 5}});
  place.run("main", {Call{.path = "a", .cost = 7}, Call{.path = "b", .cached = model::Cached::Hit}});
  place.run("main", {Call{.path = "a", .cost = std::nullopt}});
  place.run("main", {Call{.path = "a"}}, /*done=*/false);
  CHECK(store::costs_of_runs(*place.records, "art", 100) == std::vector<int64_t>{1'000'005, 7});
  CHECK(store::costs_of_runs(*place.records, "art", 2) == std::vector<int64_t>{7});
  CHECK(store::costs_of_runs(*place.records, "other", 100).empty());
}

TEST_CASE("what a step cost comes back with it") {
  Place place;
  place.run("main", {Call{}, Call{.path = "c", .cached = model::Cached::Similar}});
  const auto steps = place.records->steps(1);
  REQUIRE(steps.size() == 2);
  CHECK(steps[1].end.cost == 1'000'000);
  CHECK(steps[1].end.asked == "openai/small");
  CHECK(steps[0].end.completion.cached == model::Cached::Similar);
}
