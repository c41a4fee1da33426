// Declared templates, includes, and the tags of templates.
#include <catch2/catch.hpp>

#include "tests/unit/sema/checked.h"

namespace chain::sema::test {
namespace {

/// `count` templates, each of which includes the next one twice.
std::string stairs(int count) {
  std::string text = "template t0(x: string) = \"{{ x }}\"\n";
  for (int i = 1; i < count; ++i) {
    const std::string below = "t" + std::to_string(i - 1) + "(x)";
    text += "template t" + std::to_string(i) + "(x: string) = \"{% include " + below + " %}{{ " + below +
            " }}\"\n";
  }
  return text;
}

/// The body of a template over `xs: int[]`, `m: map<int>` and `o: string?`.
std::string graph_of(const std::string& text) {
  const std::string graph =
      check_text("template t(xs: int[], m: map<int>, o: string?) = \"" + text + "\"\n").graph();
  const size_t head = graph.find("{\n");
  return head == std::string::npos ? graph : graph.substr(head + 2);
}

bool holds(const std::string& graph, const std::string& line) {
  return graph.find(line) != std::string::npos;
}

}  // namespace

TEST_CASE("a template is one function, however often it is included") {
  const Checked small = check_text(stairs(50));
  const Checked large = check_text(stairs(100));
  REQUIRE(small.module);
  REQUIRE(large.module);
  CHECK(large.module->templates.size() == 100);
  CHECK(large.module->nodes.size() < 2 * small.module->nodes.size() + 10);
}

TEST_CASE("includes go 100 levels down") {
  CHECK(check_text(stairs(101)).module);
  CHECK(check_text(stairs(102)).codes() == "E0402");
  CHECK(check_text(stairs(5000)).codes() == "E0402");
}

TEST_CASE("an include and a call of a template are one") {
  const std::string graph = graph_of("{% include t(xs, m, o) %}{{ t(xs, m, o) }}");
  CHECK(holds(graph, "E0607"));
  const Checked checked = check_text(
      "template card(x: string = \"a\", y: int?) = \"{{ x }}{{ y ?? 0 }}\"\n"
      "chain main(s: string) -> string[] {\n"
      "  return [card(), card(y: 1), s.card(2), s | card, \"{% include card(s) %}\", \"{% include s | card "
      "%}\"]\n}\n");
  INFO(checked.graph());
  REQUIRE(checked.module);
  size_t includes = 0;
  for (const graph::Node& node : checked.module->nodes) includes += node.op == graph::Op::Include;
  CHECK(includes == 6);
}

TEST_CASE("a parameter's condition holds where the template is called") {
  const Checked checked = check_text(
      "template card(x: int where it > 0) = \"{{ x }}\"\nchain main(n: int) -> string {\n  return "
      "card(n)\n}\n");
  REQUIRE(checked.module);
  CHECK(holds(checked.graph(), "check %n where it > 0"));
}

TEST_CASE("loops over maps, with a condition, and with an else") {
  const std::string map =
      graph_of("{% for k, v in m %}{{ k }}{{ v }}{% endfor %}{% if o and xs == [1] %}{% endif %}");
  CHECK(holds(map, "call keys(%m)"));
  CHECK(holds(map, "%v: int = at "));
  const std::string chosen =
      graph_of("{% for x in xs where x > 1 %}{{ loop.length }}{% else %}{{ o ?? m | json }}{% endfor %}");
  CHECK(holds(chosen, "filter %xs"));
  CHECK(holds(chosen, "call len(%0)"));  // of what is left
  CHECK(holds(chosen, "eq "));
}

TEST_CASE("what where and if have found out is known inside") {
  CHECK(check_text(
            "type T {\n  o: string?\n}\n"
            "template t(xs: T[]) = \"{% for x in xs where x.o != none and len(x.o) > 1 %}{{ x.o | upper }}"
            "{% endfor %}{% for x in xs %}{% if x.o %}{% set y = x.o %}{{ y | upper }}{% endif %}{% endfor "
            "%}\"\n")
            .codes() == "");
}

TEST_CASE("a name is set to the end of its block") {
  CHECK(check_text("template t(x: bool) = \"{% if x %}{% set a = 1 %}{{ a }}{% else %}{% set a = 2 %}{{ a }}"
                   "{% endif %}{% set a = 3 %}{{ a }}\"\n")
            .codes() == "");
  CHECK(check_text("template t(x: bool) = \"{% if x %}{% set a = 1 %}{% endif %}{{ a }}\"\n").codes() ==
        "E0101");
  CHECK(check_text("template t(x: bool) = \"{% set x = 1 %}{{ x }}\"\n").codes() == "E0103");
}

TEST_CASE("templates of a module are its own names") {
  const std::map<std::string, std::string> files = {
      {"main.chain",
       "import \"./lib.chain\" as lib\ntemplate card(x: int) = \"{{ x }}{% include lib.card() %}\"\n"
       "chain main() -> string {\n  return card(1) + lib.card()\n}\n"},
      {"lib.chain", "template card() = \"{% include _own() %}\"\ntemplate _own() = \"own\"\n"},
  };
  const Checked checked = check_files(files);
  INFO(checked.graph());
  REQUIRE(checked.module);
  CHECK(checked.module->templates.size() == 3);
}

}  // namespace chain::sema::test
