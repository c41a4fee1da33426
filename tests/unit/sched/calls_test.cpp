// Runs whose calls wait for a rate, take turns, or may be answered by one of several models.
#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/peers/peer.h"
#include "tests/unit/sched/session.h"

using namespace chain;
using chain::test::MockOpenAi;
using chain::test::outcome;
using chain::test::Session;

namespace {

/// Who answered, and what was waited for.
struct Noting final : sched::Observer {
  std::vector<std::string> by;
  std::vector<std::string> waits;
  size_t ended_calls = 0;

  void ended(std::string_view, const program::Prompt&, const model::Completion& answer) override {
    by.push_back(answer.answered_by);
    ++ended_calls;
  }
  void waited(std::string_view path, std::string_view why, int64_t time_ns) override {
    waits.push_back(std::string(path) + ": " + std::string(why) + (time_ns > 0 ? "" : ", no time"));
  }
};

}  // namespace

TEST_CASE("a wait for a rate counts for the run's time, and is told when it is over") {
  const MockOpenAi server;
  Session session(R"(
model m = openai("m", base_url: "URL", rpm: 1)
prompt ask(q: string) -> string {
  model: m
  user: "{{ q }}"
}
chain main() -> string within { time: 50ms } {
  let a = ask("a")
  let b = ask("b")
  return "{{ a }} {{ b }}"
}
)",
                  server.base_url());
  CHECK(outcome(session.run("main")) == "budget: `main` has taken the 50ms that its `within` gives it");
  CHECK(server.stat("requests") == 1);
}

TEST_CASE("runs take turns at a model that makes one call at a time") {
  const MockOpenAi server;
  Session session(R"(
model m = openai("m", base_url: "URL", concurrency: 1)
prompt ask(q: string) -> string {
  model: m
  user: "{{ q }}"
}
chain many(n: int) -> string[] { return for i in range(n) { ask("{{ i }}") } }
chain one() -> string { return ask("x") }
)",
                  server.base_url());
  Noting many, one;
  size_t answered_before = 0;
  int open = 2;
  sched::RunOptions options;
  options.observer = &many;
  session.scheduler().start(session.chain("many"), R"({"n": 200})", options, [&](sched::RunResult result) {
    CHECK(result.ok);
    if (--open == 0) session.loop().stop();
  });
  options.observer = &one;
  session.scheduler().start(session.chain("one"), "{}", options, [&](sched::RunResult result) {
    CHECK(result.ok);
    answered_before = many.ended_calls;
    if (--open == 0) session.loop().stop();
  });
  session.loop().run();
  CHECK(many.ended_calls == 200);
  CHECK(answered_before <= 3);
  REQUIRE(one.waits.size() == 1);
  CHECK(one.waits.front().starts_with("one/ask: `concurrency: 1`"));
}

TEST_CASE("it is told which member of a balance answered") {
  const MockOpenAi server({"--hold", "2"});
  Session session(R"(
model a = openai("one", base_url: "URL")
model b = openai("two", base_url: "URL")
model pool = balance(a, b)
prompt ask(q: string) -> string {
  model: pool
  user: "{{ q }}"
}
chain main() -> string {
  let a = ask("a")
  let b = ask("b")
  return "{{ a }} {{ b }}"
}
)",
                  server.base_url());
  Noting noting;
  sched::RunOptions options;
  options.observer = &noting;
  CHECK(session.run("main", "{}", options).text == "echo: a echo: b");
  std::sort(noting.by.begin(), noting.by.end());
  CHECK(noting.by == std::vector<std::string>{"a", "b"});
}

TEST_CASE("under a bound on the cost a balance counts with its dearest member") {
  const MockOpenAi server;
  const std::string source = R"(
model cheap = openai("gpt-5-nano", base_url: "URL")
model other = openai("gpt-4.1-nano", base_url: "URL")
model dear = openai("gpt-5", base_url: "URL")
model pool = balance(cheap, dear)
model fine = balance(cheap, other)
prompt ask(q: string) -> string {
  model: pool
  user: "{{ q }}"
}
chain main() -> string within { cost: $0.02 } { ask("a") }
chain cheaply() -> string within { cost: $0.02 } { ask("a") with { model: fine } }
)";
  Session session(source, server.base_url());
  CHECK(outcome(session.run("main")).starts_with("budget: "));
  CHECK(server.stat("requests") == 0);
  CHECK(session.run("cheaply").text == "echo: a");
}

TEST_CASE("a member without a price is named under a bound on the cost") {
  const MockOpenAi server;
  Session session(R"(
model cheap = openai("gpt-5-nano", base_url: "URL")
model odd = openai("nobody-knows", base_url: "URL")
model pool = balance(cheap, odd)
prompt ask(q: string) -> string {
  model: pool
  user: "{{ q }}"
}
chain main() -> string within { cost: $0.02 } { ask("a") }
)",
                  server.base_url());
  CHECK(outcome(session.run("main")).starts_with("failed: model `odd` has no price"));
}
