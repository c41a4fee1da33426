// Bounds of `within`: calls, tokens, cost and time; by hand, and held against random graphs.
#include <catch2/catch.hpp>

#include <unistd.h>

#include <fstream>
#include <map>
#include <random>

#include "compiler/diagnostics/render.h"
#include "compiler/driver/compile.h"
#include "runtime/model/prices.h"
#include "runtime/sched/budget.h"
#include "tests/peers/peer.h"
#include "tests/unit/sched/session.h"

using namespace chain;
using chain::test::outcome;

namespace {

/// Answers each call after a random number of turns with random counts of tokens, none above what the request
/// allows, or fails; counts what was taken.
class RandomModel final : public model::Client {
 public:
  RandomModel(EventLoop& loop, uint64_t seed, size_t concurrency)
      : loop_(loop), random_(seed), concurrency_(concurrency) {}

  CallId start(model::Request request, model::Listener& listener) override {
    int64_t bytes = 0;
    for (const model::Message& message : request.messages) bytes += static_cast<int64_t>(message.text.size());
    calls_.push_back({++last_, &listener, bytes, below(6)});
    if (!awake_) wake();
    return last_;
  }
  void cancel(CallId call) override {
    std::erase_if(calls_, [&](const Call& each) { return each.id == call; });
  }

  int64_t answered = 0, input = 0, output = 0;
  int64_t most_output = 50;  // what the models' `max_tokens` says
  int failures = 0;          // of 100

 private:
  struct Call {
    CallId id;
    model::Listener* listener;
    int64_t bytes;
    uint64_t turns;
  };

  uint64_t below(uint64_t bound) { return random_() % bound; }
  void wake() {
    awake_ = true;
    loop_.post([this] { turn(); });
  }
  void turn() {
    awake_ = false;
    if (calls_.empty()) return;
    wake();
    const size_t place = below(std::min(concurrency_, calls_.size()));
    if (calls_[place].turns > 0) return static_cast<void>(--calls_[place].turns);
    const Call call = calls_[place];
    calls_.erase(calls_.begin() + static_cast<ptrdiff_t>(place));
    if (below(100) < static_cast<uint64_t>(failures))
      return call.listener->failed({.kind = abi::ErrorKind::Unavailable, .message = "by chance"});
    model::Completion answer;
    answer.text = "an answer";
    answer.usage.input_tokens = 1 + static_cast<int64_t>(below(static_cast<uint64_t>(call.bytes) + 1));
    answer.usage.output_tokens = 1 + static_cast<int64_t>(below(static_cast<uint64_t>(most_output)));
    ++answered;
    input += answer.usage.input_tokens;
    output += answer.usage.output_tokens;
    call.listener->done(std::move(answer));
  }

  EventLoop& loop_;
  std::mt19937_64 random_;
  size_t concurrency_;
  std::vector<Call> calls_;
  CallId last_ = 0;
  bool awake_ = false;
};

program::Program compile(const std::string& source) {
  char path[] = "/tmp/chain-test-XXXXXX.chain";
  const int file = mkstemps(path, 6);
  REQUIRE(file >= 0);
  close(file);
  std::ofstream(path) << source;
  SourceMap sources;
  Diagnostics diagnostics;
  const auto program = driver::compile(path, sources, diagnostics, {.cache = false});
  unlink(path);
  INFO(render_text(diagnostics, sources) << source);
  REQUIRE(program);
  return *program;
}

struct Ran {
  sched::RunResult result;
  int64_t answered = 0, input = 0, output = 0;
};

Ran run(const program::Program& program, uint64_t seed, size_t concurrency, int failures = 0,
        const model::Prices* prices = nullptr) {
  EventLoop loop;
  RandomModel client(loop, seed, concurrency);
  client.failures = failures;
  Ran ran;
  {
    sched::Scheduler scheduler(program, client, loop);
    uint32_t main = 0;
    while (program.chains[main].name != "main") ++main;
    sched::RunOptions options;
    options.prices = prices;
    scheduler.start(main, "{}", options, [&](sched::RunResult result) {
      ran.result = std::move(result);
      loop.stop();
    });
    loop.run();
  }
  ran.answered = client.answered;
  ran.input = client.input;
  ran.output = client.output;
  return ran;
}

constexpr const char* kPrompts = R"(
model a = openai("one", max_tokens: 50)
model b = openai("two", max_tokens: 50, fallback: a)
prompt ask(q: string) -> string {
  model: a
  user: "{{ q }}"
}
prompt other(q: string) -> string {
  model: b
  user: "Please: {{ q }}"
}
)";

std::string with_prompts(const std::string& chains) {
  std::string source = kPrompts;
  return source += chains;
}

/// The body of a chain: calls side by side, one after the other, in loops and races; of the chains before it
/// as well.
std::string random_body(std::mt19937_64& random, int chains) {
  const auto below = [&](uint64_t bound) { return static_cast<int>(random() % bound); };
  const auto call = [&] {
    if (chains > 0 && below(3) == 0) return "c" + std::to_string(below(static_cast<uint64_t>(chains))) + "()";
    return std::string(below(2) == 0 ? "ask" : "other") + "(\"" + std::string(1 + below(60), 'x') + "\")";
  };
  std::string body, sum = "\"\"";
  const int statements = 1 + below(5);
  for (int i = 0; i < statements; ++i) {
    const std::string name = "v" + std::to_string(i);
    switch (below(6)) {
      case 0: body += "  let " + name + " = " + call() + "\n"; break;
      case 1: body += "  let " + name + " = try " + call() + " catch { else => \"none\" }\n"; break;
      case 2:
        body += "  let " + name + " = join(for n in [1, 2, 3, 4] parallel 3 { " + call() + " }, \"\")\n";
        break;
      case 3: body += "  let " + name + " = race [" + call() + ", " + call() + "]\n"; break;
      case 4: body += "  let " + name + " = join(sample 3 of " + call() + ", \"\")\n"; break;
      default:
        body += "  var " + name + " = \"\"\n  repeat up to 3 { " + name + " = try " + call() +
                " catch { else => \"none\" } }\n";
    }
    sum += " + " + name;
  }
  return body + "  return " + sum + "\n";
}

std::string random_program(std::mt19937_64& random) {
  std::string source;
  const int chains = static_cast<int>(random() % 4);
  for (int i = 0; i < chains; ++i)
    source += "chain c" + std::to_string(i) + "() -> string {\n" + random_body(random, i) + "}\n";
  return with_prompts(source + "chain main() -> string within { calls: 1000, tokens: 1000000 } {\n" +
                      random_body(random, chains) + "}\n");
}

}  // namespace

TEST_CASE("calls are counted, and the one beyond the bound fails with `budget`") {
  const auto three = [](const std::string& bounds, int calls) {
    return compile(with_prompts("chain main() -> string within { " + bounds +
                                " } {\n  var text = \"\"\n  repeat up to " + std::to_string(calls) +
                                " { text = ask(text) }\n  return text\n}"));
  };
  CHECK(run(three("calls: 3", 3), 1, 1).result.ok);
  const Ran fourth = run(three("calls: 3", 4), 1, 1);
  CHECK(outcome(fourth.result) == "budget: `main` may make 3 calls, and all are made");
  CHECK(fourth.answered == 3);
}

TEST_CASE("the limit in force is the smaller of its own and what the caller has left") {
  const auto nested = [](int outer, int inner) {
    return compile(with_prompts(
        "chain inner() -> string within { calls: " + std::to_string(inner) +
        " } {\n  var text = \"\"\n  repeat up to 3 { text = ask(text) }\n  return text\n}\n"
        "chain main() -> string within { calls: " +
        std::to_string(outer) +
        " } {\n  let first = ask(\"first\")\n  let second = inner()\n  return first + second\n}"));
  };
  CHECK(run(nested(4, 3), 1, 4).result.ok);
  CHECK(outcome(run(nested(3, 3), 1, 4).result) == "budget: `main` may make 3 calls, and all are made");
  CHECK(outcome(run(nested(9, 2), 1, 4).result) == "budget: `inner` may make 2 calls, and all are made");
}

TEST_CASE("a call that does not fit waits for those that run, for they may take less") {
  // Two at once could take 2 * (50 + input); each takes less.
  const program::Program program = compile(with_prompts(R"(
chain main() -> string within { tokens: 700 } {
  return join(for n in [1, 2, 3, 4] { ask("x") }, " ")
})"));
  const Ran ran = run(program, 3, 64);
  INFO(outcome(ran.result));
  CHECK(ran.result.ok);
  CHECK(ran.answered == 4);
}

TEST_CASE("a budget that is caught is a failure like any other") {
  const program::Program program = compile(with_prompts(R"(
chain dear() -> string within { calls: 1 } {
  let a = ask("a")
  return ask(a)
}
chain main() -> string {
  return try dear() catch { budget => "too dear" }
})"));
  CHECK(run(program, 1, 1).result.text == "too dear");
}

TEST_CASE("cost needs a price, and has the highest of a model and its stand-ins") {
  const program::Program program = compile(with_prompts(R"(
chain main() -> string within { cost: $0.01 } { return other("x") }
)"));
  CHECK(outcome(run(program, 1, 1).result).find("has no price, and `within` bounds the cost") !=
        std::string::npos);
  model::Prices prices;
  std::string error;
  REQUIRE(prices.add(
      R"({"models": {"openai/one": {"input": 1, "output": 1000}, "openai/two": {"input": 1, "output": 1}}})",
      error));
  // 50 tokens of the stand-in's answer cost $0.05.
  CHECK(outcome(run(program, 1, 1, 0, &prices).result).find("budget: `main` may cost $0.01") == 0);
  REQUIRE(prices.add(R"({"models": {"openai/one": {"input": 1, "output": 100}}})", error));
  CHECK(run(program, 1, 1, 0, &prices).result.ok);
}

TEST_CASE("time that is up ends what is under way") {
  const chain::test::MockOpenAi server({"--silent"});
  chain::test::Session session(R"(
model m = openai("m", base_url: "URL")
prompt ask(q: string) -> string {
  model: m
  user: "{{ q }}"
}
chain slow() -> string within { time: 20ms } { return ask("x") }
chain main() -> string { return try slow() catch { budget e => e.message } }
)",
                               server.base_url());
  CHECK(session.run("main").text == "`slow` has taken the 20ms that its `within` gives it");
  CHECK(outcome(session.run("slow")) == "budget: `slow` has taken the 20ms that its `within` gives it");
}

TEST_CASE("prices: by name, by name without a date, by provider") {
  model::Prices prices;
  CHECK(prices.of("openai", "gpt-5-mini")->output == 2'000'000'000);
  CHECK(prices.of("openai", "gpt-5-mini-2025-08-07")->output == 2'000'000'000);
  CHECK(prices.of("anthropic", "claude-sonnet-4-5-20250929")->input == 3'000'000'000);
  CHECK_FALSE(prices.of("openai", "gpt-5-mini-turbo"));
  CHECK_FALSE(prices.of("compatible", "anything"));
  CHECK(prices.of("ollama", "llama3:8b")->output == 0);
  std::string error;
  for (const char* wrong :
       {"", "[]", "{}", R"({"models": 1})", R"({"models": {"a/b": 1}})",
        R"({"models": {"a/b": {"input": 1}}})", R"({"models": {"a/b": {"input": -1, "output": 1}}})",
        R"({"models": {"a/b": {"input": 1e300, "output": 1}}})"}) {
    INFO(wrong);
    CHECK_FALSE(prices.add(wrong, error));
    CHECK_FALSE(error.empty());
  }
  const model::Price price{.input = 1'000'000'000, .cached_input = 100'000'000, .output = 2'000'000'000};
  CHECK(model::cost_of(price, {.input_tokens = 10, .output_tokens = 1, .cached_tokens = 4}) ==
        6'000 + 400 + 2'000);
  CHECK(model::cost_of(price, {.input_tokens = INT64_MAX, .output_tokens = INT64_MAX}) == INT64_MAX);
  CHECK(model::cost_of(price, {.input_tokens = -5, .output_tokens = -5}) == 0);
}

TEST_CASE("no graph is charged more than its budget, whatever runs beside what") {
  std::mt19937_64 random(1122);
  std::map<std::string, int> ends;
  for (int shape = 0; shape < 50; ++shape) {
    const std::string source = random_program(random);
    program::Program program = compile(source);
    program::Chain* main = nullptr;
    for (program::Chain& each : program.chains) main = each.name == "main" ? &each : main;
    for (int round = 0; round < 20; ++round) {
      const auto below = [&](uint64_t bound) { return static_cast<int64_t>(random() % bound); };
      model::Prices prices;
      std::string error;
      const auto price = [&] {
        return "{\"input\": " + std::to_string(below(100)) + ", \"output\": " + std::to_string(below(500)) +
               "}";
      };
      REQUIRE(prices.add("{\"models\": {\"openai/one\": " + price() + ", \"openai/two\": " + price() + "}}",
                         error));
      main->bounds = {};
      main->bounds.calls = below(3) == 0 ? -1 : 1 + below(40);
      main->bounds.tokens = below(3) == 0 ? -1 : 200 + below(8'000);
      main->bounds.cost = below(3) == 0 ? -1 : below(300'000'000);
      const Ran ran =
          run(program, random(), 1 + static_cast<size_t>(below(20)), static_cast<int>(below(30)), &prices);
      INFO(source << "\ncalls " << main->bounds.calls << " tokens " << main->bounds.tokens << " cost "
                  << main->bounds.cost << ": " << outcome(ran.result));
      if (main->bounds.calls >= 0) CHECK(ran.answered <= main->bounds.calls);
      if (main->bounds.tokens >= 0) CHECK(ran.input + ran.output <= main->bounds.tokens);
      if (main->bounds.cost >= 0) {
        // Prices differ by model; the least that all of it can have cost.
        const auto one = *prices.of("openai", "one"), two = *prices.of("openai", "two");
        const model::Price least{std::min(one.input, two.input), std::min(one.cached_input, two.cached_input),
                                 std::min(one.output, two.output)};
        CHECK(model::cost_of(least, {.input_tokens = ran.input, .output_tokens = ran.output}) <=
              main->bounds.cost);
      }
      const bool known = ran.result.ok || ran.result.error.kind == abi::ErrorKind::Budget ||
                         ran.result.error.kind == abi::ErrorKind::Unavailable;
      CHECK(known);
      ++ends[ran.result.ok ? "ok" : std::string(program::to_string(ran.result.error.kind))];
    }
  }
  // The bounds are drawn so that all ends are met.
  CHECK(ends["ok"] > 50);
  CHECK(ends["budget"] > 50);
}

TEST_CASE("a model without `max_tokens` is held to what was reserved for its answer") {
  const chain::test::MockOpenAi server({"--reply", "fine"});
  chain::test::Session session(R"(
model m = openai("m", base_url: "URL")
prompt ask(q: string) -> string {
  model: m
  user: "{{ q }}"
}
chain bounded() -> string within { tokens: 20000 } { return ask("x") }
chain counted() -> string within { calls: 2 } { return ask("x") }
)",
                               server.base_url());
  CHECK(session.run("counted").text == "fine");
  CHECK(server.get("/last").find("max_tokens") == std::string::npos);
  CHECK(session.run("bounded").text == "fine");
  CHECK(server.get("/last").find("\"max_tokens\":8192") != std::string::npos);
}
