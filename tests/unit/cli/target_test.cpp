// Which file and which chain a word of the command line names.
#include <catch2/catch.hpp>

#include "cli/target.h"

using namespace chain;
using namespace chain::cli;

namespace {

program::Program with_chains(std::vector<std::pair<std::string, program::Version>> chains) {
  program::Program program;
  for (auto& [name, version] : chains) {
    program.entries.push_back(static_cast<uint32_t>(program.chains.size()));
    program.chains.emplace_back();
    program.chains.back().name = name;
    program.chains.back().version = version;
  }
  return program;
}

std::optional<uint32_t> choose(const program::Program& program, std::string_view target, std::string& error) {
  return choose_chain(program, split_target(target), error);
}

}  // namespace

TEST_CASE("a target is split at its last colon") {
  CHECK(split_target("a.chain").file == "a.chain");
  CHECK(split_target("a.chain").name.empty());
  CHECK(split_target("a.chain:main").name == "main");
  CHECK(split_target("a.chain:reply@1.0").name == "reply@1.0");
  CHECK(split_target("dir:x/a.chain").file == "dir:x/a.chain");
  CHECK(split_target("dir:x/a").file == "dir:x/a");
  CHECK(split_target("odd:a.chain").file == "odd:a.chain");
  CHECK(split_target("문서.chain:분류").name == "분류");
  CHECK_FALSE(split_target("a.chain").ends_early);
  CHECK_FALSE(split_target("a.chain:main").ends_early);
}

TEST_CASE("a target that ends in a colon lacks a name") {
  const Target target = split_target("a.chain:");
  CHECK(target.file == "a.chain");
  CHECK(target.ends_early);
  CHECK(missing_name(target, "main") ==
        "a name is missing behind the colon of `a.chain:`, as in `a.chain:main`");
}

TEST_CASE("main is run, else the only chain, else the user is asked") {
  std::string error;
  CHECK(choose(with_chains({{"a", {}}, {"main", {}}}), "f.chain", error) == 1u);
  CHECK(choose(with_chains({{"only", {}}}), "f.chain", error) == 0u);
  CHECK(choose(with_chains({{"only", {1, 0}}, {"only", {1, 10}}, {"only", {1, 9}}}), "f.chain", error) == 1u);
  CHECK_FALSE(choose(with_chains({{"a", {}}, {"b", {1, 0}}, {"c", {}}}), "f.chain", error));
  CHECK(error ==
        "`f.chain` has several chains and none is called `main`; say which, as in `f.chain:a`\n"
        "it has `a`, `b@1.0` and `c`");
  CHECK_FALSE(choose(with_chains({}), "f.chain", error));
  CHECK(error.find("has no chain to run") != std::string::npos);
}

TEST_CASE("a chain is named with or without its version") {
  std::string error;
  const auto program = with_chains({{"reply", {1, 0}}, {"reply", {2, 1}}, {"triage", {}}});
  CHECK(choose(program, "f.chain:reply", error) == 1u);
  CHECK(choose(program, "f.chain:reply@1.0", error) == 0u);
  CHECK(choose(program, "f.chain:triage", error) == 2u);
  CHECK_FALSE(choose(program, "f.chain:repyl", error));
  CHECK(error.find("did you mean `reply`?") != std::string::npos);
  CHECK_FALSE(choose(program, "f.chain:reply@3.0", error));
}
