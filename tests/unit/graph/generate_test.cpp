#include "tests/unit/graph/generate.h"

#include <catch2/catch.hpp>

#include "tests/unit/sema/checked.h"

using namespace chain;

TEST_CASE("generated programs are well formed") {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const oracle::GeneratedProgram program = oracle::generate(seed);
    const sema::test::Checked checked = sema::test::check_text(program.source);
    std::string messages;
    for (const std::string& each : checked.messages()) messages += each + "\n";
    INFO("seed " << seed << "\n" << messages << program.source);
    REQUIRE(checked.module.has_value());
  }
}
