// What expressions become, as the graph's text.
#include <catch2/catch.hpp>

#include "tests/unit/sema/checked.h"

namespace chain::sema::test {
namespace {

/// The nodes of a chain with this body, without the frame around them.
std::string nodes(const std::string& signature, const std::string& body,
                  const std::string& declarations = {}) {
  const std::string graph = graph_of_chain(signature, body, declarations);
  const size_t begin = graph.find("{\n");
  const size_t end = graph.find("\n}\n", begin);
  if (!graph.starts_with("chain main") || end == std::string::npos) return graph;
  std::string result;
  size_t at = begin + 2;
  while (at < end + 1) {
    const size_t stop = graph.find('\n', at);
    const std::string line = graph.substr(at + 2, stop - at - 2);
    if (line.find(" = param ") == std::string::npos || line.starts_with(' ')) result += line + '\n';
    at = stop + 1;
  }
  return result;
}

}  // namespace

TEST_CASE("ints become floats where a float is needed, and only there") {
  CHECK(nodes("(n: int, x: float) -> float", "return n + x") ==
        "%0: float = float %n\n%1: float = add %0, %x\nreturn %1\n");
  CHECK(nodes("() -> float", "return 3") == "return 3.0\n");
  // A literal in an operation stays an int: 7 / 2 is 3 wherever it stands.
  CHECK(nodes("() -> float", "return 7 / 2") == "%0: int = div 7, 2\n%1: float = float %0\nreturn %1\n");
  CHECK(nodes("(n: int) -> int", "return 2.5 + n").starts_with("E0203"));
}

TEST_CASE("greater is less with its sides swapped") {
  CHECK(nodes("(a: int, b: int) -> bool", "return a > b") == "%0: bool = lt %b, %a\nreturn %0\n");
  CHECK(nodes("(a: int, b: int) -> bool", "return a >= b") == "%0: bool = le %b, %a\nreturn %0\n");
  CHECK(nodes("(a: int, b: int) -> bool", "return a != b") == "%0: bool = ne %a, %b\nreturn %0\n");
}

TEST_CASE("amounts are scaled by numbers on either side") {
  CHECK(nodes("(t: duration) -> duration", "return 2 * t") == "%0: duration = mul %t, 2\nreturn %0\n");
  CHECK(nodes("(p: money) -> money", "return p / 1.5") == "%0: money = div %p, 1.5\nreturn %0\n");
  CHECK(nodes("(p: money) -> money", "return 2 / p").starts_with("E0204"));
}

TEST_CASE("and, or and ?? evaluate their right side only where it counts") {
  CHECK(nodes("(a: bool, b: bool) -> bool", "return a and b") ==
        "%0: bool = if %a {\n  => %b\n} else {\n  => false\n}\nreturn %0\n");
  CHECK(nodes("(a: bool, b: bool) -> bool", "return a or b") ==
        "%0: bool = if %a {\n  => true\n} else {\n  => %b\n}\nreturn %0\n");
  CHECK(nodes("(a: string?) -> string", "return a ?? \"x\"") ==
        "%0: bool = is_some %a\n%1: string = if %0 {\n  %2: string = unwrap %a\n  => %2\n} else {\n  => "
        "\"x\"\n}\nreturn %1\n");
}

TEST_CASE("?? may end in another optional") {
  CHECK(nodes("(a: string?, b: string?) -> string?", "return a ?? b").find("string? = if") !=
        std::string::npos);
  CHECK(nodes("(a: int?) -> float", "return a ?? 1.5").find("float = if") != std::string::npos);
}

TEST_CASE("a member of an optional is optional, once") {
  const std::string types = "type P {\n  name: string\n  nick: string?\n}";
  const std::string name = nodes("(p: P?) -> string?", "return p?.name", types);
  CHECK(name.find("string = field") != std::string::npos);
  CHECK(name.find("string? = some") != std::string::npos);
  const std::string nick = nodes("(p: P?) -> string?", "return p?.nick", types);
  CHECK(nick.find("string? = field") != std::string::npos);
  CHECK(nick.find("= some ") == std::string::npos);
  CHECK(nodes("(p: P?) -> string?", "return p?.name.upper()", types).starts_with("E0212"));
  CHECK(nodes("(p: string?) -> string?", "return p?.upper()").find("call upper") != std::string::npos);
}

TEST_CASE("in looks into lists, texts and maps") {
  CHECK(nodes("(x: string, xs: string[]) -> bool", "return x in xs") ==
        "%0: bool = call contains(%xs, %x)\nreturn %0\n");
  CHECK(nodes("(x: string) -> bool", "return \"a\" not in x") ==
        "%0: bool = call contains(%x, \"a\")\n%1: bool = not %0\nreturn %1\n");
  CHECK(nodes("(m: map<int>) -> bool", "return \"a\" in m") ==
        "%0: int? = lookup %m, \"a\"\n%1: bool = is_some %0\nreturn %1\n");
  CHECK(nodes("(e: E) -> bool", "return e in [a, b]", "enum E {\n  a\n  b\n  c\n}").find("list [a, b]") !=
        std::string::npos);
}

TEST_CASE("records take defaults, and none for optional fields") {
  const std::string types =
      "type T {\n  id: string\n  note: string?\n  level: int = 3\n  tags: string[] = [\"x\"]\n}";
  CHECK(nodes("() -> T", "return T { id: \"1\" }", types) ==
        "%0: string? = none\n%1: string[] = list [\"x\"]\n"
        "%2: T = record { id: \"1\", note: %0, level: 3, tags: %1 }\nreturn %2\n");
}

TEST_CASE("conditions of fields, types and parameters are checked where a value enters") {
  const std::string score = "type Score = int where it >= 0 and it <= 10";
  CHECK(nodes("(n: int) -> Score", "return n", score) ==
        "%0: Score = retype %n\n%1: Score = check %0 where it >= 0 and it <= 10\nreturn %1\n");
  CHECK(nodes("(s: Score) -> int", "return s + 1", score) ==
        "%0: int = retype %s\n%1: int = add %0, 1\nreturn %1\n");
  // Comparing with a plain value checks nothing.
  CHECK(nodes("(s: Score) -> bool", "return s == 50", score) ==
        "%0: int = retype %s\n%1: bool = eq %0, 50\nreturn %1\n");
  const std::string field = nodes("(n: int) -> R", "return R { n: n }", "type R {\n  n: int where it > 0\n}");
  CHECK(field.find("check %n where it > 0") != std::string::npos);
}

TEST_CASE("a condition on an optional is one on the value inside") {
  const Checked checked = check_text("type R {\n  n: int? where it > 0\n}\n");
  REQUIRE(checked.module);
  CHECK(checked.graph().find("of int? {") != std::string::npos);
  CHECK(checked.graph().find("unwrap %it") != std::string::npos);
}

TEST_CASE("the type of a list is what its elements have in common") {
  CHECK(nodes("() -> float[]", "let xs = [1, 2.5]\nreturn xs").find("list [") != std::string::npos);
  CHECK(
      nodes("(a: string?, b: string) -> string?[]", "let xs = [b, a]\nreturn xs").find("string?[] = list") !=
      std::string::npos);
  CHECK(nodes("() -> int", "let xs = [1, \"a\"]\nreturn 1").starts_with("E0203"));
}

TEST_CASE("lists of literals stand for lists of their base") {
  CHECK(nodes("(xs: L[]) -> string", "return xs.join(\", \")", "type L = \"a\" | \"b\"").find("call join") !=
        std::string::npos);
  CHECK(nodes("(xs: L[]) -> string[]", "return xs", "type L = \"a\" | \"b\"") ==
        "%0: string[] = retype %xs\nreturn %0\n");
  CHECK(nodes("(xs: string[]) -> L[]", "return xs", "type L = \"a\" | \"b\"").starts_with("E0203"));
}

TEST_CASE("enum cases are known where their enum is expected, and by their full name everywhere") {
  const std::string e = "enum E {\n  a\n  b\n}";
  CHECK(nodes("() -> E", "return b", e) == "return b\n");
  CHECK(nodes("(e: E) -> bool", "return b == e", e) == "%0: bool = eq b, %e\nreturn %0\n");
  CHECK(nodes("() -> E", "let x = E.b\nreturn x", e) == "return b\n");
  CHECK(nodes("() -> E?", "return b", e) == "%0: E? = some b\nreturn %0\n");
  // Locals come first.
  CHECK(nodes("(b: E) -> E", "return b", e) == "return %b\n");
}

TEST_CASE("text is emitted piece by piece") {
  CHECK(nodes("(n: int) -> string", "return \"n = {{ n + 1 }}!\"") ==
        "%0: string = render {\n  emit \"n = \"\n  %1: int = add %n, 1\n  emit %1\n  emit \"!\"\n}\nreturn "
        "%0\n");
  CHECK(nodes("() -> string", "return \"plain\"") == "return \"plain\"\n");
  CHECK(
      nodes("(n: int?) -> string", "return \"{% if n %}{{ n }}{% else %}-{% endif %}\"").find("unwrap %n") !=
      std::string::npos);
}

TEST_CASE("identifiers and text may be of any script") {
  CHECK(nodes("(이름: string) -> string", "let 인사 = \"안녕 {{ 이름 }}\"\nreturn 인사")
            .find("%인사: string = render") == 0);
}

TEST_CASE("a long sum needs no deep stack") {
  std::string sum = "n";
  for (int i = 0; i < 5000; ++i) sum += " + n";
  CHECK(check_text("chain main(n: int) -> int {\n  return " + sum + "\n}\n").diagnostics.error_count() <= 1);
}

}  // namespace chain::sema::test
