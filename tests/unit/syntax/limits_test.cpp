// Input that is too large, too deep or no text: one clear message, and soon.
#include <catch2/catch.hpp>

#include <chrono>

#include "compiler/syntax/string_literal.h"
#include "tests/unit/syntax/support.h"

namespace chain::syntax {
namespace {

std::string repeat(std::string_view part, size_t count) {
  std::string result;
  result.reserve(part.size() * count);
  for (size_t i = 0; i < count; ++i) result += part;
  return result;
}

/// The first message's code, after less than a generous while.
std::string code_of(const std::string& text, ParseLimits limits = {}) {
  const auto begin = std::chrono::steady_clock::now();
  const Parse parse(text, limits);
  (void)parse.rendered();
  const auto took = std::chrono::steady_clock::now() - begin;
  CHECK(took < std::chrono::seconds(60));  // quadratic behaviour would take hours
  const auto found = parse.errors();
  return found.empty() ? "" : found[0].substr(0, 5);
}

TEST_CASE("nothing is a file too") {
  CHECK(errors("").empty());
  CHECK(errors("\n\n  // only a comment\n").empty());
  CHECK(errors("\xEF\xBB\xBF"
               "const a = 1")
            .empty());
}

TEST_CASE("what is no text") {
  CHECK(errors(std::string("const a = \0", 11)) ==
        std::vector<std::string>{"E0005 1:11 this is a binary file: it holds a zero byte"});
  CHECK(errors("const a = \"\xFF\"") ==
        std::vector<std::string>{"E0005 1:12 this is not UTF-8 text; save the file as UTF-8"});
}

TEST_CASE("size") {
  CHECK(code_of(repeat("const a = 1\n", 10), {.bytes = 100, .nesting = 200}) == "E0004");
  CHECK(code_of(repeat("x", 5u << 20)) == "E0004");
}

TEST_CASE("comparisons stand side by side") {
  const auto joined = [](std::string_view part, std::string_view by) {
    return repeat(std::string(part) + std::string(by), 300) + std::string(part);
  };
  CHECK(errors("const a = " + joined("b < 1", " and ")).empty());
  CHECK(errors("const a = " + joined("f(b < 1)", " or ")).empty());
  CHECK(errors("const a = " + joined("(b < c)", " or not ")).empty());
  CHECK(errors("test \"t\" {\n" + repeat("  f(b < c)\n", 300) + "}").empty());
}

TEST_CASE("depth") {
  CHECK(code_of("const a = " + repeat("(", 10000) + "1" + repeat(")", 10000)) == "E0004");
  CHECK(code_of("const a = " + repeat("[", 10000)) == "E0004");
  CHECK(code_of("const a = " + repeat("\"{{ ", 10000)) == "E0004");
  CHECK(code_of("const a = \"\"\"" + repeat("{% if a %}", 10000) + "\"\"\"") == "E0004");
  CHECK(code_of("type A = " + repeat("map<", 10000)) == "E0004");
  CHECK(code_of("type A = int" + repeat("[]", 10000)) == "E0004");
  CHECK(code_of("const a = f(" + repeat("x => ", 10000) + "b)") == "E0004");
  CHECK(code_of("const a = f(" + repeat("(x, y) => ", 10000) + "b)") == "E0004");
  CHECK(code_of("const a = " + repeat("f(x => ", 10000)) == "E0004");
  CHECK(code_of("const a = " + repeat("not ", 10000) + "b") == "E0004");
  CHECK(code_of("const a = " + repeat("-", 10000) + "b") == "E0004");
  CHECK(code_of("const a = b" + repeat(" + b", 10000)) == "E0004");
  CHECK(code_of("const a = b" + repeat(".b", 10000)) == "E0004");
  CHECK(code_of("const a = b" + repeat(" | f", 10000)) == "E0004");
  CHECK(code_of("chain f() -> int {\nif a { }" + repeat(" else if a { }", 10000) + "\n}") == "E0004");
}

TEST_CASE("as deep as the limit allows is fine, in every way of nesting") {
  CHECK(errors("const a = " + repeat("(", 199) + "1" + repeat(")", 199)).empty());
  CHECK(errors("const a = " + repeat("[f(", 99) + "1" + repeat(")]", 99)).empty());
  CHECK(errors("type A = " + repeat("map<", 199) + "int" + repeat(">", 199)).empty());
  CHECK(code_of("type A = " + repeat("map < a.and | ", 10000)) == "E0004");
  CHECK(code_of("type A = map<(int)" + repeat("| map<(int)", 10000)) == "E0004");
  CHECK(errors("chain f() -> int {\n" + repeat("if a {\n", 190) + "1" + repeat("}", 190) + "\n}").empty());
  CHECK(errors("const a = " + repeat("\"{{ ", 90) + "1" + repeat(" }}\"", 90)).empty());
  CHECK(errors("const a = b" + repeat(" + b", 900)).empty());
  CHECK(errors("const a = f(" + repeat("x => ", 199) + "b)").empty());
}

TEST_CASE("long, wrong input takes time in line with its size") {
  CHECK(code_of("const a = \"" + repeat("x", 4000000)) == "E0002");
  CHECK(code_of("const a = \"\"\"" + repeat("x\n", 2000000)) == "E0002");
  CHECK(code_of("/*" + repeat("x", 4000000)) == "E0002");
  CHECK(code_of("const a = \"\"\"" + repeat("{{\n", 1300000) + "\"\"\"") == "E0602");
  CHECK(code_of("const a = " + repeat("\"{{\n", 300000)) == "E0602");
  CHECK(code_of(repeat("# ", 1000000)) == "E0001");
  CHECK(code_of(repeat("}", 100000)) == "E0001");
  CHECK(code_of(repeat("\u1112\u0308\u200D", 100000)) == "E0001");
}

/// The bytes looked at for one byte of a literal: in finding its end, and then the end of each of its tags.
double steps_per_byte(const std::string& literal) {
  const auto size = static_cast<uint32_t>(literal.size());
  const StringExtent extent = scan_string(literal, 0, size, ParseLimits().nesting);
  uint64_t steps = extent.steps;
  for (size_t at = literal.find("{{"); extent.closed && at != std::string::npos;
       at = literal.find("{{", at)) {
    at = find_tag_end(literal, static_cast<uint32_t>(at) + 2, size, '{', ParseLimits().nesting, &steps);
    REQUIRE(at != kNowhere);
  }
  return static_cast<double>(steps) / size;
}

TEST_CASE("many tags in one string take work in line with their number") {
  for (const std::string quotes : {"\"", "\"\"\""}) {
    for (const char* tag : {"{{ x }}", "{% if x %}", "{% if x %}a{% endif %}", "{# note #}",
                            "{{ f(\"a {{ x }}\") }}", "{{ f(\"{# a #}{% raw %} b {% endraw %}\") }}",
                            "{% raw %} x {% endraw %}", "{{ r\"a\" }}", "{% raw %} x ", "{# x "}) {
      INFO(quotes << tag);
      double per_byte[3];
      size_t count = 2'500;
      for (double& each : per_byte) {
        each = steps_per_byte(quotes + repeat(tag, count) + quotes);
        count *= 4;
      }
      CHECK(per_byte[1] < per_byte[0] * 1.1 + 0.1);
      CHECK(per_byte[2] < per_byte[1] * 1.1 + 0.1);
      CHECK(per_byte[2] < 4);
    }
  }
}

TEST_CASE("no more than the limit of messages is kept") {
  Parse parse("chain f() -> int {\n" + repeat("let = 1\n", 5000) + "}");
  CHECK(parse.diagnostics.sorted().size() == 100);
  CHECK(parse.diagnostics.dropped() == 4900);
}

}  // namespace
}  // namespace chain::syntax
