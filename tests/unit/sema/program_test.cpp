// Files, versions, constants, prompts and tests.
#include <catch2/catch.hpp>

#include "tests/unit/sema/checked.h"

namespace chain::sema::test {
namespace {

const std::string kModel = "model fast = openai(\"gpt-5-mini\")\n";

std::string prompt(const std::string& signature, const std::string& members) {
  return kModel + "prompt ask" + signature + " {\n  model: fast\n  " + members + "\n}\n";
}

}  // namespace

TEST_CASE("files are imported under a name, and keep their own names") {
  const Checked checked = check_files({
      {"main.chain",
       "import \"./lib/a.chain\" as a\nimport \"./lib/b.chain\" as b\nconst x = 1\n"
       "chain main(t: a.Ticket) -> string {\n  return b.show(t) + a.greeting\n}\n"},
      {"lib/a.chain", "const greeting = \"hi\"\ntype Ticket {\n  id: string\n}\n"},
      {"lib/b.chain",
       "import \"./a.chain\" as base\nchain show(t: base.Ticket) -> string {\n  return t.id\n}\n"},
  });
  INFO(checked.graph());
  REQUIRE(checked.module);
  CHECK(checked.module->files == std::vector<std::string>{"main.chain", "lib/a.chain", "lib/b.chain"});
  REQUIRE(checked.module->chains.size() == 2);
  CHECK(checked.module->chains[0].name == "show");  // what is imported comes first
  CHECK(checked.module->entries == std::vector<uint32_t>{1});
  CHECK(checked.module->nodes.back().site.file == 0);
}

TEST_CASE("the modules of std are right") {
  for (const char* name : {"text"}) {
    const Checked checked = check_text(std::string("import std.") + name + "\n");
    INFO(checked.graph());
    CHECK(checked.module);
  }
}

TEST_CASE("a file that is not there is a diagnostic") {
  const Checked checked = check_files({});
  CHECK(checked.messages() == std::vector<std::string>{"E0107 1:1 cannot read `main.chain`"});
}

TEST_CASE("a call without a version means the highest, by number") {
  const Checked checked = check_text(
      "chain f@2.9() -> int {\n  return 1\n}\nchain f@2.10() -> int {\n  return 2\n}\nchain f@1.0() -> int "
      "{\n  return 3\n}\n"
      "chain main() -> int {\n  return f()\n}\n");
  REQUIRE(checked.module);
  CHECK(checked.graph().find("chain f@2.10()\n  return") != std::string::npos);
  CHECK(checked.module->entries == std::vector<uint32_t>{0, 1, 2, 3});
}

TEST_CASE("constants are computed and copied to where they are used") {
  const Checked checked = check_text(
      "type P {\n  x: int\n  y: int = base\n}\nconst base = 2 * 3\nconst p = P { x: base + 1 }\n"
      "const all = [p, P { x: 0, y: 0 }]\nconst hello = \"x is {{ p.x }}{% if base > 5 %}!{% endif %}\"\n"
      "chain main() -> string {\n  return \"{{ all }}{{ hello }}\"\n}\n");
  INFO(checked.graph());
  REQUIRE(checked.module);
  CHECK(checked.graph().find("record { x: 7, y: 6 }") != std::string::npos);
  CHECK(checked.graph().find("emit \"x is 7!\"") != std::string::npos);
}

TEST_CASE("constants that double cannot fill the memory") {
  std::string text = "const c0 = \"0123456789\"\n";
  for (int i = 1; i < 60; ++i) {
    const std::string before = "c" + std::to_string(i - 1);
    text += "const c" + std::to_string(i) + " = \"{{ " + before + " }}{{ " + before + " }}\"\n";
  }
  const Checked checked = check_text(text);
  CHECK(checked.diagnostics.error_count() == 1);
  CHECK(checked.codes() == "E0230");
}

TEST_CASE("examples are kept as JSON of both sides, defaults filled in") {
  const Checked checked =
      check_text("enum E {\n  low\n  high as \"HIGH\"\n}\n" +
                 prompt("(text: string, n: int = 3, t: duration? = 20s) -> E",
                        "example: (\"a \\\"b\\\"\") -> high\n  example: (n: 4, text: \"c\", t: none) -> "
                        "low\n  user: \"{{ text }}{{ n }}{{ json(t) }}{{ output.format }}\""));
  INFO(checked.graph());
  REQUIRE(checked.module);
  REQUIRE(checked.module->prompts[0].examples.size() == 2);
  const program::Example& first = checked.module->prompts[0].examples[0];
  CHECK(first.arguments_json == R"({"text":"a \"b\"","n":3,"t":"20s"})");
  CHECK(first.result_json == "\"high\"");
  CHECK(checked.module->prompts[0].examples[1].arguments_json == R"({"text":"c","n":4,"t":null})");
  CHECK(checked.module->prompts[0].messages[0].example == 0);
  CHECK(checked.module->prompts[0].messages[2].example == -1);
}

TEST_CASE("an example is checked against the signature on both sides") {
  CHECK(check_text(
            prompt("(n: int) -> int",
                   "example: (\"a\") -> 1\n  example: (1) -> \"b\"\n  example: () -> 2\n  user: \"{{ n }}\""))
            .codes() == "E0203 E0203 E0215");
}

TEST_CASE("messages know the format and the schema of the answer") {
  const Checked checked = check_text("type A {\n  ok: bool\n}\n" +
                                     prompt("() -> A", "user: \"{{ output.format }}{{ output.schema }}\""));
  REQUIRE(checked.module);
  CHECK(checked.graph().find("additionalProperties") != std::string::npos);
  CHECK(check_text("chain main() -> string {\n  return output.format\n}\n").codes() == "E0101");
}

TEST_CASE("tests become chains that take nothing") {
  const Checked checked =
      check_text(prompt("(q: string) -> string", "user: \"{{ q }}\"") +
                 "test \"it answers\" {\n  given ask returns \"yes\"\n  let a = ask(\"?\")\n  expect a == "
                 "\"yes\"\n  expect 3 > len(a)\n  expect a != \"\" and len(a) < 9\n}\n");
  INFO(checked.graph());
  REQUIRE(checked.module);
  REQUIRE(checked.module->tests.size() == 1);
  CHECK(checked.module->tests[0].title == "it answers");
  CHECK(checked.module->entries.empty());
  REQUIRE(checked.module->expectations.size() == 3);
  CHECK(checked.module->expectations[0].text == "a == \"yes\"");
  CHECK(checked.module->expectations[0].operand == checked.module->types.string_type);
  CHECK(checked.module->expectations[2].operand == checked.module->types.void_type);
  CHECK(checked.graph().find("expect %1, 3, %0") == std::string::npos);
  CHECK(checked.graph().find(", 3, %") != std::string::npos);  // the sides as they are written
}

TEST_CASE("places are where people would look") {
  const Checked checked = check_text("chain main(a: int[]) -> int {\n  let 값 = a[0]; \n  return 1\n}\n");
  CHECK_FALSE(checked.module);
  const Checked good = check_text("chain main(a: int[]) -> int {\n  let 값 = a[0]\n  return 값\n}\n");
  REQUIRE(good.module);
  for (const graph::Node& node : good.module->nodes) {
    if (node.op != graph::Op::At) continue;
    CHECK(node.site.line == 2);
    CHECK(node.site.column == 11);
    CHECK(node.name == "값");
  }
}

TEST_CASE("every diagnostic is found in one go, in every declaration") {
  const Checked checked = check_text(
      "type A {\n  x: strin\n}\nenum E {\n  a\n  a\n}\nmodel m = opena(\"x\")\n"
      "prompt p(q: string) -> string {\n  model: n\n  user: \"{{ r }}\"\n}\nchain c(z: A) -> int {\n  return "
      "\"a\"\n}\n");
  CHECK(checked.codes() == "E0104 E0103 E0120 E0101 E0101 E0203");
}

}  // namespace chain::sema::test
