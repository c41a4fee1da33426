// Declarations, types, statements; lines, braces, names.
#include <catch2/catch.hpp>

#include "tests/unit/syntax/support.h"

namespace chain::syntax {
namespace {

TEST_CASE("imports") {
  CHECK(tree("import std.review") == "(import review \"std.review\")\n");
  CHECK(tree("import std.review as r") == "(import r \"std.review\")\n");
  CHECK(tree("import \"./a/policies.chain\" as p") == "(import p \"./a/policies.chain\")\n");
  CHECK(tree("import \"./a/policies.chain\"") == "(import policies \"./a/policies.chain\")\n");
}

TEST_CASE("constants and models") {
  CHECK(tree("const limit: int = 3") == "(const limit (: int) 3)\n");
  CHECK(tree("model fast = openai(\"gpt-5-mini\", temperature: 0, timeout: 20s)") ==
        "(model fast openai \"gpt-5-mini\" temperature: 0 timeout: 20000000000ns)\n");
  CHECK(tree("model fast = baseline()") == "(model fast baseline)\n");
}

TEST_CASE("records carry aliases, defaults, conditions and documentation") {
  CHECK(tree("/// A ticket.\n/// Of a customer.\ntype Ticket {\n  /// Its number\n  id: string\n"
             "  first_name as \"first-name\": string = \"x\" where len(it) < 9\n  parts: Part[], photo: "
             "image?\n}") ==
        "(type Ticket (field id string (doc \"Its number\")) (field first_name (as \"first-name\") string (= "
        "\"x\") "
        "(where (< (call len it) 9))) (field parts (list Part)) (field photo (optional image)) "
        "(doc \"A ticket.\\nOf a customer.\"))\n");
  CHECK(tree("type Empty {}") == "(type Empty)\n");
}

TEST_CASE("types") {
  CHECK(tree("type T = \"en\" | \"ko\" where it != \"ko\"") ==
        "(type T (union \"en\" \"ko\") (where (!= it \"ko\")))\n");
  CHECK(tree("type T = 1 | -2 | true") == "(type T (union 1 -2 true))\n");
  CHECK(tree("type T = string?[]") == "(type T (list (optional string)))\n");
  CHECK(tree("type T = map<map<int>[]>") == "(type T (map (list (map int))))\n");
  CHECK(tree("type T = review.Verdict") == "(type T review.Verdict)\n");
  CHECK(tree("type T = (A | B)[]") == "(type T (list (union A B)))\n");
}

TEST_CASE("`untrusted` binds looser than `?` and `[]`, tighter than `|`") {
  CHECK(tree("type T = untrusted string?[] | int") ==
        "(type T (union (untrusted (list (optional string))) int))\n");
}

TEST_CASE("enums") {
  CHECK(tree("enum U {\n  low \"can wait\"\n  /// every day\n  normal\n  in_progress as \"in-progress\" "
             "\"being worked on\"\n}") ==
        "(enum U (low \"can wait\") (normal \"every day\") (in_progress (as \"in-progress\") \"being worked "
        "on\"))\n");
  CHECK(tree("enum U { a, b }") == "(enum U (a) (b))\n");
}

TEST_CASE("prompts keep the order of their members") {
  CHECK(tree("prompt p@2.10(/* none */ a: int,\n  /// Said how.\n  tone: string = \"plain\") -> Reply {\n  "
             "model: fast\n"
             "  repair: 2\n  example: (1, tone: \"dry\") -> high\n  user: \"Hi\"\n  assistant: \"Ho\"\n  "
             "user: \"Bye\"\n}") ==
        "(prompt p @2.10 (param a int) (param tone string (= \"plain\") (doc \"Said how.\")) (-> Reply) "
        "(model fast) "
        "(repair 2) (example (in 1 tone: \"dry\") high) (user \"Hi\") (assistant \"Ho\") (user \"Bye\"))\n");
}

TEST_CASE("statements") {
  CHECK(body("let a: int = 1\nlet b = a\nf(b)\nreturn b") ==
        "(do (let a (: int) 1) (let b a) (call f b) (return b))");
  CHECK(
      tree("test \"title\" {\n  given classify@2.0 returns high\n  given x returns (1)\n  expect a > 1\n}") ==
      "(test \"title\" (do (given classify@2.0 high) (given x 1) (expect (> a 1))))\n");
}

TEST_CASE("`return` takes its value on its own line") {
  CHECK(body("if a { return }\nreturn\nf()") == "(do (if a (do (return))) (return) (call f))");
  CHECK(body("return -1") == "(do (return (- 1)))");
}

TEST_CASE("brackets and minus continue an expression only on its line") {
  CHECK(body("f\n(x)") == "(do f x)");
  CHECK(body("f (x)") == "(do (call f x))");
  CHECK(body("a\n[0]") == "(do a (list 0))");
  CHECK(body("a[0]") == "(do (index a 0))");
  CHECK(body("a\n- b") == "(do a (- b))");
  CHECK(body("a - b") == "(do (- a b))");
  CHECK(body("a +\nb") == "(do (+ a b))");
  CHECK(body("a\n  | f\n  .g()") == "(do " + expr("a | f.g()") + ")");
}

TEST_CASE("a brace opens a literal exactly before `name:`, `\"text\":` or nothing") {
  CHECK(body("let a = T { b: 1 }") == "(do (let a (record T b: 1)))");
  CHECK(body("let a = m.T { b: 1 }") == "(do (let a (record m.T b: 1)))");
  CHECK(body("let a = { \"b\": 1 }") == "(do (let a (map \"b\" 1)))");
  CHECK(body("let a = {}") == "(do (let a (map)))");
  CHECK(body("let a = T {}") == "(do (let a (record T)))");
  CHECK(body("if a {}") == "(do (if a (do)))");
  CHECK(body("if a == T { b: 1 } { c }") == "(do (if (== a (record T b: 1)) (do c)))");
  CHECK(body("if a { b } else {}") == "(do (if a (do b) (do)))");
  CHECK(body("for x in xs { T {} }") == "(do (for x xs (do (record T))))");
  CHECK(body("match x { a => {}, b => { \"k\": 1 } }") ==
        "(do (match x (=> a (do)) (=> b (do (map \"k\" 1)))))");
}

TEST_CASE("`...` puts the fields of a record or the entries of a map into another one") {
  CHECK(body("T { ...b, c: 1 }") == "(do (record T ... b c: 1))");
  CHECK(body("let x = { ...a.b, \"k\": 1, ...c }") == "(do (let x (map ... (. a b) \"k\" 1 ... c)))");
  CHECK(body("match x { shop.Refund r => 1 }") == "(do (match x (=> (bind shop.Refund r) (do 1))))");
}

TEST_CASE("`if`, `match` and `for` are expressions") {
  CHECK(body("let x = if a { 1 } else if b { 2 } else { 3 }") ==
        "(do (let x (if a (do 1) (do (if b (do 2) (do 3))))))");
  CHECK(body("for x in xs where x.ok parallel 8 { f(x) }") ==
        "(do (for x xs (where (. x ok)) (parallel 8) (do (call f x))))");
  CHECK(body("match x {\n  Refund r => r.id\n  high | low => { 1 }\n  \"a\" | -3 | true => 2, none => 3\n  "
             "else e => 4\n}") ==
        "(do (match x (=> (bind Refund r) (do (. r id))) (=> high low (do 1)) (=> \"a\" -3 true (do 2)) "
        "(=> none (do 3)) (=> (bind else e) (do 4))))");
  CHECK(body("match x { a => if b { 1 }\n  else => 2 }") ==
        "(do (match x (=> a (do (if b (do 1)))) (=> else (do 2))))");
}

TEST_CASE("words are reserved only where the language needs them") {
  CHECK(tree("type T {\n  if: int\n  model: string\n  return: bool\n}") ==
        "(type T (field if int) (field model string) (field return bool))\n");
  CHECK(expr("model.test.match?.for") == "(?. (. (. model test) match) for)");
  CHECK(body("let index = prompt\nmodel(chain)\ntype = 1 == 2 and test") != "");
  CHECK(body("let as = with\nlet parallel = mod mod of\nreturns(within)") ==
        "(do (let as with) (let parallel (mod mod of)) (call returns within))");
  CHECK(body("for x in parallel parallel parallel { x }") ==
        "(do (for x parallel (parallel parallel) (do x)))");
}

TEST_CASE("names may be of any script, and their spelling is one") {
  CHECK(tree("chain 분류(문장: string) -> 감정 {\n  return 문장.길이\n}") ==
        "(chain 분류 (param 문장 string) (-> 감정) (do (return (. 문장 길이))))\n");
  // Decomposed letters make the same name as composed ones.
  CHECK(expr("\u1112\u1161\u11ab") == "\uD55C");
}

TEST_CASE("documentation") {
  CHECK(tree("//! The file.\n//! More.\nconst a = 1") == "//! The file.\nMore.\n(const a 1)\n");
  CHECK(tree("/// about a\nconst a = 1 /// about nothing\nconst b = 2") ==
        "(const a 1 (doc \"about a\"))\n(const b 2)\n");
  CHECK(tree("//// a line\nconst a = 1") == "(const a 1)\n");
  CHECK(tree("// plain\nconst a = 1") == "(const a 1)\n");
}

TEST_CASE("evals") {
  CHECK(tree("eval a over golden within { cost: $2 } {\n  run: x => f(x,\n    a: 1)\n"
             "  score b = exact(it, x.y)\n  score score = it\n"
             "  require b.mean >= 0.9, cost.mean <= $1\n  compare: [f@1.0, f@2.0]\n}\nconst b = 1") ==
        "(eval a (over golden) (within cost: $2000000000n) (run (lambda x (do (call f x a: 1)))) "
        "(score b (call exact it (. x y))) (score score it) (require (>= (. b mean) 0.9f) "
        "(<= (. cost mean) $1000000000n)) (compare (list (@1.0 f) (@2.0 f))))\n(const b 1)\n");
}

TEST_CASE("tools, agents, resources, routes and profiles") {
  const auto one = [](const std::string& text) {
    const Parse parse(text);
    CHECK(parse.errors() == std::vector<std::string>{});
    return dump(parse.ast);
  };
  CHECK(one("agent a@1.0(q: string) -> T\n  within { steps: 3 } {\n  tools: [x]\n  example: (q) -> r\n}") ==
        "(agent a @1.0 (param q string) (-> T) (within steps: 3) (tools (list x)) (example (in q) r))\n");
  CHECK(one("tool t(x: int) -> int[]\n  writes approve\n  = http.get(\"u\",\n  a: 1)\nconst b = 1") ==
        "(tool t (param x int) (-> (list int)) writes approve (http.get \"u\" a: 1))\n(const b 1)\n");
  CHECK(one("index i = documents(\"a\", chunk: markdown(4))") ==
        "(resource i index (documents \"a\" chunk: (call markdown 4)))\n");
  CHECK(one("dataset d: Case[] = jsonl(\"a\")") == "(resource d dataset (: (list Case)) (jsonl \"a\"))\n");
  CHECK(one("route f { @2.0: 90%, @2.1: 10% } by t.id") ==
        "(route f (arm @2.0 0.9f) (arm @2.1 0.1f) (. t id))\n");
  CHECK(one("profile dev {\n  fast = ollama(\"q\")\n  shop = http(\"u\")\n}") ==
        "(profile dev (= fast (ollama \"q\")) (= shop (http \"u\")))\n");
  CHECK(one("test \"t\" {\n  given lib.f@1.0 returns 1\n}") == "(test \"t\" (do (given lib.f@1.0 1)))\n");
}

TEST_CASE("functions") {
  CHECK(tree("/// Twice.\nfn twice(n: int = 1 where it > 0) -> int {\n  n * 2\n}") ==
        "(fn twice (param n int (= 1) (where (> it 0))) (-> int) (do (* n 2)) (doc \"Twice.\"))\n");
  CHECK(tree("fn f() -> T[]\n  within { depth: 3 }\n{\n  return f()\n}") ==
        "(fn f (-> (list T)) (within depth: 3) (do (return (call f))))\n");
  CHECK(errors("fn f@1.0() -> int { 1 }") ==
        std::vector<std::string>{"E0001 1:5 a function has no version: it belongs to what calls it"});
}

TEST_CASE("functions without a name") {
  CHECK(expr("xs.map(x => x.name)") == "(call (. xs map) (lambda x (do (. x name))))");
  CHECK(expr("f(by: (x) => -x, 1)") == "(call f by: (lambda x (do (- x))) 1)");
  CHECK(expr("f(() => 1, (a, b) => a + b)") == "(call f (lambda (do 1)) (lambda a b (do (+ a b))))");
  CHECK(expr("f((a) + b, (a))") == "(call f (+ a b) a)");
  CHECK(expr("[x => 1]") == "(list (lambda x (do 1)))");
  CHECK(expr("f(x => y => x + y)") == "(call f (lambda x (do (lambda y (do (+ x y))))))");
  CHECK(expr("xs | map(x => x.a | f) | g") == "(pipe g (pipe map xs (lambda x (do (pipe f (. x a))))))");
  CHECK(body("xs.map(x => {\n  let y = x\n  y\n})") == "(do (call (. xs map) (lambda x (do (let y x) y))))");
  CHECK(body("let f = x => { \"a\": x }") == "(do (let f (lambda x (do (map \"a\" x)))))");
  CHECK(body("return x => 1") == "(do (return (lambda x (do 1))))");
  CHECK(body("match a { b => f(c => 1), d => e => 2 }") ==
        "(do (match a (=> b (do (call f (lambda c (do 1))))) (=> d (do (lambda e (do 2))))))");
}

TEST_CASE("what assigns, repeats and catches") {
  const auto read = [](const std::string& statement) {
    const std::string all = tree("chain f() -> int {\n" + statement + "\n}");
    const size_t begin = all.find("(do ") + 4;
    return all.substr(begin, all.rfind("))") - begin);
  };
  CHECK(read("var a: int = 1") == "(var a (: int) 1)");
  CHECK(read("a = 1 + 2") == "(= a (+ 1 2))");
  CHECK(read("repeat up to (n) { break }") == "(repeat n (do break))");
  CHECK(read("repeat up to -1 { f() } else { g() }") == "(repeat (- 1) (do (call f)) (do (call g)))");
  CHECK(read("let a = try f(x) catch { timeout | refused => 1, else e => 2 }") ==
        "(let a (try-catch (call f x) (=> timeout refused (do 1)) (=> (bind else e) (do 2))))");
  CHECK(read("let a = try f(x) ?? 1") == "(let a (?? (try (call f x)) 1))");
  CHECK(read("let a = race [f(x), g(x)]") == "(let a (race (call f x) (call g x)))");
  CHECK(read("let a = try race [f(x)] catch { else => 1 }") ==
        "(let a (try-catch (race (call f x)) (=> else (do 1))))");
  CHECK(read("let a = sample 5 of f(x)") == "(let a (sample 5 (call f x)))");
  CHECK(read("let a = f(x) with { temperature: 0.2 }") == "(let a (with (call f x) temperature: 0.2f))");
}

}  // namespace
}  // namespace chain::syntax
