// typed_parse_cases FILE: reads each reply of a file in the form of tests/fixtures/typed_parse/cases.json as
// its type and compares what comes of it. Lists failures; closes with `final: N passed, M failed` and
// `partial: N passed, M failed`.
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "runtime/value/json.h"
#include "runtime/value/reply_parser.h"
#include "tests/unit/value/case_types.h"

namespace {

using nlohmann::json;
using namespace chain;

/// What a case gave: a value, or why there is none.
struct Outcome {
  bool ok = false;
  json value;
  std::string complaint;
};

Outcome read_final(value::test::CaseTypes& types, program::TypeId target, const std::string& input) {
  const value::ReplyPlan plan(types.types, target);
  value::ReplyParser parser(plan);
  value::test::CaseConstraints constraints(types.types);
  value::Arena arena;
  std::vector<std::byte> out(types.types[target].size + 8);
  parser.feed(input);
  const value::ReplyResult result = parser.finish(arena, out.data(), &constraints);
  if (!result.ok) return {false, {}, result.complaint};
  std::string text;
  value::write_json(types.types, target, out.data(), text);
  return {true, json::parse(text), ""};
}

Outcome read_partial(value::test::CaseTypes& types, program::TypeId target, const std::string& input) {
  const value::ReplyPlan plan(types.types, target);
  value::ReplyParser parser(plan);
  parser.feed(input);
  const std::string_view text = parser.partial(true).json;
  if (text.empty()) return {false, {}, "nothing yet"};
  return {true, json::parse(text), ""};
}

struct Tally {
  int passed = 0, failed = 0;
};

void run(const json& one, Tally& tally) {
  const std::string mode = one.at("mode");
  Outcome outcome;
  try {
    value::test::CaseTypes types(one.at("types"));
    const program::TypeId target = types.build(one.at("target"));
    const std::string input = one.at("input");
    outcome = mode == "final" ? read_final(types, target, input) : read_partial(types, target, input);
  } catch (const std::exception& error) { outcome = {false, {}, std::string("exception: ") + error.what()}; }
  const bool is_error = one.at("is_error");
  const bool good = is_error ? !outcome.ok : outcome.ok && outcome.value == one.at("expected_json");
  ++(good ? tally.passed : tally.failed);
  if (good) return;
  std::cout << "FAILED " << one.at("name").get<std::string>() << " (" << mode << ")\n  expected "
            << (is_error ? "an error" : one.at("expected_json").dump()) << "\n  got      "
            << (outcome.ok ? outcome.value.dump() : "error: " + outcome.complaint) << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: typed_parse_cases FILE\n";
    return 2;
  }
  std::ifstream file(argv[1]);
  json cases = json::parse(file, nullptr, false);
  if (cases.is_discarded() || !cases.is_array()) {
    std::cerr << argv[1] << ": no list of cases\n";
    return 2;
  }
  Tally final_tally, partial_tally;
  for (const json& one : cases) run(one, one.at("mode") == "final" ? final_tally : partial_tally);
  std::cout << "final: " << final_tally.passed << " passed, " << final_tally.failed << " failed\n"
            << "partial: " << partial_tally.passed << " passed, " << partial_tally.failed << " failed\n";
  return 0;
}
