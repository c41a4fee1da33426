#include "tests/unit/graph/generate.h"

#include <catch2/catch.hpp>

#include "compiler/graph/print.h"
#include "compiler/syntax/format.h"
#include "tests/unit/graph/compare.h"
#include "tests/unit/sema/checked.h"

using namespace chain;

TEST_CASE("generated programs compile, and hold every kind of node") {
  constexpr uint64_t programs = 200;
  std::map<std::string, uint64_t> counts;
  for (uint64_t seed = 0; seed < programs; ++seed) {
    const oracle::GeneratedProgram program = oracle::generate(seed);
    const sema::test::Checked checked = sema::test::check_text(program.source);
    INFO("seed " << seed << "\n" << checked.graph() << program.source);
    REQUIRE(checked.module.has_value());
    for (const auto& [op, count] : oracle::count_ops(*checked.module)) counts[op] += count;
  }
  for (const auto& [op, count] : counts) {
    INFO("op " << op);
    CHECK(count > 10);
  }
}

/// The graph without the source text that it quotes.
std::string graph_alone(const std::string& source) {
  sema::test::Checked checked = sema::test::check_text(source);
  if (!checked.module) return checked.graph();
  for (program::Expectation& each : checked.module->expectations) each.text.clear();
  return graph::print(*checked.module);
}

TEST_CASE("a program renders the same text once it is formatted") {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const std::string source = oracle::generate(seed).source;
    SourceMap sources;
    Diagnostics diagnostics;
    const auto formatted = syntax::format(sources, sources.add("main.chain", source), diagnostics);
    INFO("seed " << seed << "\n" << source);
    REQUIRE(formatted.has_value());
    CHECK(graph_alone(*formatted) == graph_alone(source));
  }
}

TEST_CASE("the same seed gives the same program") {
  const oracle::GeneratedProgram first = oracle::generate(7);
  const oracle::GeneratedProgram second = oracle::generate(7);
  CHECK(first.source == second.source);
  CHECK(first.arguments_json == second.arguments_json);
  CHECK(oracle::generate(8).source != first.source);
}

TEST_CASE("generated programs stay small") {
  for (uint64_t seed = 0; seed < 200; ++seed) CHECK(oracle::generate(seed).source.size() < 40'000);
}
