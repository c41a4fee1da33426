// Diagnostics as text and as JSON.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "tests/unit/syntax/support.h"

namespace chain::syntax {
namespace {

std::string rendered(const std::string& text, Span span, bool color = false) {
  SourceMap sources;
  Diagnostics diagnostics;
  span.file = sources.add("a.chain", text);
  diagnostics.report(SyntaxError{.message = "no"}, span);
  return render_text(diagnostics, sources, {.color = color});
}

TEST_CASE("the line, and carets under the span") {
  CHECK(rendered("one\nlet x = foo\n", {{}, 8, 9}) ==
        "a.chain:2:5: error[E0001]: no\n  2 | let x = foo\n    |     ^\n\n1 error\n");
  CHECK(rendered("let x = foo", {{}, 8, 11}) ==
        "a.chain:1:9: error[E0001]: no\n  1 | let x = foo\n    |         ^^^\n\n1 error\n");
}

TEST_CASE("an empty span, the end of the file, and a span over lines") {
  CHECK(rendered("ab", {{}, 2, 2}).find("  1 | ab\n    |   ^\n") != std::string::npos);
  CHECK(rendered("", {{}, 0, 0}) == "a.chain:1:1: error[E0001]: no\n\n1 error\n");
  CHECK(rendered("ab\ncd", {{}, 1, 5}).find("  1 | ab\n    |  ^\n") != std::string::npos);
}

TEST_CASE("carets stand under wide characters, combined ones and tabs") {
  CHECK(rendered("\uD55C\uAD6D x", {{}, 7, 8}).find("  1 | \uD55C\uAD6D x\n    |      ^\n") !=
        std::string::npos);
  CHECK(rendered("\uD55C\uAD6D", {{}, 3, 6}).find("    |   ^^\n") != std::string::npos);
  CHECK(rendered("e\u0301 x", {{}, 4, 5}).find("    |   ^\n") != std::string::npos);
  CHECK(rendered("\U0001F600 x", {{}, 5, 6}).find("    |    ^\n") != std::string::npos);
  CHECK(rendered("\tx", {{}, 1, 2}).find("  1 |     x\n    |     ^\n") != std::string::npos);
}

TEST_CASE("nothing of the source controls the terminal") {
  const std::string out = rendered("a \x1b[31m \u202E b \x07", {{}, 0, 1});
  CHECK(out.find('\x1b') == std::string::npos);
  CHECK(out.find("\u202E") == std::string::npos);
  CHECK(out.find("a <U+001B>[31m <U+202E> b <U+0007>") != std::string::npos);
  CHECK(rendered("a\xFF", {{}, 0, 1}).find("a<FF>") != std::string::npos);
}

TEST_CASE("a long line is cut around the caret") {
  const std::string out =
      rendered(std::string(100000, 'x') + "Y" + std::string(100000, 'z'), {{}, 100000, 100001});
  CHECK(out.size() < 400);
  const size_t line = out.find("  1 | ...");
  REQUIRE(line != std::string::npos);
  const size_t mark = out.find('Y');
  const size_t caret_line = out.find('\n', line) + 1;
  CHECK(out.find('^') - caret_line == mark - line);
}

TEST_CASE("colour is there when asked for") {
  CHECK(rendered("ab", {{}, 0, 1}, true).find("\x1b[1;31merror[E0001]:\x1b[0m") != std::string::npos);
}

TEST_CASE("notes and fixes") {
  SourceMap sources;
  Diagnostics diagnostics;
  const FileId file = sources.add("a.chain", "a == b");
  diagnostics.report(SyntaxError{.message = "no"}, {file, 0, 1})
      .note({file, 5, 6}, "here")
      .fix({file, 2, 4}, "!=", "negate it");
  CHECK(render_text(diagnostics, sources) ==
        "a.chain:1:1: error[E0001]: no\n  1 | a == b\n    | ^\n  a.chain:1:6: note: here\n  1 | a == b\n"
        "    |      -\n  help: negate it (`==` becomes `!=`)\n\n1 error\n");
}

TEST_CASE("JSON holds what text holds") {
  Parse parse("const \uD55C = 'a'\n");
  const auto json = nlohmann::json::parse(render_json(parse.diagnostics, parse.sources));
  CHECK(json["errors"] == 1);
  const auto& item = json["diagnostics"][0];
  CHECK(item["code"] == "E0001");
  CHECK(item["severity"] == "error");
  CHECK(item["file"] == "test.chain");
  CHECK(item["line"] == 1);
  CHECK(item["column"] == 11);
  CHECK(item["end_column"] == 14);
  CHECK(item["fixes"][0]["begin"] == 12);
  CHECK(item["fixes"][0]["end"] == 15);
  CHECK(item["fixes"][0]["replacement"] == "\"a\"");
}

TEST_CASE("did you mean") {
  CHECK(did_you_mean("promt", {"prompt", "chain", "type"}) == "prompt");
  CHECK(did_you_mean("chian", {"prompt", "chain", "type"}) == "chain");
  CHECK(did_you_mean("Urgancy", {"urgency"}) == "urgency");
  CHECK(did_you_mean("\uBD84\uB958\uAE30", {"\uBD84\uB958", "\uC694\uC57D"}) == "\uBD84\uB958");
  CHECK(did_you_mean("x", {"y"}).empty());
  CHECK(did_you_mean("itm", {"Item", "item"}) == "item");
  CHECK(did_you_mean("Itm", {"Item", "item"}) == "Item");
  CHECK(did_you_mean("user", {"system", "model"}).empty());
  CHECK(did_you_mean("", {"a"}).empty());
  CHECK(did_you_mean(std::string(100000, 'a'), {"a"}).empty());
}

}  // namespace
}  // namespace chain::syntax
