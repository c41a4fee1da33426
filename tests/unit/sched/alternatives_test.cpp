// Races, samples and `with` against a server, and what `try` leaves behind.
#include <catch2/catch.hpp>

#include "tests/peers/peer.h"
#include "tests/unit/sched/scripted.h"
#include "tests/unit/sched/session.h"

using namespace chain;
using chain::test::MockOpenAi;
using chain::test::outcome;
using chain::test::run_scripted;
using chain::test::Session;

TEST_CASE("`with` sends other options, or asks another model") {
  const MockOpenAi server({"--reply", "hi"});
  Session session(R"(
model fast = openai("fast-1", base_url: "URL", temperature: 0.5, max_tokens: 70)
model slow = openai("slow-1", base_url: "URL", temperature: 1.5)
const WARM = 1.25
prompt ask(q: string) -> string {
  model: fast
  user: "{{ q }}"
}
chain plain() -> string { return ask("q") }
chain warm() -> string { return ask("q") with { temperature: WARM } }
chain other() -> string { return ask("q") with { model: slow } }
chain both() -> string { return ask("q") with { model: slow, max_tokens: 9 } }
)",
                  server.base_url());
  CHECK(outcome(session.run("plain")) == R"("hi")");
  CHECK(server.get("/last").find(R"("temperature":0.5)") != std::string::npos);
  CHECK(outcome(session.run("warm")) == R"("hi")");
  CHECK(server.get("/last").find(R"("temperature":1.25)") != std::string::npos);
  CHECK(server.get("/last").find("70") != std::string::npos);
  CHECK(outcome(session.run("other")) == R"("hi")");
  CHECK(server.get("/last").find(R"("slow-1")") != std::string::npos);
  CHECK(server.get("/last").find(R"("temperature":1.5)") != std::string::npos);
  CHECK(outcome(session.run("both")) == R"("hi")");
  CHECK(server.get("/last").find(R"("temperature":1.5)") != std::string::npos);
  CHECK(server.get("/last").find("9") != std::string::npos);
}

TEST_CASE("a try within a loop recovers each time, in memory that is its own") {
  const auto it = run_scripted(R"(
model m = openai("m")
prompt ask(script: string) -> string {
  model: m
  user: "{{ script }}"
}
chain main() -> string {
  var all = ""
  for i in [1, 2, 3, 4] {
    let reply = if i mod 2 == 0 { "!timeout" } else { "ok{{ i }}" }
    let got = try two(i, reply) catch { timeout e => e.message }
    all = "{{ all }} {{ got }}"
  }
  return all
}
chain two(i: int, reply: string) -> string {
  let slow = ask("slow{{ i }} 9 S")
  let quick = ask("quick{{ i }} 1 {{ reply }}")
  return "{{ slow }}{{ quick }}"
}
)");
  CHECK(it.outcome == R"(" Sok1 quick2 failed Sok3 quick4 failed")");
  CHECK(it.trace.find("-slow2") != std::string::npos);
  CHECK(it.trace.find("-slow4") != std::string::npos);
}

TEST_CASE("samples that all fail fail as the first") {
  const auto it = run_scripted(R"(
model m = openai("m")
prompt ask(script: string) -> string {
  model: m
  user: "{{ script }}"
}
chain main() -> string {
  let all = sample 2 of ask("a 1 !refused")
  return join(all, ",")
}
)");
  CHECK(it.outcome == "refused: a failed");
}

TEST_CASE("races within tries within races") {
  const auto it = run_scripted(R"(
model m = openai("m")
prompt ask(script: string) -> string {
  model: m
  user: "{{ script }}"
}
chain main() -> string {
  return race [
    try race [ask("a 1 !refused"), ask("b 2 !timeout")] catch { refused => ask("c 3 C") },
    ask("d 9 D"),
  ]
}
)");
  CHECK(it.outcome == R"("C")");
  CHECK(it.trace == "0 +d, 0 +a, 0 +b, 1 a!, 2 b!, 2 +c, 5 c, 5 -d");
}

TEST_CASE("a loop without calls does not run for ever") {
  const auto it = run_scripted(R"(
chain main() -> int {
  var n = 0
  repeat up to 9000000000000000000 { n = n mod 7 + 1 }
  return n
}
)");
  CHECK(
      it.outcome.starts_with("budget: the loops and functions of this run take more than 100,000,000 steps"));
}
