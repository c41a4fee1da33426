// Blocks, narrowing, `match` and `for`.
#include <catch2/catch.hpp>

#include "tests/unit/sema/checked.h"

namespace chain::sema::test {
namespace {

std::string codes(const std::string& signature, const std::string& body,
                  const std::string& declarations = {}) {
  const Checked checked = check_text(declarations + "\nchain main" + signature + " {\n" + body + "\n}\n");
  std::string result = checked.codes();
  if (result.empty() && !checked.module) result = "no graph";
  return result;
}

const std::string kEnum = "enum E {\n  a\n  b\n  c\n}";
const std::string kTicket =
    "type Ticket {\n  id: string\n  photo: string?\n  owner: Ticket2?\n}\ntype Ticket2 {\n  name: string?\n}";

}  // namespace

TEST_CASE("if opens an optional, in the branch where it is there") {
  CHECK(codes("(x: string?) -> string", "if x {\nreturn x\n}\nreturn \"\"").empty());
  CHECK(codes("(x: string?) -> string", "if x != none {\nreturn x\n}\nreturn \"\"").empty());
  CHECK(codes("(x: string?) -> string", "if x == none {\nreturn x\n}\nreturn \"\"") == "E0212");
  CHECK(codes("(x: string?) -> string", "if x == none {\nreturn \"\"\n} else {\nreturn x\n}").empty());
}

TEST_CASE("a branch that returns leaves what it asked known") {
  CHECK(codes("(x: string?) -> string", "if not x {\nreturn \"\"\n}\nreturn x").empty());
  CHECK(codes("(x: string?, y: string?) -> string", "if not x or not y {\nreturn \"\"\n}\nreturn x + y")
            .empty());
  CHECK(codes("(x: string?, y: string?) -> string", "if not x and not y {\nreturn \"\"\n}\nreturn x + y") ==
        "E0212");
  CHECK(codes("(x: string?) -> string", "if x {\nlet z = 1\n} else {\nreturn \"\"\n}\nreturn x").empty());
}

TEST_CASE("and passes what its left side asked to its right side") {
  CHECK(codes("(x: string?) -> bool", "return x != none and x.len() > 3").empty());
  CHECK(codes("(x: string?) -> bool", "return x == none or x.len() > 3").empty());
  CHECK(codes("(x: string?) -> bool", "return x != none or x.len() > 3") == "E0212");
}

TEST_CASE("paths of fields are opened like names, and no longer than their scope") {
  CHECK(codes("(t: Ticket) -> string", "if t.photo {\nreturn t.photo\n}\nreturn t.id", kTicket).empty());
  CHECK(codes("(t: Ticket) -> string", "if t.owner and t.owner.name {\nreturn t.owner.name\n}\nreturn t.id",
              kTicket)
            .empty());
  CHECK(codes("(t: Ticket) -> string", "if t.photo {\nlet z = t.id\n}\nreturn t.photo", kTicket) == "E0212");
  CHECK(codes("(t: Ticket, u: Ticket) -> string", "if t.photo {\nreturn u.photo\n}\nreturn t.id", kTicket) ==
        "E0212");
  // Another local of the same name is another value.
  CHECK(codes("(x: string?, ys: string?[]) -> string[]", "if x {\nreturn for x in ys { x }\n}\nreturn []") ==
        "E0203");
}

TEST_CASE("the where of a for opens for its body") {
  CHECK(codes("(ts: Ticket[]) -> string[]", "return for t in ts where t.photo { t.photo }", kTicket).empty());
}

TEST_CASE("match opens its value") {
  CHECK(codes("(x: string?) -> string", "return match x {\nnone => \"\"\nelse => x\n}").empty());
  CHECK(codes("(x: string?) -> string", "return match x {\nnone => \"\"\nelse y => y\n}").empty());
  CHECK(codes("(x: string?) -> string", "return match x {\n\"a\" => x\nelse => \"\"\n}").empty());
  CHECK(codes("(x: E?) -> int", "return match x {\na | b => 1\nc => 2\nnone => 3\n}", kEnum).empty());
}

TEST_CASE("match over an enum is one switch") {
  const std::string graph = graph_of_chain("(e: E) -> int", "return match e {\na | c => 1\nb => 2\n}", kEnum);
  CHECK(graph.find("switch %e {\n    a | c {\n      => 1\n    }\n    b {\n      => 2\n    }\n  }") !=
        std::string::npos);
}

TEST_CASE("match over texts bisects") {
  std::string arms;
  for (char c = 'a'; c <= 'z'; ++c) arms += std::string("\"") + c + "\" => " + std::to_string(c - 'a') + "\n";
  const std::string graph =
      graph_of_chain("(s: string) -> int", "return match s {\n" + arms + "else => 99\n}");
  size_t deepest = 0;
  for (size_t at = 0; at < graph.size();) {
    const size_t stop = graph.find('\n', at);
    deepest = std::max(deepest, graph.find_first_not_of(' ', at) - at);
    at = stop + 1;
  }
  CHECK(deepest <= 2 * 9);
  CHECK(graph.find("lt %s, \"n\"") != std::string::npos);
}

TEST_CASE("the fix for a match that lacks cases compiles") {
  const std::string text =
      kEnum + "\nchain main(e: E) -> string {\n  return match e {\n    a => \"x\"\n  }\n}\n";
  const Checked checked = check_text(text);
  CHECK(checked.codes() == "E0220");
  const std::string better = mended(checked, text);
  INFO(better);
  CHECK(check_text(better).codes().empty());
}

TEST_CASE("a match whose arms return needs no value") {
  CHECK(codes("(e: E) -> int", "match e {\na => { return 1 }\nb | c => { return 2 }\n}", kEnum).empty());
  CHECK(
      codes("(e: E) -> int", "let x = match e {\na => { return 1 }\nb | c => 2\n}\nreturn x", kEnum).empty());
}

TEST_CASE("for gives a list of its last values, or nothing") {
  CHECK(graph_of_chain("(xs: int[]) -> float[]", "return for x in xs { x * 2 }").find("float[] = for") !=
        std::string::npos);
  CHECK(graph_of_chain("(xs: int[]) -> int", "for x in xs {\nif x > 3 {\nreturn x\n}\n}\nreturn 0")
            .find("for %xs {") != std::string::npos);
}

TEST_CASE("a filter comes before its loop") {
  const std::string graph =
      graph_of_chain("(xs: int[]) -> int[]", "return for x in xs where x > 2 parallel 4 { x }");
  CHECK(graph.find("filter %xs {") < graph.find("parallel 4"));
}

TEST_CASE("branches may be none") {
  CHECK(codes("(n: int) -> string?", "let x = if n > 1 { \"a\" } else { none }\nreturn x").empty());
  CHECK(codes("(n: int) -> string?", "if n > 1 { \"a\" } else { none }").empty());
}

TEST_CASE("the last value of a chain is its result") {
  CHECK(graph_of_chain("(n: int) -> float", "n + 1").find("return %1") != std::string::npos);
  CHECK(codes("(n: int) -> string", "n + 1") == "E0203");
}

TEST_CASE("a mistake is said once, and the rest is looked at") {
  const std::string body =
      "let a = nope\nlet b = a + 1\nlet c = b.upper()\nlet d: int = \"x\"\nlet e = d + 1\nreturn e + missing";
  CHECK(codes("() -> int", body) == "E0101 E0203 E0101");
}

}  // namespace chain::sema::test
