// Runs that are taken up again, from every point at which they could have ended.
#include <catch2/catch.hpp>

#include <map>
#include <set>

#include "runtime/sched/journal.h"
#include "tests/unit/sched/scripted.h"
#include "tests/unit/sched/session.h"

using namespace chain;
using chain::test::outcome;
using chain::test::ScriptedClient;
using chain::test::Session;

namespace {

/// Keeps everything at the loop's next turn.
class Memory final : public sched::Journal {
 public:
  explicit Memory(EventLoop& loop, std::map<std::string, Recorded> before = {})
      : loop_(loop), before_(std::move(before)) {}

  [[nodiscard]] const Recorded* find(std::string_view path) const override {
    const auto found = before_.find(std::string(path));
    return found == before_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] bool resumes() const override { return !before_.empty(); }
  void begin(const sched::StepBegin& step, Written written) override {
    const bool fresh = begun.insert(std::string(step.path)).second && find(step.path) == nullptr;
    INFO("twice: " << step.path);
    CHECK(fresh);
    if (fails) return loop_.post([written] { written("no room"); });
    loop_.post([written] { written({}); });
  }
  void end(std::string_view path, sched::StepEnd end) override {
    ended.push_back({std::string(path), std::move(end)});
  }
  void note(const sched::StepBegin& step, std::string_view text) override {
    sched::StepEnd end;
    end.completion.text = text;
    ended.push_back({std::string(step.path), std::move(end)});
  }
  void finish(const sched::RunResult& /*result*/, Written written) override {
    finished = true;
    loop_.post([written] { written({}); });
  }

  /// What a process that died after `count` ends has left.
  [[nodiscard]] std::map<std::string, Recorded> left_after(size_t count) const {
    std::map<std::string, Recorded> left;
    for (size_t i = 0; i < count; ++i)
      left[ended[i].first] = {.order = i + 1, .digest = {}, .end = ended[i].second};
    return left;
  }

  std::set<std::string> begun;
  std::vector<std::pair<std::string, sched::StepEnd>> ended;
  bool finished = false;
  bool fails = false;

 private:
  EventLoop& loop_;
  std::map<std::string, Recorded> before_;
};

/// One process: what became of the run, what it asked, and its journal.
struct Process {
  ScriptedClient* client = nullptr;  // the session's
  Session session;
  std::unique_ptr<Memory> journal;
  std::string result;

  Process(const std::string& source, std::map<std::string, sched::Journal::Recorded> before,
          bool fails = false, int64_t clock = 5)
      : session(source, [this](EventLoop& loop) {
          auto made = std::make_unique<ScriptedClient>(loop, 64);
          client = made.get();
          return made;
        }) {
    journal = std::make_unique<Memory>(session.loop(), std::move(before));
    journal->fails = fails;
    sched::RunOptions options;
    options.observer = client;
    options.journal = journal.get();
    options.seed = 7;
    options.now = [clock] { return clock * 1'000'000'000; };
    result = outcome(session.run("main", "{}", options));
  }
};

constexpr const char* kPrompts = R"(
model m = openai("m")
prompt ask(q: string) -> string {
  model: m
  user: "{{ q }}"
}
prompt number(q: string) -> int {
  model: m
  user: "{{ q }}"
}
)";

std::string with_prompts(const char* main) {
  std::string source = kPrompts;
  return source.append(main);
}

/// Takes the run up after each of its ends, and checks that it comes to the same.
void check_resumed(const char* main) {
  const std::string source = with_prompts(main);
  const Process whole(source, {});
  CHECK(whole.journal->finished);
  const auto& ended = whole.journal->ended;
  REQUIRE_FALSE(ended.empty());
  for (size_t count = 0; count <= ended.size(); ++count) {
    const Process again(source, whole.journal->left_after(count));
    INFO("after " << count << " of " << ended.size() << " ends, of\n" << main);
    CHECK(again.result == whole.result);
    // `Memory::begin` has checked that nothing which had ended was asked again. What was dropped before is
    // not asked again either.
    if (count == ended.size()) CHECK(again.journal->begun.empty());
  }
}

}  // namespace

TEST_CASE("a run that is taken up comes to the same, wherever it ended") {
  check_resumed(R"(
chain main() -> string {
  let a = ask("a 1 one")
  let b = ask("b 2 two")
  let c = ask("c 1 {{ a }}+{{ b }}")
  return "{{ a }} {{ b }} {{ c }}"
})");
  check_resumed(R"(
chain main() -> string {
  let all = for n in [3, 1, 2] { if n == 2 { ask("x {{ n }} deux") } else { ask("y {{ n }} autre") } }
  var text = "s"
  repeat up to 4 { text = ask("z 1 {{ text }}s") }
  return "{{ join(all, "") }} {{ text }}"
})");
  check_resumed(R"(
chain main() -> string {
  let votes = sample 3 of ask("v 2 yes")
  let chance = random(1, 1000000)
  log("seen {{ chance }}")
  let last = ask("l 1 end")
  return "{{ votes }} {{ chance }} {{ last }}"
})");
}

TEST_CASE("what `now` has given once, it gives again") {
  const std::string source = with_prompts(R"(
chain main() -> string {
  let a = ask("a 1 one")
  let seen = now()
  return "{{ a }} {{ seen }}"
})");
  const Process whole(source, {});
  const size_t all = whole.journal->ended.size();
  CHECK(whole.result == R"("one 1970-01-01T00:00:05Z")");
  CHECK(Process(source, whole.journal->left_after(all), false, 9).result == whole.result);
  CHECK(Process(source, {}, false, 9).result == R"("one 1970-01-01T00:00:09Z")");
}

TEST_CASE("a race that is taken up has the winner it had, and asks the loser nothing") {
  check_resumed(R"(
chain slow() -> string {
  let a = ask("a 1 first")
  return ask("b 9 slow")
}
chain main() -> string {
  let won = race [slow(), ask("c 3 quick")]
  let after = ask("d 2 {{ won }}")
  return "{{ won }} {{ after }}"
})");
}

TEST_CASE("failures that were caught stay as they were, and `try` and `catch` have paths of their own") {
  check_resumed(R"(
chain two() -> string {
  let c = ask("c 3 c")
  return ask("d 1 !refused")
}
chain main() -> string {
  let a = try ask("a 2 !timeout") catch { timeout => ask("a 1 instead"), else => "other" }
  let b = try two()
  let e = ask("e 1 {{ a }}")
  return "{{ a }} {{ b ?? "none" }} {{ e }}"
})");
  check_resumed(R"(
chain main() -> string {
  let a = ask("a 1 fine")
  let b = ask("b 2 !unavailable")
  return "{{ a }}{{ b }}"
})");
}

TEST_CASE("a question that was asked again is a step of its own") {
  check_resumed(R"(
chain main() -> string {
  let n = try number("n 1 nonsense") catch { else => 5 }
  let m = ask("m 1 m")
  return "{{ n }} {{ m }}"
})");
}

TEST_CASE("nothing goes out when it cannot be written down") {
  const Process lost(with_prompts(R"(
chain main() -> string {
  let a = try ask("a 1 one") catch { else => "caught" }
  return a
})"),
                     {}, /*fails=*/true);
  CHECK(lost.result == "failed: no room");
  CHECK(lost.client->trace.empty());
  CHECK_FALSE(lost.journal->finished);
}
