// The passes that change which calls are made, on programs in source.
#include <algorithm>
#include <catch2/catch.hpp>

#include "compiler/graph/properties.h"
#include "compiler/graph/validate.h"
#include "compiler/transform/hoist_invariant_effects.h"
#include "compiler/transform/merge_equal_effects.h"
#include "compiler/transform/remove_dead_effects.h"
#include "tests/unit/graph/compare.h"
#include "tests/unit/sema/checked.h"

using namespace chain;
using graph::Module;
using graph::Op;

namespace {

const std::string kOutside = R"(
model varied = openai("m")
model settled = openai("m", temperature: 0)
index shelf = documents("*.md")

prompt ask(q: string) -> string {
  model: varied
  user: "{{ q }}"
}
prompt fix(q: string) -> string {
  model: settled
  user: "{{ q }}"
}
prompt kept(q: string) -> string {
  model: varied
  cache: 1h
  user: "{{ q }}"
}
tool count(q: untrusted string) -> int pure = command("wc", stdin: q)
tool read(q: string) -> string reads = http.get("https://x.example.com/{{ q }}")
tool put(q: string) -> bool writes = http.post("https://x.example.com", json: { "q": q })

chain two(q: string) -> string {
  return ask(q) + fix(q)
}
chain looks(q: string) -> string {
  return fix(q) + trust(read(q), "ours")
}
)";

/// The calls of a region, loops in brackets: "ask [fix]".
std::string calls_of(const Module& module, graph::RegionId region) {
  std::string calls;
  const auto add = [&](const std::string& call) {
    if (!call.empty()) calls += (calls.empty() ? "" : " ") + call;
  };
  for (const graph::NodeId id : module[region].nodes) {
    const graph::Node& node = module[id];
    if (node.op == Op::Prompt) add(module.prompts[node.index].name);
    if (node.op == Op::Chain) add(module.chains[node.index].name);
    if (node.op == Op::External) add(module.externals[node.index].name);
    const bool loop = node.op == Op::For || node.op == Op::Loop;
    for (const graph::RegionId inner : node.regions) {
      const std::string inside = calls_of(module, inner);
      add(loop && !inside.empty() ? "[" + inside + "]" : inside);
    }
  }
  return calls;
}

/// The calls of chain `main`, in the order of the text, once `pass` has run.
std::string calls_after(void (*pass)(Module&), const std::string& body,
                        const std::string& signature = "(q: string, on: bool, xs: string[]) -> string") {
  sema::test::Checked checked =
      sema::test::check_text(kOutside + "chain main" + signature + " {\n" + body + "\n}\n");
  INFO(checked.graph());
  REQUIRE(checked.module.has_value());
  Module& module = *checked.module;
  pass(module);
  CHECK(graph::validate(module) == std::vector<std::string>{});
  const auto main = std::ranges::find(module.chains, "main", &graph::Chain::name);
  return calls_of(module, main->body);
}

std::string merged(const std::string& body) {
  return calls_after(transform::merge_equal_effects, body);
}

std::string hoisted(const std::string& body) {
  return calls_after(transform::hoist_invariant_effects, body);
}

std::string alive(const std::string& body) {
  return calls_after(transform::remove_dead_effects, body);
}

}  // namespace

TEST_CASE("equal calls of a prompt are one, whatever makes their arguments equal") {
  CHECK(merged("return ask(q) + ask(q)") == "ask");
  CHECK(merged(R"(return ask("a {{ q }}") + ask("a {{ q }}"))") == "ask");
  CHECK(merged(R"(return ask(upper(q)) + ask(q | upper))") == "ask");
  CHECK(merged(R"(return ask(if on { q } else { "b" }) + ask(if on { q } else { "b" }))") == "ask");
  CHECK(merged(R"(
let a = ask(join(for x in xs { "{{ x }}!" }, ","))
return a + ask(join(for y in xs { "{{ y }}!" }, ",")))") == "ask");
  CHECK(merged("let a = ask(q)\nlet b = ask(q)\nreturn ask(a) + ask(b)") == "ask ask");
}

TEST_CASE("calls that ask something else stay") {
  CHECK(merged("return ask(q) + ask(upper(q))") == "ask ask");
  CHECK(merged("return ask(q) + fix(q)") == "ask fix");
  CHECK(merged(R"(return ask(if on { q } else { "b" }) + ask(if on { q } else { "c" }))") == "ask ask");
  CHECK(merged("var v = q\nlet a = ask(v)\nv = a\nreturn a + ask(v)") == "ask ask");
  CHECK(merged("return ask(q) + ask(q) with { model: settled }") == "ask ask");
  CHECK(merged("return ask(q) with { model: settled } + ask(q) with { model: settled }") == "ask");
  CHECK(merged("return join(for x in xs { ask(x) }, \"\") + join(for x in xs { ask(x) }, \"\")") ==
        "[ask] [ask]");
}

TEST_CASE("what two names of a loop stand for is not taken for one value") {
  // The element of the inner loop of one call and of the outer loop around the other are both "the first
  // parameter one region deeper".
  CHECK(merged(R"(
let a = fix(join(for x in xs { "{{ x }}" }, ","))
let all = for y in xs { fix(join(for x in xs { "{{ y }}" }, ",")) }
return a + join(all, ","))") == "fix [fix]");
}

TEST_CASE("what acts, asks a person or looks at what may change is done each time") {
  CHECK(merged("put(q)\nput(q)\nreturn q") == "put put");
  CHECK(merged("return read(q) + read(q)") == "read read");
  CHECK(merged("return human.ask(q) + human.ask(q)") == "human.ask human.ask");
  CHECK(merged("let a = count(q)\nlet b = count(q)\nreturn \"{{ a + b }}\"") == "count");
  CHECK(merged("let a = shelf.search(q)\nlet b = shelf.search(q)\nreturn \"{{ len(a) + len(b) }}\"") ==
        "shelf.search");
}

TEST_CASE("a chain is as equal as what it calls") {
  CHECK(merged("return two(q) + two(q)") == "two");
  CHECK(merged("return looks(q) + looks(q)") == "looks looks");
}

TEST_CASE("nothing is merged in or with a sample") {
  CHECK(merged("return join(sample 2 of ask(q), \"\") + ask(q)") == "ask ask");
  CHECK(merged("let a = fix(q)\nreturn a + join(sample 2 of fix(q), \"\")") == "fix fix");
  CHECK(merged("return join(sample 2 of ask(fix(q) + fix(q)), \"\")") == "fix fix ask");
}

TEST_CASE("a call in a branch is served by one before it, if nothing else has to wait for that") {
  CHECK(merged("let a = ask(q)\nlet b = if on { ask(q) } else { \"b\" }\nreturn a + b") == "ask");
  CHECK(merged("let a = ask(q)\nlet b = if on { ask(q) + ask(\"other\") } else { \"b\" }\nreturn a + b") ==
        "ask ask ask");
  CHECK(
      merged("let a = fix(q)\nlet b = if a == q { fix(q) + ask(\"other\") } else { \"b\" }\nreturn a + b") ==
      "fix ask");
  // `c` need not wait for more than the decision.
  CHECK(
      merged("let a = ask(q)\nif on {\n  if ask(q) == \"x\" { return q }\n}\nlet c = fix(q)\nreturn a + c") ==
      "ask ask fix");
}

TEST_CASE("a branch serves nothing outside of it") {
  CHECK(merged("return if on { ask(q) } else { ask(q) }") == "ask ask");
  CHECK(merged("let a = if on { ask(q) } else { \"a\" }\nreturn a + ask(q)") == "ask ask");
}

TEST_CASE("asking again because of the first answer is no equal call, unless the answer cannot vary") {
  const auto again = [](const std::string& name) {
    return "let a = " + name + "(q)\nreturn if len(a) < 3 { " + name + "(q) } else { a }";
  };
  CHECK(merged(again("ask")) == "ask ask");
  CHECK(merged(again("fix")) == "fix");
  CHECK(merged(again("kept")) == "kept");
  const auto repeated = [](const std::string& name) {
    return "var a = " + name + "(q)\nrepeat up to 3 {\n  if len(a) > 3 { break }\n  a = " + name +
           "(q)\n}\nreturn a";
  };
  CHECK(merged(repeated("ask")) == "ask [ask]");
  CHECK(merged(repeated("fix")) == "fix");
}

TEST_CASE("in each turn of a loop equal calls are one") {
  CHECK(merged("return join(for x in xs { ask(x) + ask(x) }, \"\")") == "[ask]");
  CHECK(merged("let a = ask(q)\nreturn a + join(for x in xs { ask(q) }, \"\")") == "ask [ask]");
  CHECK(merged("let a = fix(q)\nreturn a + join(for x in xs { fix(q) }, \"\")") == "fix");
}

TEST_CASE("a try keeps what it catches") {
  CHECK(merged("let a = try ask(q)\nreturn ask(q) + (a ?? \"\")") == "ask ask");
  CHECK(merged("let a = try ask(q) catch { else => ask(q) }\nreturn a") == "ask ask");
  CHECK(merged("let a = ask(q)\nlet b = try ask(q)\nreturn a + (b ?? \"\")") == "ask");
}

TEST_CASE("a race keeps its arms") {
  CHECK(merged("return race [ask(q), ask(q)]") == "ask ask");
  CHECK(merged("let a = fix(q)\nreturn a + race [fix(q), ask(a)]") == "fix fix ask");
}

TEST_CASE("a merged program sends each request once") {
  // The second branch must wait for the first call now; the value is the same.
  const oracle::Comparison report =
      oracle::compare(kOutside + R"(
chain main(q: string, on: bool) -> string {
  let a = ask(q)
  let b = if on { ask(q) } else { "none" }
  let c = try ask(q) catch { else => "caught" }
  let d = [two(q), two(q)]
  return "{{ a }}/{{ b }}/{{ c }}/{{ d }}"
}
)",
                      {R"({"q": "x", "on": true})", R"({"q": "x", "on": false})"}, 1);
  CHECK(report.difference == "");
  CHECK(report.succeeded == 2);
  CHECK(report.fired.at("merge_equal_effects") == 3);
}

TEST_CASE("what each turn asks alike is asked before the loop, if the answer cannot vary") {
  CHECK(hoisted("return join(for x in xs { fix(q) + x }, \"\")") == "fix");
  CHECK(hoisted("return join(for x in xs { fix(\"{{ q }}!\") + x }, \"\")") == "fix");
  CHECK(hoisted("return join(for x in xs { ask(q) + x }, \"\")") == "[ask]");
  CHECK(hoisted("return join(for x in xs { fix(x) }, \"\")") == "[fix]");
  CHECK(hoisted("return join(for x in xs { read(q) + x }, \"\")") == "[read]");
  CHECK(hoisted("return join(for x in xs { fix(fix(q)) + x }, \"\")") == "fix fix");
  CHECK(hoisted("return join(for x in xs { ask(fix(q) + x) }, \"\")") == "fix [ask]");
  CHECK(hoisted("return join(for x in xs { join(for y in xs { fix(q) + y }, x) }, \"\")") == "[fix]");
  CHECK(hoisted("return join(for x in [\"a\"] { join(for y in [\"b\"] { fix(q) + y }, x) }, \"\")") == "fix");
}

TEST_CASE("what hangs on a variable of the loop stays in it") {
  CHECK(hoisted("var a = q\nrepeat up to 3 { a = fix(a) }\nreturn a") == "[fix]");
  CHECK(hoisted("var a = q\nrepeat up to 3 { a = a + fix(q) }\nreturn a") == "fix");
}

TEST_CASE("nothing in a loop waits for what is asked before it, unless it did so already") {
  CHECK(hoisted("return join(for x in xs { ask(x) + fix(q) }, \"\")") == "[ask fix]");
  CHECK(hoisted(R"(
let all = for x in xs {
  if x == "stop" { return q }
  fix(q)
}
return join(all, ""))") == "[fix]");
  CHECK(hoisted(R"(
let all = for x in xs {
  let a = fix(q)
  if x == "stop" { return q }
  a
}
return join(all, ""))") == "[fix]");
  CHECK(hoisted(R"(
let all = for x in xs {
  let a = fix(q)
  if x == a { return q }
  a
}
return join(all, ""))") == "fix");
  CHECK(hoisted("for x in xs {\n  put(x)\n  let _a = fix(q)\n}\nreturn q") == "[put fix]");
  CHECK(hoisted("for x in xs {\n  let a = fix(q)\n  put(a)\n}\nreturn q") == "fix [put]");
}

TEST_CASE("what only some turns ask stays where it is") {
  CHECK(hoisted("return join(for x in xs { if x == q { fix(q) } else { x } }, \"\")") == "[fix]");
  CHECK(hoisted("return join(for x in xs { (try fix(q)) ?? x }, \"\")") == "[fix]");
  CHECK(hoisted("return join(for x in xs { join(sample 2 of fix(q), x) }, \"\")") == "[fix]");
}

TEST_CASE("a loop without a turn asks nothing") {
  const std::string source = kOutside + R"(
chain main(xs: string[], often: int, q: string) -> string {
  let all = for x in xs { fix("{{ q }}!") + x }
  var text = ""
  repeat up to often { text = text + fix(q) }
  return text + join(all, ",")
}
)";
  const oracle::Comparison report =
      oracle::compare(source,
                      {R"({"xs": [], "often": 0, "q": "x"})", R"({"xs": [], "often": -1, "q": "y"})",
                       R"({"xs": ["a", "b"], "often": 2, "q": "z"})"},
                      1);
  CHECK(report.difference == "");
  CHECK(report.succeeded == 3);
  CHECK(report.fired.at("hoist_invariant_effects") == 2);
}

TEST_CASE("calls that nothing needs go, and those that are made for them alone") {
  CHECK(alive("let a = ask(q)\nlet b = fix(a)\nreturn q") == "");
  CHECK(alive("let a = ask(q)\nlet b = fix(a)\nreturn a") == "ask");
  CHECK(alive("ask(q)\nread(q)\ntwo(q)\nreturn q") == "");
  CHECK(alive("if on { ask(q) }\nfor x in xs { ask(x) }\nlet a = try ask(q)\nreturn q") == "");
  CHECK(alive("let a = race [ask(q), fix(q)]\nlet b = sample 2 of ask(q)\nreturn q") == "");
  CHECK(alive("let a = if on { ask(q) } else { fix(q) }\nreturn q") == "");
}

TEST_CASE("calls that leave a trace stay, and so do those that are meant") {
  CHECK(alive("put(q)\nhuman.ask(q)\nreturn q") == "put human.ask");
  CHECK(alive("let _ = ask(q)\nlet _b = fix(q)\nreturn q") == "ask fix");
  CHECK(alive("let _a = try ask(q)\nreturn q") == "ask");
  CHECK(alive("if on { if ask(q) == q { return q } }\nreturn q") == "ask");
  CHECK(alive("if fix(q) == q { fail(\"why\") }\nreturn q") == "fix");
  CHECK(alive("must(q)\nthrough(q)\nreturn q\n}\n"
              "chain must(q: string) -> bool {\n  if fix(q) == q { fail(\"why\") }\n  return true\n}\n"
              "chain through(q: string) -> bool {\n  return must(q)") == "must through");
}
