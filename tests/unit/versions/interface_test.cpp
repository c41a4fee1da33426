// Which changes of what callers see are MAJOR, and which MINOR.
#include "compiler/versions/interface.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/sema/checked.h"

namespace {

using chain::versions::any_breaks;
using chain::versions::Change;
using chain::versions::compare;

const std::string kPrelude = R"(model fast = baseline()
enum Urgency {
  low
  high
}
type Ticket {
  id: string
  body: string
  note: string?
  lang: string = "en"
}
type Reply {
  text: string
  score: float?
}
)";

std::string interface_of(const std::string& source, const std::string& name) {
  const auto checked = chain::sema::test::check_files({{"main.chain", source}});
  INFO(source << "\n" << checked.graph());
  REQUIRE(checked.module);
  const auto& contents = checked.module->contents;
  const auto found = std::ranges::find(contents, name, &chain::graph::Content::name);
  REQUIRE(found != contents.end());
  return found->interface;
}

/// "MAJOR what; what" of the first kind that there is; "" if callers see no difference.
std::string verdict(const std::vector<Change>& changes) {
  const bool major = any_breaks(changes);
  std::string text;
  for (const Change& each : changes) {
    if (each.breaks == major) text += (text.empty() ? (major ? "MAJOR " : "MINOR ") : "; ") + each.what;
  }
  return text;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  REQUIRE(text.find(what) != std::string::npos);
  return text.replace(text.find(what), what.size(), by);
}

const std::string kPrompt =
    "prompt p@1.0(t: Ticket, tone: string = \"plain\") -> Reply {\n  model: fast\n"
    "  user: \"{{ t.body }} {{ tone }} {{ output.format }}\"\n}\n";

/// Of the prompt above when `what` becomes `by` in it, or in the types before it.
std::string change(const std::string& what, const std::string& by) {
  const std::string before = kPrelude + kPrompt;
  return verdict(compare(interface_of(before, "p"), interface_of(replaced(before, what, by), "p")));
}

std::string tool_change(const std::string& before, const std::string& now) {
  const auto tool = [](const std::string& signature) {
    return "tool f@1.0" + signature + " = http.post(\"https://example.com\", json: { \"a\": 1 })\n";
  };
  return verdict(
      compare(interface_of(kPrelude + tool(before), "f"), interface_of(kPrelude + tool(now), "f")));
}

}  // namespace

TEST_CASE("what callers do not see is no change") {
  CHECK(change("{{ t.body }} {{ tone }}", "{{ tone }}: {{ t.body }}").empty());
  CHECK(change("type Ticket {", "/// As it came.\ntype Ticket {").empty());
}

TEST_CASE("parameters") {
  CHECK(change(", tone: string = \"plain\") -> Reply", ", tone: string) -> Reply") ==
        "MAJOR parameter `tone` has no default any more");
  CHECK(
      change("(t: Ticket, tone: string = \"plain\")", "(t: Ticket, tone: string = \"plain\", n: int = 1)") ==
      "MINOR parameter `n` is new and has a default");
  CHECK(change("(t: Ticket, tone: string = \"plain\")", "(t: Ticket, n: int, tone: string = \"plain\")") ==
        "MAJOR parameter `tone` stands elsewhere, and callers may give it by its place; parameter `n` is new "
        "and "
        "has no default");
  CHECK(change("tone: string = \"plain\"", "tone: string = \"warm\"") ==
        "MINOR parameter `tone` has another default: \"warm\"");
  CHECK(change("tone: string = \"plain\"", "tone: int = 1") ==
        "MAJOR parameter `tone`: it was `string` and is `int`");
}

TEST_CASE("types of parameters") {
  CHECK(change("  note: string?\n", "") == "MAJOR parameter `t`: field `note` of `Ticket` is gone");
  CHECK(change("  note: string?\n", "  note: string?\n  seen: bool\n") ==
        "MAJOR parameter `t`: field `seen` of `Ticket` is new and has no default");
  CHECK(change("  note: string?\n", "  note: string?\n  seen: bool = false\n") ==
        "MINOR parameter `t` takes more: `Ticket` has changed");
  CHECK(change("body: string\n", "body: string where len(it) > 0\n") ==
        "MAJOR parameter `t`: field `body` of `Ticket`: `where len(it) > 0` is new");
  CHECK(change("body: string\n", "body: untrusted string\n") ==
        "MAJOR parameter `t`: field `body` of `Ticket` is untrusted now");
}

TEST_CASE("results") {
  CHECK(change("score: float?", "score: float") == "MINOR the result: `Reply` has changed");
  CHECK(change("  score: float?\n", "") == "MAJOR the result: field `score` of `Reply` is gone");
  CHECK(change("  text: string\n", "  text: string?\n") ==
        "MAJOR the result: field `text` of `Reply`: it may be none");
  CHECK(change("score: float?", "score: float?\n  more: string") == "MINOR the result: `Reply` has changed");
  CHECK(change("-> Reply", "-> Reply?") == "MAJOR the result: it may be none");
}

TEST_CASE("a case of an enum") {
  const std::string given =
      kPrelude + "prompt e@1.0(u: Urgency) -> string {\n  model: fast\n  user: \"{{ u }}\"\n}\n";
  const std::string taken =
      kPrelude + "prompt e@1.0() -> Urgency {\n  model: fast\n  user: \"{{ output.format }}\"\n}\n";
  const auto of = [](const std::string& text, const std::string& what, const std::string& by) {
    return verdict(compare(interface_of(text, "e"), interface_of(replaced(text, what, by), "e")));
  };
  CHECK(of(given, "  high\n", "  high\n  highest\n") ==
        "MINOR parameter `u` takes more: `Urgency` has changed");
  CHECK(of(given, "  high\n", "") == "MAJOR parameter `u`: case `high` of `Urgency` is gone");
  CHECK(of(taken, "  high\n", "  high\n  highest\n") ==
        "MAJOR the result: case `highest` of `Urgency` is new");
  CHECK(of(taken, "  high\n", "") == "MINOR the result: `Urgency` has changed");
}

TEST_CASE("effects and trust of tools") {
  CHECK(tool_change("(a: string) -> string reads", "(a: string) -> string writes") ==
        "MAJOR its effect is wider: it was `reads` and is `writes`");
  CHECK(tool_change("(a: string) -> string writes", "(a: string) -> string reads") ==
        "MINOR its effect is narrower: it was `writes` and is `reads`");
  CHECK(tool_change("(a: string) -> string writes", "(a: string) -> string writes approve") ==
        "MAJOR a person is asked now");
  CHECK(tool_change("(a: string) -> string writes", "(a: untrusted string) -> string writes") ==
        "MAJOR parameter `a` is untrusted now");
  CHECK(tool_change("(a: string | int) -> string writes", "(a: string) -> string writes") ==
        "MAJOR parameter `a`: it was `int` and is `string`");
  CHECK(tool_change("(a: string) -> string writes", "(a: string | int) -> string writes") ==
        "MINOR parameter `a` takes more: it was `string` and is `string | int`");
  CHECK(tool_change("(a: int) -> string writes", "(a: float) -> string writes") ==
        "MINOR parameter `a` takes more: it was `int` and is `float`");
}

TEST_CASE("a type that holds itself is compared once") {
  const std::string tree =
      "type Tree {\n  leaf: string?\n  parts: Tree[]\n}\nprompt g@1.0() -> Tree {\n  model: fast\n"
      "  user: \"{{ output.format }}\"\n}\n";
  const std::string before = kPrelude + tree;
  CHECK(verdict(compare(interface_of(before, "g"), interface_of(before, "g"))).empty());
  CHECK(verdict(compare(interface_of(before, "g"),
                        interface_of(replaced(before, "leaf: string?", "leaf: int?"), "g"))) ==
        "MAJOR the result: field `leaf` of `Tree`: it was `string` and is `int`");
}

TEST_CASE("a damaged interface is one of which nothing is known") {
  const std::string good = interface_of(kPrelude + kPrompt, "p");
  for (const std::string bad : {"", "{", "[]", "7", "\"x\""}) CHECK(any_breaks(compare(bad, good)));
  // Of any shape, it is compared without a fault.
  for (
      const std::string odd :
      {"{}",
       R"({"parameters": [1, {"name": 2}, {"name": "t", "type": ["?"]}], "result": ["where"], "types": 3})",
       R"({"parameters": [{"name": "t", "type": ["|"]}], "result": [[[]]], "types": {"Ticket": {"fields": [1]}}})"}) {
    CHECK(any_breaks(compare(odd, good)));
    CHECK_FALSE(compare(good, odd).empty());
  }
  std::string deep = "\"string\"";
  for (int i = 0; i < 5000; ++i) deep = "[\"?\"," + deep + "]";
  CHECK_FALSE(compare(R"({"result": )" + deep + "}", R"({"result": [)" + deep + "]}").empty());
}
