#include "cli/repl_input.h"

#include <catch2/catch.hpp>

using chain::cli::classify;
using chain::cli::Input;
using chain::cli::InputKind;
using chain::cli::is_complete;

TEST_CASE("an input is whole when every bracket and string is closed") {
  for (const char* text :
       {"1 + 2", "f(x)", "\"a ( b\"", "\"\"\"a\nb\"\"\"", "r\"(\"", "1 // (", "/* ( */ 1", ")",
        "\"{{ f(\"x\") }}\"", "\"unclosed", "match x { a => 1 }", "\"\\\"\"", "\"{% if a %}x{% endif %}\""}) {
    INFO(text);
    CHECK(is_complete(text));
  }
  for (const char* text :
       {"f(", "[1,", "chain f() {", "\"\"\"a", "1 +", "x and", "let x =", "\"{{ f(", "/* a", "a |"}) {
    INFO(text);
    CHECK_FALSE(is_complete(text));
  }
}

TEST_CASE("what an input is") {
  CHECK(classify("").kind == InputKind::Nothing);
  CHECK(classify(" // only a comment").kind == InputKind::Nothing);
  CHECK(classify("1 + 2").kind == InputKind::Expression);
  CHECK(classify("model == 1").kind == InputKind::Expression);
  CHECK(classify("type in xs").kind == InputKind::Expression);
  CHECK(classify("x == 1").kind == InputKind::Expression);
  CHECK(classify("f(a: 1)").kind == InputKind::Expression);
  CHECK(classify("repeat up to 3 { }").kind == InputKind::Statement);
  CHECK(classify("prompt ask(x: string) -> string {").kind == InputKind::Declaration);
  CHECK(classify("/// Documented.\nprompt ask()").name == "ask");
  CHECK(classify("import \"./a.chain\" as a").kind == InputKind::Declaration);

  const Input let = classify("let xs: int[] = [1]");
  CHECK(let.kind == InputKind::Let);
  CHECK(let.name == "xs");
  CHECK(let.type == "int[]");
  CHECK(let.text == "                [1]");  // the expression stays where it was
  const Input assign = classify("x = 3");
  CHECK(assign.kind == InputKind::Assign);
  CHECK(assign.text == "    3");
  const Input command = classify(":type  f(x) ");
  CHECK(command.kind == InputKind::Command);
  CHECK(command.name == "type");
  CHECK(command.text == "f(x)");
}
