// Mistakes: what is said of each, that each is said once, and that the rest is still read.
#include <catch2/catch.hpp>

#include "tests/unit/syntax/support.h"

namespace chain::syntax {
namespace {

using Errors = std::vector<std::string>;

Errors in_body(const std::string& statement) {
  return errors("chain f() -> int {\n" + statement + "\nlet ok = 1\n}");
}

struct Case {
  std::string text;
  std::string error;
};

TEST_CASE("one mistake in a body is one message") {
  const Case cases[] = {
      {"let x =", "E0001 2:8 expected an expression after `=`"},
      {"let x = (1 + )", "E0001 2:14 expected an expression after `+`, found `)`"},
      {"let = 1", "E0001 2:5 expected a name after `let`, found `=`"},
      {"let match = 1", "E0001 2:5 `match` is a reserved word and cannot be a name"},
      {"let x = f(1, 2", "E0008 2:10 `(` is not closed"},
      {"let x = [1 2]", "E0001 2:12 expected `,` or `]` after `1`, found `2`"},
      {"let x = f(,)", "E0001 2:11 expected an expression after `(`, found `,`"},
      {"if a = 1 { f() }", "E0001 2:6 `=` gives a name to a value; to compare, write `==`"},
      {"let w = a = b", "E0001 2:11 `=` gives a name to a value; to compare, write `==`"},
      {"f(x = 1)", "E0001 2:5 an argument's name is followed by `:`"},
      {"a && b", "E0001 2:3 `&&` is written `and`"},
      {"a || b", "E0001 2:3 `||` is written `or`"},
      {"let x = !b", "E0001 2:9 `!` is written `not`"},
      {"f();", "E0001 2:4 statements end with their line, without `;`"},
      {"let x = 'a'", "E0001 2:9 strings stand in double quotes"},
      {"let x = \u201Ca\u201D", "E0001 2:9 strings stand in straight double quotes"},
      {"let x = a # b c", "E0001 2:11 unexpected `#`; comments begin with `//`"},
      {"let x = a ^ b", "E0001 2:11 unexpected character `^`"},
      {"let x = a\u200B", "E0001 2:10 unexpected invisible character U+200B"},
      {"if a { b } elif c { d }", "E0001 2:12 `elif` is written `else if`"},
      {"if a { b } else { c } else { d }",
       "E0001 2:12 `else` without a condition is the last branch of an `if`"},
      {"for x xs { }", "E0001 2:7 expected `in` after `x`, found `xs`"},
      {"match x { 1 => 2 3 => 4 }",
       "E0001 2:18 begin each arm on a line of its own, or put a comma before it"},
      {"match x { + => 1 }",
       "E0001 2:11 expected a pattern such as a case's name, a value or `else` after `{`, found `+`"},
      {"let m = { foo }", "E0001 2:9 `{` begins a block here; a map is written `{ \"key\": value }`"},
      {"let m = { a: 1 }", "E0001 2:11 a map's keys are strings; a record has its type's name before `{`"},
      {"let r = T { \"a\": 1 }", "E0001 2:13 the fields of a record are written without quotes"},
      {"let a = 1 let b = 2", "E0001 2:11 begin each statement on a line of its own"},
      {"let x = a.", "E0001 2:11 expected a name after `.`"},
      {"given f return 1", "E0001 2:9 expected `returns` after `f`, found `return`"},
      {"retrun x", "E0001 2:1 unexpected `retrun`; did you mean `return`?"},
      {"lte x = 1", "E0001 2:1 unexpected `lte`; did you mean `let`?"},
      {"fro x in xs { f(x) }", "E0001 2:1 unexpected `fro`; did you mean `for`?"},
      {"a b", "E0001 2:3 begin each statement on a line of its own"},
      {")", "E0008 2:1 `)` closes nothing"},
      {"=> 1", "E0001 2:1 expected a statement after `{`, found `=>`"},
  };
  for (const Case& item : cases) {
    INFO(item.text);
    const Errors found = in_body(item.text);
    const std::string first = found.empty() ? "" : found[0];
    CHECK(first == item.error);
    if (item.text.find("\u201C") == std::string::npos) CHECK(found.size() == 1);
  }
}

TEST_CASE("one mistake in a declaration is one message") {
  const Case cases[] = {
      {"promt hi() -> string {\n  user: \"x\"\n}",
       "E0001 1:1 unknown declaration `promt`; did you mean `prompt`?"},
      {"type A {\n  a string\n  b: int\n}", "E0001 2:3 a field is written `name: type`"},
      {"type A { a: int b: int }",
       "E0001 1:17 begin each field on a line of its own, or put a comma before it"},
      {"type A = list<int>", "E0001 1:10 only `map` takes a type in `<` and `>`"},
      {"type T = { a: int }",
       "E0001 1:10 a record is written without `=`, like `type Ticket { id: string }`"},
      {"import \"./my-file.chain\"",
       "E0001 1:8 this file's name cannot be the name of a module; give it one with `as`"},
      {"const x: = 3", "E0001 1:10 expected a type after `:`, found `=`"},
      {"prompt p(a: int, b string) -> T {\n}", "E0001 1:18 a parameter is written `name: type`"},
      {"chain c(a: int) int {\n}", "E0001 1:17 expected `->` and the type of the result"},
      {"prompt p() -> T {\n  model fast\n  user: \"x\"\n}",
       "E0001 2:3 what a prompt holds is written `key: value`"},
      {"prompt p() -> T {\n  example: 1 -> 2\n}",
       "E0001 2:12 an example is written `example: (input) -> output`"},
      {"model fast openai(\"x\")", "E0001 1:12 expected `=` after `fast`, found `openai`"},
      {"enum E { a b }", "E0001 1:12 begin each case on a line of its own, or put a comma before it"},
      {"let g = 1", "E0001 1:1 `let` stands inside a chain; outside of one use `const`"},
      {"f(x)", "E0001 1:1 unknown declaration `f`"},
      {"}", "E0001 1:1 expected a declaration such as `type`, `prompt` or `chain`, found `}`"},
      {"chain c() -> int {\n  f()", "E0008 1:18 `{` is not closed"},
      {"type T {\n  a: int = 1 = 2\n}", "E0001 2:14 a second default"},
  };
  for (const Case& item : cases) {
    INFO(item.text);
    const Errors found = errors(item.text + "\nconst fine = 1\n");
    REQUIRE_FALSE(found.empty());
    CHECK(found[0] == item.error);
    CHECK(found.size() == 1);
  }
}

TEST_CASE("a file with five mistakes shows five") {
  const Errors found = errors(
      "type A {\n  a string\n  b: int\n}\n"
      "prompt p(a: int) -> A {\n  model: fast\n  user: \"{{ a + }}\"\n}\n"
      "chain c() -> int {\n  let x =\n  let y = [1 2]\n  return 20px\n}\n");
  CHECK(found.size() == 5);
}

TEST_CASE("a forgotten brace does not swallow the next declaration") {
  const Parse parse("chain a() -> int {\n  if x {\n    f()\n\nchain b() -> int {\n  return 1\n}\n");
  CHECK(parse.errors() == Errors{"E0008 2:8 `{` is not closed"});
  REQUIRE(parse.ast.declarations.size() == 2);
  CHECK(parse.ast.declarations[1]->name.text == "b");
}

TEST_CASE("what follows a mistake is still in the tree") {
  const Parse parse("chain a() -> int {\n  let x = )\n  let y = 2\n  return y\n}\nconst z = 1\n");
  CHECK(dump(parse.ast).find("(let y 2) (return y)") != std::string::npos);
  CHECK(dump(parse.ast).find("(const z 1)") != std::string::npos);
}

/// The text after every fix of every diagnostic has been made.
std::string fixed(const std::string& text) {
  const Parse parse(text);
  std::vector<Fix> fixes;
  for (const Diagnostic* item : parse.diagnostics.sorted()) {
    for (const Fix& fix : item->fixes) fixes.push_back(fix);
  }
  std::string result = text;
  for (auto fix = fixes.rbegin(); fix != fixes.rend(); ++fix) {
    result.replace(fix->span.begin, fix->span.end - fix->span.begin, fix->replacement);
  }
  return result;
}

TEST_CASE("making the fixes that are offered leaves no mistake") {
  const std::string texts[] = {
      "promt hi() -> string {\n  user: \"x\"\n}",
      "let g = 1",
      "type T = { a: int }",
      "type A {\n  a string\n}",
      "type A { a: int b: int }",
      "enum E { a b }",
      "prompt p() -> T {\n  model fast\n}",
      "const a = b&&c",
      "const a = b||!c",
      "const a = b === c",
      "const a = 1;",
      "const a = 'x'",
      "const a = .5",
      "const a = 5 # five",
      "const a = 1_000",
      "const a = [1 2]",
      "const a = { b: 1, \"c\": 2 }",
      "const a = T { \"b\": 1 }",
      "const a = f(x = 1)",
      "const a = \"\\q\"",
      "const a = \"{% fi x %}{% endfi %}\"",
      "chain f() -> int {\n  if a = 1 { f(); }\n}",
      "chain f() -> int {\n  if a { b } elif c { d }\n}",
      "chain f() -> int {\n  let a = 1 let b = 2\n  )\n}",
      "chain f() -> int {\n  match x { a => 1 b => 2 }\n}",
  };
  for (const std::string& text : texts) {
    INFO(text);
    CHECK_FALSE(errors(text).empty());
    CHECK(errors(fixed(text)) == Errors{});
  }
}

}  // namespace
}  // namespace chain::syntax
