// The order of calls, construct by construct, as traces in logical time. What a program sends and gives does
// not hang on how many calls may be under way at once.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/sched/scripted.h"

using chain::test::run_scripted;
using chain::test::ScriptedRun;

namespace {

const std::string kAsk = R"(
model m = openai("m")
prompt ask@1.0(script: string) -> string {
  model: m
  user: "{{ script }}"
}
)";

/// Runs `body` as the body of `main`, at three concurrencies: the outcome must be the same each time. The
/// trace of the widest.
ScriptedRun run(const std::string& body, const std::string& result = "string") {
  const std::string source = kAsk + "chain main() -> " + result + " {\n" + body + "\n}\n";
  ScriptedRun wide = run_scripted(source, 64);
  for (const size_t concurrency : {1, 2}) {
    INFO("at concurrency " << concurrency);
    CHECK(run_scripted(source, concurrency).outcome == wide.outcome);
  }
  return wide;
}

}  // namespace

TEST_CASE("trace: independent calls run side by side, dependent ones wait for what they need alone") {
  const ScriptedRun it = run(R"(
  let a = ask("a 3 A")
  let b = ask("b 1 B")
  let c = ask("c{{ b }} 1 C")
  return "{{ a }}{{ c }}")");
  CHECK(it.outcome == R"("AC")");
  CHECK(it.trace == "0 +a, 0 +b, 1 b, 1 +cB, 2 cB, 3 a");
}

TEST_CASE("trace: nothing starts that a guard may skip") {
  const ScriptedRun it = run(R"(
  let _slow = ask("slow 5 S")
  let a = ask("a 2 stop")
  if a == "stop" { return "stopped" }
  return ask("never 1 N"))");
  CHECK(it.outcome == R"("stopped")");
  CHECK(it.trace == "0 +slow, 0 +a, 2 a, 5 slow");
}

TEST_CASE("trace: calls inside a decided branch run beside what follows it") {
  const ScriptedRun it = run(R"(
  let a = ask("a 1 yes")
  let b = if a == "yes" { ask("inner 5 I") } else { "none" }
  let c = ask("c 1 C")
  return "{{ b }}{{ c }}")");
  CHECK(it.outcome == R"("IC")");
  CHECK(it.trace == "0 +a, 0 +c, 1 a, 1 +inner, 1 c, 6 inner");
}

TEST_CASE("trace: a for runs its elements side by side") {
  const ScriptedRun it = run(R"(
  let xs = for i in [3, 1, 2] { ask("x{{ i }} {{ i }} X{{ i }}") }
  return join(xs, " "))");
  CHECK(it.outcome == R"("X3 X1 X2")");
  CHECK(it.trace == "0 +x3, 0 +x1, 0 +x2, 1 x1, 2 x2, 3 x3");
}

TEST_CASE("trace: a for with `parallel` keeps to it") {
  const ScriptedRun it = run(R"(
  let xs = for i in [3, 1, 2] parallel 2 { ask("x{{ i }} {{ i }} X{{ i }}") }
  return join(xs, " "))");
  CHECK(it.trace == "0 +x3, 0 +x1, 1 x1, 1 +x2, 3 x3, 3 x2");
}

TEST_CASE("trace: a for that assigns runs in order, and what does not need the variable does not wait") {
  const ScriptedRun it = run(R"(
  var all = ""
  for i in [2, 1] {
    let next = ask("x{{ i }} {{ i }} {{ i }}")
    all = "{{ all }}{{ next }}"
  }
  let beside = ask("beside 1 B")
  let after = ask("after{{ all }} 1 A")
  return "{{ all }}{{ beside }}{{ after }}")");
  CHECK(it.outcome == R"("21BA")");
  CHECK(it.trace == "0 +beside, 0 +x2, 1 beside, 2 x2, 2 +x1, 3 x1, 3 +after21, 4 after21");
}

TEST_CASE("trace: a repeat stops at its break, and sends nothing for the turns that are left") {
  const ScriptedRun it = run(R"(
  var draft = "d"
  repeat up to 5 {
    let word = if len(draft) > 2 { "good" } else { "bad" }
    let verdict = ask("judge_{{ draft }} 1 {{ word }}")
    if verdict == "good" { break }
    draft = ask("rewrite 2 {{ draft }}d")
  }
  return draft)");
  CHECK(it.outcome == R"("ddd")");
  CHECK(it.trace ==
        "0 +judge_d, 1 judge_d, 1 +rewrite, 3 rewrite, 3 +judge_dd, 4 judge_dd, 4 +rewrite, 6 rewrite, "
        "6 +judge_ddd, 7 judge_ddd");
}

TEST_CASE("trace: a failure drops what runs beside it, and nothing that has not started starts") {
  const ScriptedRun it = run(R"(
  let a = ask("a 5 A")
  let b = ask("b 2 !timeout")
  let c = ask("c{{ b }} 1 C")
  return "{{ a }}{{ c }}")");
  CHECK(it.outcome == "timeout: b failed");
  CHECK(it.trace == "0 +a, 0 +b, 2 b!, 2 -a");
}

TEST_CASE("trace: a try keeps a failure to itself: what stands outside goes on") {
  const ScriptedRun it = run(R"(
  let outside = ask("outside 6 O")
  let inside = try pair() catch {
    timeout => "late"
    else e => e.kind
  }
  return "{{ outside }} {{ inside }}"
}
chain pair() -> string {
  let a = ask("a 5 A")
  let b = ask("b 2 !timeout")
  return "{{ a }}{{ b }}")");
  CHECK(it.outcome == R"("O late")");
  CHECK(it.trace == "0 +outside, 0 +a, 0 +b, 2 b!, 2 -a, 6 outside");
}

TEST_CASE("trace: what a try does not catch goes on to the one around it") {
  const ScriptedRun it = run(R"(
  return try inner() catch {
    timeout => "outer"
  }
}
chain inner() -> string {
  return try ask("a 1 !timeout") catch {
    refused => "inner"
  })");
  CHECK(it.outcome == R"("outer")");
  CHECK(it.trace == "0 +a, 1 a!");
}

TEST_CASE("trace: the arm that catches makes calls of its own, and may fail") {
  const ScriptedRun it = run(R"(
  return try ask("a 1 !timeout") catch {
    timeout => ask("b 1 !refused")
  })");
  CHECK(it.outcome == "refused: b failed");
  CHECK(it.trace == "0 +a, 1 a!, 1 +b, 2 b!");
}

TEST_CASE("trace: the first arm of a race that succeeds counts, and the others are dropped") {
  const ScriptedRun it = run(R"(
  return race [ask("a 5 same"), ask("b 2 same"), ask("c 1 !timeout")])");
  CHECK(it.outcome == R"("same")");
  CHECK(it.trace == "0 +a, 0 +b, 0 +c, 1 c!, 2 b, 2 -a");
}

TEST_CASE("trace: a race that all arms lose fails as the first of them in the text") {
  const ScriptedRun it = run(R"(
  return race [ask("a 5 !refused"), ask("b 2 !timeout")])");
  CHECK(it.outcome == "refused: a failed");
  CHECK(it.trace == "0 +a, 0 +b, 2 b!, 5 a!");
}

TEST_CASE("trace: samples run side by side; those that fail are left out") {
  const ScriptedRun it = run(R"(
  let xs = sample 3 of ask("a 1 A")
  return join(xs, ""))");
  CHECK(it.outcome == R"("AAA")");
  CHECK(it.trace == "0 +a, 0 +a, 0 +a, 1 a, 1 a, 1 a");
}

TEST_CASE("trace: a return waits for the calls before it in the text") {
  const ScriptedRun it = run(R"(
  let a = ask("a 3 !timeout")
  let b = ask("b 1 B")
  if b == "B" { return "early" }
  return a)");
  CHECK(it.outcome == "timeout: a failed");
  CHECK(it.trace == "0 +a, 0 +b, 1 b, 3 a!");
}

TEST_CASE("trace: fail drops what runs") {
  const ScriptedRun it = run(R"(
  let slow = ask("slow 5 S")
  let a = ask("a 1 bad")
  if a == "bad" { fail("bad input") }
  return slow)");
  CHECK(it.outcome == "failed: bad input");
  CHECK(it.trace == "0 +slow, 0 +a, 1 a, 1 -slow");
}

TEST_CASE("trace: a log line comes behind what is written before it, and delays nothing") {
  const ScriptedRun it = run(R"(
  let a = ask("a 3 A")
  log("a is here")
  let b = ask("b 1 B")
  log("b", b)
  return "{{ a }}{{ b }}")");
  CHECK(it.outcome == R"("AB")");
  CHECK(it.trace == "0 +a, 0 +b, 1 b, 3 a, 3 log a is here, 3 log b B");
}

TEST_CASE("trace: a log line before a return is written, one behind it is not") {
  const ScriptedRun it = run(R"(
  let slow = ask("slow 5 S")
  log("before")
  if len("x") == 1 { return "early" }
  log("after")
  return slow)");
  CHECK(it.outcome == R"("early")");
  CHECK(it.trace == "0 +slow, 5 slow, 5 log before");
}

TEST_CASE(
    "trace: lines of a loop that runs in order come in order, and those of a failure's other side do not") {
  const ScriptedRun it = run(R"(
  var all = ""
  for x in ["a", "b"] {
    log("asks {{ x }}")
    all = all + ask("{{ x }} 1 {{ x }}")
  }
  let tried = try ask("c 1 !timeout") catch { timeout => "none" }
  log(all, tried)
  return all)");
  CHECK(it.outcome == R"("ab")");
  CHECK(it.trace == "0 log asks a, 0 +a, 0 +c, 1 a, 1 log asks b, 1 +b, 1 c!, 2 b, 2 log ab none");
}

TEST_CASE("trace: the clock says when what is written before it has ended") {
  const ScriptedRun it = run(R"(
  let begin = now()
  let a = ask("a 3 A")
  let b = ask("b 5 B")
  let end = now()
  let c = ask("c 1 C")
  return "{{ end - begin >= 5s }} {{ a }}{{ b }}{{ c }}")");
  CHECK(it.outcome == R"("true ABC")");
  CHECK(it.trace == "0 +a, 0 +b, 0 +c, 1 c, 3 a, 5 b");
}

TEST_CASE("trace: chance is asked at once, and each time") {
  const ScriptedRun it = run(R"(
  let slow = ask("slow 2 S")
  let x = random()
  let many = for i in range(20) { random(1, 1000000) }
  if x < 0.0 or x >= 1.0 { fail("out of range") }
  let quick = ask("quick 1 Q")
  return "{{ unique(many).len() > 1 }} {{ many.all(n => n >= 1 and n <= 1000000) }} {{ slow }}{{ quick }}")");
  CHECK(it.outcome == R"("true true SQ")");
  CHECK(it.trace == "0 +slow, 0 +quick, 1 quick, 2 slow");
}
