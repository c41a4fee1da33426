#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/unit/sema/checked.h"
#include "tests/unit/sema/trust_cases.h"

using namespace chain::sema::test;

namespace {

Checked check(const TrustCase& test) {
  return check_files({{"main.chain", trust_prelude() + test.program + '\n'}, {"lib.chain", trust_library()}});
}

/// The first diagnostic's sink and way, a line each: "message [what stands there]".
std::vector<std::string> path_of(const Checked& checked) {
  std::vector<std::string> path;
  for (const chain::Diagnostic* item : checked.diagnostics.sorted()) {
    if (item->code != "E0304") continue;
    const auto place = [&](chain::Span span) { return " [" + std::string(checked.sources.text(span)) + "]"; };
    path.push_back(item->message + place(item->span));
    for (const chain::Note& note : item->notes) path.push_back(note.message + place(note.span));
    return path;
  }
  return path;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

}  // namespace

TEST_CASE("programs that carry untrusted text too far are refused, and the way it took is shown") {
  std::string paths;
  for (const TrustCase& test : refused_programs()) {
    CAPTURE(test.name, test.program);
    const Checked checked = check(test);
    CHECK(checked.codes() == "E0304");
    paths += "== " + test.name + '\n' + joined(path_of(checked)) + '\n';
  }
  if (std::getenv("CHAIN_UPDATE")) std::ofstream(CHAIN_TRUST_PATHS) << paths;
  std::stringstream expected;
  expected << std::ifstream(CHAIN_TRUST_PATHS).rdbuf();
  INFO("run this test with CHAIN_UPDATE=1 to rewrite tests/unit/sema/trust_paths.txt, and read what it says");
  CHECK(paths == expected.str());
}

TEST_CASE("programs that use untrusted text well compile") {
  for (const TrustCase& test : useful_programs()) {
    CAPTURE(test.name, test.program);
    CHECK(joined(check(test).messages()) == "");
  }
}

TEST_CASE("names of trust cases are their own") {
  std::set<std::string> names;
  for (const auto* all : {&refused_programs(), &useful_programs()}) {
    for (const TrustCase& test : *all) CHECK(names.insert(test.name).second);
  }
}
