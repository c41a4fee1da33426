// What runs beside what, seen from the server: with `--hold N` it answers nothing until N requests are
// pending, so a test ends only if they are.
#include <catch2/catch.hpp>

#include "tests/peers/peer.h"
#include "tests/unit/sched/session.h"

using namespace chain;
using chain::test::MockOpenAi;
using chain::test::outcome;
using chain::test::Session;

namespace {

const std::string kAsk = R"(
model m = openai("mock", base_url: "URL")
prompt ask@1.0(q: string) -> string {
  model: m
  user: "{{ q }}"
}
)";

}  // namespace

TEST_CASE("independent calls are pending at the same time") {
  const MockOpenAi server({"--hold", "3", "--reply", "yes"});
  Session session(kAsk + R"(
chain main() -> string {
  let a = ask("one")
  let b = ask("two")
  let c = ask("three")
  return "{{ a }} {{ b }} {{ c }}"
})",
                  server.base_url());
  CHECK(outcome(session.run()) == R"("yes yes yes")");
  CHECK(server.stat("max_pending") == 3);
}

TEST_CASE("a call waits for its inputs alone") {
  // `d` needs `a`; b and c do not: had they waited for it, the third request would not come.
  const MockOpenAi server({"--hold", "3", "--reply", "x"});
  Session session(kAsk + R"(
chain main() -> string[] {
  let a = ask("a")
  let d = ask(a)
  let b = ask("b")
  let c = ask("c")
  return [a, b, c, d]
})",
                  server.base_url());
  CHECK(outcome(session.run()) == R"(["x", "x", "x", "x"])");
  CHECK(server.stat("requests") == 4);
}

TEST_CASE("nothing after a guard is asked before the guard is decided") {
  const MockOpenAi server({"--reply", "stop"});
  Session session(kAsk + R"(
chain main() -> string {
  let a = ask("first")
  if a == "stop" { return "stopped" }
  return ask("never")
})",
                  server.base_url());
  CHECK(outcome(session.run()) == R"("stopped")");
  CHECK(server.stat("requests") == 1);
}

TEST_CASE("a guard inside an untaken branch holds nothing up") {
  const MockOpenAi server({"--hold", "2", "--reply", "x"});
  Session session(kAsk + R"(
chain main(deep: bool = false) -> string {
  let a = ask("a")
  if deep {
    if ask("b") == "y" { return "early" }
  }
  let c = ask("c")
  return a + c
})",
                  server.base_url());
  CHECK(outcome(session.run()) == R"("xx")");
}

TEST_CASE("calls before a return run to their end") {
  const MockOpenAi server({"--reply", "x"});
  Session session(kAsk + R"(
chain main() -> string {
  let a = ask("one")
  let _b = ask(a)
  if len("abc") == 3 { return "done" }
  return ask("never")
})",
                  server.base_url());
  CHECK(outcome(session.run()) == R"("done")");
  CHECK(server.stat("requests") == 2);
}

TEST_CASE("a loop asks for its elements at once, up to its limit, and keeps their order") {
  const MockOpenAi server({"--hold", "3", "--reply", "x"});
  Session session(kAsk + R"(
chain main() -> string[] {
  return for q in ["a", "b", "c", "d", "e", "f"] parallel 3 {
    let answer = ask(q)
    "{{ q }}{{ answer }}"
  }
})",
                  server.base_url());
  CHECK(outcome(session.run()) == R"(["ax", "bx", "cx", "dx", "ex", "fx"])");
  CHECK(server.stat("max_pending") == 3);
}

TEST_CASE("loops, branches and chains nest") {
  const MockOpenAi server({"--reply", "5"});
  Session session(kAsk + R"(
enum Size {
  small
  large
}
prompt rate@1.0(q: string) -> int {
  model: m
  user: "{{ q }}"
}
chain label(n: int) -> Size {
  let score = rate("n {{ n }}")
  if score > 3 { return large }
  return small
}
chain main(rows: int[][] = [[1, 2], [3], []]) -> string[] {
  return for row in rows {
    let sizes = for n in row where n != 2 { label(n) }
    let names = for s in sizes { match s { small => "S", large => "L" } }
    "{{ len(row) }}:{{ join(names, ",") }}"
  }
})",
                  server.base_url());
  CHECK(outcome(session.run()) == R"(["2:L", "1:L", "0:"])");
  CHECK(server.stat("requests") == 2);
}

TEST_CASE("a return inside a loop ends the chain, and later elements are never asked") {
  const MockOpenAi server({"--reply", "stop"});
  Session session(kAsk + R"(
chain main() -> string {
  for q in ["a", "b", "c"] {
    if ask(q) == "stop" { return "found at {{ q }}" }
  }
  return "none"
})",
                  server.base_url());
  CHECK(outcome(session.run()) == R"("found at a")");
  CHECK(server.stat("requests") == 1);
}

TEST_CASE("a failure before a return counts, whoever uses the value") {
  const MockOpenAi server({"--reply", "7"});
  Session session(R"(
model m = openai("mock", base_url: "URL")
prompt p(n: int) -> int {
  model: m
  user: "{{ n }}"
}
chain main() -> int {
  let a = p(1)
  let b = p(2)
  let x = 10 / (a - b)
  if a == 7 { return 5 }
  let c = p(x)
  return c
}
chain arm(deep: bool = true) -> int {
  let a = p(1)
  let b = p(2)
  if deep {
    let x = 10 / (a - b)
    if a == 7 { return 5 }
    return p(x)
  }
  return 0
})",
                  server.base_url());
  CHECK(outcome(session.run("main")) == "invalid_value: division by zero");
  CHECK(outcome(session.run("arm")) == "invalid_value: division by zero");
}
