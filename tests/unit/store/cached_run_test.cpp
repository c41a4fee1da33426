// `cache:` in programs that run: what is asked once, and what is asked anew.
#include <catch2/catch.hpp>
#include <deque>
#include <functional>
#include <map>
#include <utility>

#include "runtime/model/caching_client.h"
#include "runtime/store/answer_file.h"
#include "tests/peers/peer.h"
#include "tests/unit/access/temporary.h"
#include "tests/unit/sched/session.h"

using namespace chain;
using access::test::Temporary;
using test::MockOpenAi;
using test::outcome;
using test::Session;

namespace {

constexpr int64_t kHour = 3'600'000'000'000;

/// A model that gives one reply after the other, each when the loop comes to it or, if it holds, when it is
/// told.
class Replies final : public model::Client {
 public:
  Replies(EventLoop& loop, std::deque<std::string> replies, bool holds)
      : loop_(loop), replies_(std::move(replies)), holds_(holds) {}

  CallId start(model::Request, model::Listener& listener) override {
    waiting_.emplace(++asked, &listener);
    if (!holds_) loop_.after(0, [this] { release(); });
    return asked;
  }
  void cancel(CallId call) override { waiting_.erase(call); }
  void release() {
    for (auto& [call, listener] : std::exchange(waiting_, {})) {
      model::Completion completion;
      completion.text = std::exchange(replies_.front(), {});
      completion.finish_reason = "stop";
      replies_.pop_front();
      listener->done(std::move(completion));
    }
  }

  CallId asked = 0;

 private:
  EventLoop& loop_;
  std::deque<std::string> replies_;
  bool holds_;
  std::map<CallId, model::Listener*> waiting_;
};

/// A file of answers, and a clock that the test moves.
struct Kept {
  Temporary folder;
  int64_t now = 1'000 * kHour;
  std::unique_ptr<store::AnswerFile> file;
  Replies* replies = nullptr;

  std::unique_ptr<model::Client> around(std::unique_ptr<model::Client> inner, const program::Program& program,
                                        EventLoop& loop) {
    store::AnswerFileOptions options;
    options.path = (folder.path() / "cache.db").string();
    options.now = [this] { return now; };
    options.warn = [](const std::string& warning) { FAIL(warning); };
    file = std::make_unique<store::AnswerFile>(loop, std::move(options));
    return model::make_caching_client(std::move(inner), *file, program, loop);
  }

  /// A process of its own, so to speak.
  Session session(std::string source, const std::string& base_url) {
    return Session(std::move(source), base_url, [this](auto inner, const auto& program, auto& loop) {
      return around(std::move(inner), program, loop);
    });
  }
  Session scripted(std::string source, std::deque<std::string> texts, bool holds = false) {
    return Session(std::move(source), "http://localhost:1/v1",
                   [this, texts, holds](auto, const auto& program, auto& loop) {
                     auto inner = std::make_unique<Replies>(loop, texts, holds);
                     replies = inner.get();
                     return around(std::move(inner), program, loop);
                   });
  }
};

/// What an observer hears of replies.
struct Watcher final : sched::Observer {
  std::vector<model::Cached> cached;
  int64_t tokens = 0, age = 0;
  std::string text;
  void ended(std::string_view, const program::Prompt&, const model::Completion& completion) override {
    cached.push_back(completion.cached);
    tokens += completion.usage.input_tokens + completion.usage.output_tokens;
    age = completion.age;
  }
  void streamed(std::string_view more) override { text += more; }
};

std::string written(std::string_view body, std::string_view cache = "cache: 24h") {
  return R"(
enum Urgency {
  low
  high
}
model m = openai("mock", base_url: "URL")
prompt ask(q: string) -> string {
  model: m
  )" + std::string(cache) +
         R"(
  user: "{{ q }}"
}
prompt judge(q: string) -> Urgency {
  model: m
  )" + std::string(cache) +
         R"(
  user: "How urgent? {{ q }}"
}
)" + std::string(body);
}

}  // namespace

TEST_CASE("a thousand runs that ask the same at the same time make one request") {
  const MockOpenAi mock;
  Kept kept;
  Session session =
      kept.session(written("chain main() -> string {\n  return ask(\"hi\")\n}\n"), mock.base_url());
  const auto results = session.run_many(1'000);
  REQUIRE(results.size() == 1'000);
  for (const sched::RunResult& result : results) REQUIRE(outcome(result) == "\"echo: hi\"");
  CHECK(mock.stat("requests") == 1);
}

TEST_CASE("an answer serves later runs for as long as the prompt says, and is counted once") {
  const MockOpenAi mock;
  Kept kept;
  const std::string source = written("chain main() -> string {\n  return ask(\"hi\")\n}\n");
  Watcher first, hit, late;
  {
    Session session = kept.session(source, mock.base_url());
    CHECK(outcome(session.run("main", "{}", {.observer = &first})) == "\"echo: hi\"");
    kept.file = nullptr;
  }
  Session session = kept.session(source, mock.base_url());
  kept.now += 3 * kHour;
  CHECK(outcome(session.run("main", "{}", {.stream = true, .observer = &hit})) == "\"echo: hi\"");
  CHECK(mock.stat("requests") == 1);
  CHECK(first.cached == std::vector{model::Cached::Miss});
  CHECK(first.tokens > 0);
  CHECK(hit.cached == std::vector{model::Cached::Hit});
  CHECK(hit.tokens == 0);
  CHECK(hit.age == 3 * kHour);
  CHECK(hit.text == "echo: hi");
  kept.now += 21 * kHour;
  CHECK(outcome(session.run("main", "{}", {.observer = &late})) == "\"echo: hi\"");
  CHECK(late.cached == std::vector{model::Cached::Miss});
  CHECK(mock.stat("requests") == 2);
}

TEST_CASE("samples are independent, and each is kept") {
  const MockOpenAi mock;
  Kept kept;
  Session session = kept.session(written("chain main() -> string[] {\n  return sample 3 of ask(\"hi\")\n}\n"),
                                 mock.base_url());
  CHECK(outcome(session.run()) == R"(["echo: hi", "echo: hi", "echo: hi"])");
  CHECK(mock.stat("requests") == 3);
  CHECK(session.run().ok);
  CHECK(mock.stat("requests") == 3);
}

TEST_CASE("one call may keep its answer, or ask anew, whatever the prompt says") {
  const MockOpenAi mock;
  Kept kept;
  const std::string body = R"(
chain keeps() -> string {
  return ask("hi") with { cache: 1h }
}
chain anew() -> string {
  return ask("hi") with { cache: 0s }
}
chain longer() -> string {
  return ask("hi") with { cache: 1d, temperature: 0.5 }
}
)";
  Session plain = kept.session(written(body, ""), mock.base_url());
  CHECK(plain.run("keeps").ok);
  CHECK(plain.run("keeps").ok);
  CHECK(mock.stat("requests") == 1);
  CHECK(plain.run("anew").ok);
  CHECK(mock.stat("requests") == 2);
  CHECK(plain.run("longer").ok);  // of another model, so to speak
  CHECK(plain.run("longer").ok);
  CHECK(mock.stat("requests") == 3);
  kept.now += 2 * kHour;
  CHECK(plain.run("keeps").ok);
  CHECK(plain.run("longer").ok);
  CHECK(mock.stat("requests") == 4);
}

TEST_CASE("what could not be read is not kept; what was said in the end is") {
  Kept kept;
  Session session =
      kept.scripted(written("chain main(q: string = \"hi\") -> Urgency {\n  return judge(q)\n}\n"),
                    {"perhaps", "high", "perhaps", "perhaps", "low"});
  CHECK(outcome(session.run()) == "\"high\"");
  CHECK(kept.replies->asked == 2);
  CHECK(outcome(session.run()) == "\"high\"");
  CHECK(kept.replies->asked == 2);
  // Who gave up has no answer.
  CHECK(outcome(session.run("main", R"({"q": "x"})")).starts_with("invalid_output"));
  CHECK(kept.replies->asked == 4);
  CHECK(outcome(session.run("main", R"({"q": "x"})")) == "\"low\"");
}

TEST_CASE("runs that ask the same are corrected together") {
  Kept kept;
  Session session =
      kept.scripted(written("chain main() -> Urgency {\n  return judge(\"hi\")\n}\n"), {"perhaps", "high"});
  for (const sched::RunResult& result : session.run_many(100)) CHECK(outcome(result) == "\"high\"");
  CHECK(kept.replies->asked == 2);
}

TEST_CASE("an answer that cannot be read any more is asked for anew") {
  Kept kept;
  const std::string source = R"(
type Short = string where len(it) < LENGTH
model m = openai("mock")
prompt judge(q: string) -> Short {
  model: m
  cache: 24h
  repair: 0
  user: "How urgent? {{ q }}"
}
chain main() -> string {
  return judge("hi")
}
)";
  const auto within = [&](const std::string& length) {
    std::string text = source;
    return text.replace(text.find("LENGTH"), 6, length);
  };
  {
    Session session = kept.scripted(within("10"), {"medium"});
    CHECK(outcome(session.run()) == "\"medium\"");
    kept.file = nullptr;
  }
  Session session = kept.scripted(within("5"), {"low"});
  CHECK(outcome(session.run()) == "\"low\"");
  CHECK(outcome(session.run()) == "\"low\"");
  CHECK(kept.replies->asked == 1);
}

TEST_CASE("a run that is dropped leaves the others their answer") {
  Kept kept;
  Session session =
      kept.scripted(written("chain main() -> string {\n  return ask(\"hi\")\n}\n"), {"hello"}, true);
  std::string first, second;
  const auto id =
      session.scheduler().start(session.chain("main"), "{}", {}, [&](const sched::RunResult& result) {
        first = outcome(result);
        kept.replies->release();
      });
  session.scheduler().start(session.chain("main"), "{}", {},
                            [&](const sched::RunResult& result) { second = outcome(result); });
  // When the request is out, and nobody but these two can end the wait.
  std::function<void()> drop = [&] {
    if (kept.replies->asked == 0) return session.loop().post(drop);
    session.scheduler().cancel(id);
  };
  session.loop().post(drop);
  session.loop().run();
  CHECK(first.starts_with("cancelled"));
  CHECK(second == "\"hello\"");
  CHECK(kept.replies->asked == 1);
}
