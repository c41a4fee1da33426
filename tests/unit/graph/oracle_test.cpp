// Native code and the scheduler agree with the oracle on random programs.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <map>

#include "tests/unit/graph/compare.h"
#include "tests/unit/graph/generate.h"
#include "tests/unit/sema/checked.h"

using namespace chain;

namespace {

/// CHAIN_ORACLE_PROGRAMS: how many programs; 2,000 by default, 100,000 with CHAIN_SOAK.
uint64_t programs() {
  const char* wanted = std::getenv("CHAIN_ORACLE_PROGRAMS");
  return wanted ? std::strtoull(wanted, nullptr, 10) : std::getenv("CHAIN_SOAK") ? 100'000 : 2000;
}

}  // namespace

TEST_CASE("what uses code held back by a return waits for it") {
  // `get` may fail, so it must not run before the loop's return is decided; the record needs it and the
  // loop's end.
  const oracle::Comparison report = oracle::compare(R"(
type Pair {
  left: int
}
type Item {
  note: string?
  pair: Pair
}
model fast = openai("gpt-5-mini")
prompt ask@1.0(text: string) -> string {
  model: fast
  user: "{{ text }}"
}
prompt judge@1.0(item: Item) -> string {
  model: fast
  user: "{{ item }}"
}
chain main@1.0(stop: bool) -> string {
  let notes: string[] = for text in ["a"] {
    if stop { return "stopped" }
    ask(text)
  }
  return judge(Item { note: first(notes), pair: (get([Pair { left: 2 }], 1) ?? Pair { left: 8 }) })
}
)",
                                                    {R"({"stop": false})", R"({"stop": true})"}, 1);
  CHECK(report.difference == "");
  CHECK(report.succeeded == 2);
}

TEST_CASE("values are equal however deep they are nested") {
#ifdef __SANITIZE_ADDRESS__
  const std::string deep = "500";  // the oracle recurses, and its frames are large there
#else
  const std::string deep = "3000";
#endif
  const oracle::Comparison report =
      oracle::compare(R"(
type T {
  n: int = 0
  next: T?
}
chain main(n: int, last: int) -> string {
  var t = T {}
  var u = T { n: last }
  for i in range(n) {
    t = T { next: t }
    u = T { next: u }
  }
  return "{{ t == u }} {{ t in [u] }} {{ index_of([u], t) ?? -1 }} {{ len(unique([t, u])) }} {{ len("{{ u }}") }}"
}
)",
                      {R"({"n": )" + deep + R"(, "last": 0})", R"({"n": )" + deep + R"(, "last": 1})"}, 1);
  CHECK(report.difference == "");
  CHECK(report.succeeded == 2);
}

TEST_CASE("a call without an answer fails its test, caught or not") {
  const oracle::Comparison report = oracle::compare(R"(
model fast = openai("gpt-5-mini")
prompt ask@1.0(text: string) -> string {
  model: fast
  user: "{{ text }}"
}
chain main(text: string) -> string {
  return try ask(text) catch { else => "fallback" }
}
test "it has no answer" {
  expect main("x") == "fallback"
}
)",
                                                    {R"({"text": "x"})"}, 1);
  CHECK(report.difference == "");
}

TEST_CASE("native code agrees with the oracle on random programs") {
  uint64_t runs = 0, succeeded = 0, elsewhere = 0, calls = 0;
  std::map<std::string, uint64_t> fired;
  const char* const only = std::getenv("CHAIN_ORACLE_SEED");
  for (uint64_t seed = only ? std::strtoull(only, nullptr, 10) : 0; seed < programs(); ++seed) {
    const oracle::GeneratedProgram program = oracle::generate(seed);
    const oracle::Comparison report = oracle::compare(program.source, program.arguments_json, seed);
    INFO("seed " << seed << "\n" << program.source);
    REQUIRE(report.difference == "");
    runs += report.runs;
    succeeded += report.succeeded;
    elsewhere += report.failed_elsewhere;
    calls += report.calls;
    for (const auto& [pass, times] : report.fired) fired[pass] += times;
  }
  WARN(runs << " runs, " << succeeded << " gave a value, " << elsewhere << " failed elsewhere, " << calls
            << " calls");
  for (const auto& [pass, times] : fired) {
    WARN(pass << " took " << times << " calls out");
    CHECK(times * 20 > programs());
  }
  CHECK(succeeded * 2 > runs);
  CHECK(elsewhere * 20 < runs);
  CHECK(calls > runs);
}
