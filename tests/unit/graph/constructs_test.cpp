// What the generator writes, by the words of the syntax tree.
#include <catch2/catch.hpp>

#include <map>
#include <string>

#include "compiler/diagnostics/diagnostics.h"
#include "compiler/syntax/dump.h"
#include "compiler/syntax/parse.h"
#include "tests/unit/graph/generate.h"

using namespace chain;

namespace {

using Counts = std::map<std::string, uint64_t>;

/// How often each head of an s-expression stands in the tree: "let", "match", "prompt".
void count(const std::string& source, Counts& counts) {
  SourceMap sources;
  Diagnostics diagnostics;
  const std::string tree =
      syntax::dump(syntax::parse(sources, sources.add("main.chain", source), diagnostics));
  bool quoted = false;
  for (size_t i = 0; i < tree.size(); ++i) {
    if (tree[i] == '\\' && quoted) {
      ++i;
    } else if (tree[i] == '"') {
      quoted = !quoted;
    } else if (tree[i] == '(' && !quoted) {
      const size_t end = std::min(tree.find_first_of(" ()\n", i + 1), tree.size());
      if (end > i + 1) ++counts[tree.substr(i + 1, end - i - 1)];
    }
  }
}

/// Of the words of compiler/syntax/dump.cpp those that are carried out. What only declares (`import`,
/// `agent`, `route`, `profile`) is checked by goldens.
constexpr const char* kConstructs[] = {
    "!=",       "*",       "+",        "-",         ".",      "/",      "<",         "<=",     "=",
    "==",       ">",       ">=",       "?.",        "??",     "and",    "bind",      "call",   "chain",
    "const",    "else",    "enum",     "expect",    "field",  "fn",     "for",       "given",  "if",
    "in",       "include", "index",    "lambda",    "let",    "list",   "map",       "match",  "mod",
    "model",    "not",     "optional", "or",        "out",    "param",  "pipe",      "prompt", "parallel",
    "race",     "record",  "repeat",   "resource",  "return", "sample", "set",       "system", "test",
    "template", "tool",    "try",      "try-catch", "type",   "union",  "untrusted", "user",   "var",
    "when",     "where",   "with",     "within"};

}  // namespace

TEST_CASE("generated programs hold every construct that can be carried out") {
  Counts made;
  for (uint64_t seed = 0; seed < 400; ++seed) count(oracle::generate(seed).source, made);
  std::string shown;
  for (const auto& [construct, times] : made) shown += construct + ' ' + std::to_string(times) + ", ";
  WARN("constructs in 400 programs: " << shown);
  for (const std::string construct : kConstructs) {
    INFO("construct " << construct);
    CHECK(made[construct] > 0);
  }
}
