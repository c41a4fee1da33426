// Runs that are cancelled from within what the scheduler calls.
#include <catch2/catch.hpp>

#include "tests/peers/peer.h"
#include "tests/unit/sched/session.h"

using namespace chain;
using chain::test::MockOpenAi;
using chain::test::Session;

namespace {

const std::string kTwoSteps = R"(
model m = MODEL
type Short = string where len(it) <= 3
prompt ask@1.0(q: string) -> Short {
  model: m
  user: "{{ q }}"
}
chain main() -> Short {
  let a = ask("a")
  return ask("{{ a }}")
}
)";

std::string two_steps(const std::string& model) {
  std::string source = kTwoSteps;
  return source.replace(source.find("MODEL"), 5, model);
}

/// Has `cancel` called the first time that it hears of `when`.
struct Canceller : sched::Observer {
  explicit Canceller(std::string when) : when(std::move(when)) {}
  std::string when;
  std::function<void()> cancel = [] {};
  std::vector<std::string> heard;

  void hear(const std::string& what) {
    heard.push_back(what);
    if (what == when) cancel();
  }
  void started(std::string_view, const program::Prompt&, const program::Model&) override { hear("started"); }
  void ended(std::string_view, const program::Prompt&, const model::Completion&) override { hear("ended"); }
  void failed(std::string_view, const program::Prompt&, const sched::RunError&) override { hear("failed"); }
  void sent(std::string_view, std::string_view) override { hear("sent"); }
  void retried(std::string_view, std::string_view, int64_t) override { hear("retried"); }
  void repaired(std::string_view, std::string_view) override { hear("repaired"); }
  void streamed(std::string_view) override { hear("streamed"); }
  void reset() override { hear("reset"); }
};

/// The one end of a run that is cancelled when its observer hears of `when`.
sched::RunResult cancel_at(const std::string& when, Session& session) {
  Canceller observer(when);
  sched::RunOptions options;
  options.stream = true;
  options.observer = &observer;
  int ends = 0;
  sched::RunResult given;
  const auto run = session.scheduler().start(session.chain("main"), "{}", options, [&](auto result) {
    ++ends;
    given = std::move(result);
  });
  observer.cancel = [&] {
    session.scheduler().cancel(run);
    session.scheduler().cancel(run);
    CHECK(session.scheduler().running() == 1);  // it goes when nobody is inside it any more
  };
  session.loop().run();
  CHECK(ends == 1);
  CHECK(session.scheduler().running() == 0);
  REQUIRE_FALSE(observer.heard.empty());
  CHECK(observer.heard.back() == when);
  return given;
}

}  // namespace

TEST_CASE("an observer may cancel its run whenever it is called") {
  const auto [when, server] = GENERATE(table<std::string, std::vector<std::string>>({
      {"started", {"--reply", "ok"}},
      {"sent", {"--reply", "ok"}},
      {"streamed", {"--reply", "ok"}},
      {"ended", {"--reply", "ok"}},
      {"retried", {"--error", "500"}},
      {"repaired", {"--reply", "too long"}},
  }));
  INFO(when);
  const MockOpenAi mock(server);
  Session session(two_steps("openai(\"mock\", base_url: \"URL\")"), mock.base_url(), {.verbose = true});
  CHECK(cancel_at(when, session).error.kind == abi::ErrorKind::Cancelled);
  if (when == "started") CHECK(mock.stat("requests") == 0);
}

TEST_CASE("an observer may cancel its run when what was streamed is taken back") {
  const std::string source = R"(
model m = openai("mock", base_url: "URL")
type Short = string where len(it) <= 3
prompt ask@1.0() -> Short {
  model: m
  user: "a"
}
chain main() -> Short {
  return ask()
}
)";
  const bool repair = GENERATE(true, false);
  INFO(repair);
  const MockOpenAi mock(
      repair ? std::vector<std::string>{"--reply", "too long"}
             : std::vector<std::string>{"--malformed", "close-mid-stream", "--reply", "much text"});
  Session session(source, mock.base_url());
  CHECK(cancel_at("reset", session).error.kind == abi::ErrorKind::Cancelled);
  CHECK(mock.stat("requests") == 1);
}

TEST_CASE("a run whose call has failed keeps that failure") {
  const MockOpenAi mock({"--error", "400"});
  Session session(two_steps("openai(\"mock\", base_url: \"URL\")"), mock.base_url());
  const sched::RunResult result = cancel_at("failed", session);
  CHECK_FALSE(result.ok);
  CHECK(result.error.kind == abi::ErrorKind::Failed);
}

TEST_CASE("an observer may cancel what the baseline answers") {
  const std::string when = GENERATE("started", "sent", "streamed", "ended");
  INFO(when);
  Session session(R"(
model m = baseline()
prompt ask@1.0() -> string {
  model: m
  user: "a"
}
chain main() -> string {
  return ask()
}
)",
                  {}, {.verbose = true});
  // The end of its only call is the end of the run, unless it was cancelled before.
  CHECK(cancel_at(when, session).error.kind == abi::ErrorKind::Cancelled);
}

TEST_CASE("the end of one run may cancel others") {
  const MockOpenAi mock({"--silent"});
  Session session(two_steps("openai(\"mock\", base_url: \"URL\")"), mock.base_url());
  std::vector<abi::ErrorKind> ends;
  const auto start = [&] {
    return session.scheduler().start(session.chain("main"), "{}", {}, [&](const sched::RunResult& result) {
      ends.push_back(result.error.kind);
      session.scheduler().cancel_all();
    });
  };
  start();
  session.scheduler().cancel(start());
  start();
  session.loop().run();
  CHECK(ends == std::vector<abi::ErrorKind>(3, abi::ErrorKind::Cancelled));
}
