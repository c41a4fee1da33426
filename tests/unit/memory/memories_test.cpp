// Memories as the scheduler uses them: kept once, recalled, opened with a window and a summary.
#include "runtime/memory/memories.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <optional>

#include "runtime/memory/settings.h"
#include "runtime/model/vectors.h"
#include "runtime/sched/event_loop.h"
#include "tests/unit/memory/folder.h"

using namespace chain;
using namespace chain::memory;
using chain::testing::StateFolder;

namespace {

/// Sums everything up as "summary N", or fails.
class FakeModel final : public model::Client {
 public:
  explicit FakeModel(EventLoop& loop) : loop_(loop) {}
  CallId start(model::Request request, model::Listener& listener) override {
    asked.emplace_back(request.messages.at(1).text);
    model_asked = request.model;
    loop_.post([this, &listener, number = asked.size()] {
      if (fails) return listener.failed({.message = "no model here"});
      model::Completion completion;
      completion.text = "summary " + std::to_string(number);
      completion.usage.input_tokens = 100;
      completion.usage.output_tokens = 10;
      listener.done(std::move(completion));
    });
    return ++last_;
  }
  void cancel(CallId) override {}

  std::vector<std::string> asked;
  uint32_t model_asked = UINT32_MAX;
  bool fails = false;

 private:
  EventLoop& loop_;
  CallId last_ = 0;
};

/// A vector says which of a few words stand in a text.
class FakeVectors final : public model::VectorClient {
 public:
  explicit FakeVectors(EventLoop& loop) : loop_(loop) {}
  CallId embed(model::EmbedRequest request, EmbedEnd end) override {
    texts.insert(texts.end(), request.texts.begin(), request.texts.end());
    loop_.post([this, request, end = std::move(end)] {
      if (fails) return end.failed({.message = "no vectors here"});
      model::Embeddings made;
      for (const std::string& text : request.texts) {
        std::vector<float> vector;
        for (const char* word : {"tea", "beverage", "dog"})
          vector.push_back(text.find(word) != std::string::npos ? 1 : 0);
        if (vector[1] > 0) vector = {1, 1, 0};  // a beverage is near tea
        made.vectors.push_back(vector);
      }
      made.usage.input_tokens = 5;
      end.done(std::move(made));
    });
    return ++last_;
  }
  CallId rerank(model::RerankRequest, RerankEnd) override { return ++last_; }
  void cancel(CallId) override {}

  std::vector<std::string> texts;
  bool fails = false;

 private:
  EventLoop& loop_;
  CallId last_ = 0;
};

struct Desk {
  StateFolder folder;
  program::Program program;
  EventLoop loop;
  FakeModel model{loop};
  FakeVectors vectors{loop};
  std::vector<std::string> warnings;
  std::unique_ptr<Memories> memories;
  std::optional<model::Failure> failure;
  std::vector<Taken> taken;

  explicit Desk(const std::string& options, bool by_model = false) {
    program.models.push_back({.name = "fast", .provider = "openai", .id = "m"});
    program.models.push_back(
        {.name = "notes.embed", .provider = "openai", .id = "e", .use = program::ModelUse::Embeds});
    program.models.push_back({.name = "offline", .provider = "baseline"});
    program.resources.push_back({.kind = "memory",
                                 .name = "notes",
                                 .provider = "local",
                                 .options_json = options,
                                 .file = (folder.path / "desk.chain").string(),
                                 .embed_model = by_model ? 1U : UINT32_MAX});
    open();
  }
  void open() {
    memories.reset();
    memories = make_memories(program, loop,
                             {.client = &model,
                              .vectors = &vectors,
                              .now = [] { return int64_t{7}; },
                              .warn = [this](const std::string& text) { warnings.push_back(text); }});
  }
  template <class Result>
  End<Result> into(std::optional<Result>& result) {
    failure.reset();
    return {.done =
                [this, &result](Result got) {
                  taken = memories->taken();
                  result = std::move(got);
                },
            .failed = [this](model::Failure got) { failure = std::move(got); }};
  }
  bool remember(const Owner& owner, std::vector<Entry> entries, std::string key = {}) {
    std::optional<bool> done;
    (void)memories->remember(0, owner, std::move(entries), std::move(key), into(done));
    loop.run();
    return done.value_or(false);
  }
  std::vector<std::string> recall(const Owner& owner, std::string query, uint32_t top = 5) {
    std::optional<std::vector<Entry>> found;
    (void)memories->recall(0, owner, std::move(query), top, into(found));
    loop.run();
    std::vector<std::string> texts;
    for (const Entry& entry : found.value_or(std::vector<Entry>())) texts.push_back(entry.text);
    return texts;
  }
  Opening open_for(const Owner& owner, std::string question = {}) {
    std::optional<Opening> opening;
    (void)memories->open(0, owner, std::move(question), into(opening));
    loop.run();
    REQUIRE(opening);
    return *opening;
  }
  void say(const Owner& owner, int from, int to, bool untrusted = false) {
    for (int i = from; i <= to; ++i)
      REQUIRE(remember(owner, {{.text = "turn " + std::to_string(i), .untrusted = untrusted}}));
  }
};

std::vector<std::string> texts(const std::vector<Entry>& entries) {
  std::vector<std::string> all;
  for (const Entry& entry : entries) all.push_back(entry.text);
  return all;
}

const Owner kAda{"ada", "one"}, kAdaTwo{"ada", "two"}, kBob{"bob", "one"};

}  // namespace

TEST_CASE("what is remembered is recalled, by who it belongs to, once per key") {
  Desk desk("{}");
  CHECK(desk.remember(kAda, {{.text = "Ada drinks green tea"}, {.text = "The dog is called Rex"}}, "run/a"));
  CHECK(desk.remember(kAda, {{.text = "Ada drinks green tea"}, {.text = "The dog is called Rex"}}, "run/a"));
  CHECK(desk.remember(kBob, {{.text = "Bob drinks tea as well"}}, "run/b"));
  CHECK(desk.recall(kAda, "which tea?") == std::vector<std::string>{"Ada drinks green tea"});
  CHECK(desk.recall(kAdaTwo, "which tea?").empty());  // another conversation
  CHECK(desk.recall(kBob, "which tea?") == std::vector<std::string>{"Bob drinks tea as well"});
  CHECK(desk.recall(kAda, "teas and dogs", 1).size() == 1);
  CHECK(desk.recall(kAda, "").empty());

  const Opening opening = desk.open_for(kAda);
  CHECK(texts(opening.window) == std::vector<std::string>{"Ada drinks green tea", "The dog is called Rex"});
  CHECK(opening.window[0].time == 7);
  desk.open();  // what was kept is there when another process comes
  CHECK(desk.recall(kAda, "dog") == std::vector<std::string>{"The dog is called Rex"});
}

TEST_CASE("a memory of users spans their conversations") {
  Desk desk(R"({"scope":"user"})");
  CHECK(desk.remember(kAda, {{.text = "tea"}}));
  CHECK(desk.remember(kAda, {{.text = "tea"}}));  // without a key each counts
  CHECK(desk.recall(kAdaTwo, "tea").size() == 2);
  CHECK(desk.recall(kBob, "tea").empty());
  CHECK(texts(desk.open_for(kAdaTwo).window).size() == 2);
}

TEST_CASE("what falls out of the window is summed up, bit by bit, and found again") {
  Desk desk(R"({"window":4,"summary":"fast"})");
  desk.say(kAda, 1, 5);
  // One beyond the window: it stays word for word until there are more.
  Opening opening = desk.open_for(kAda);
  CHECK(opening.summary.empty());
  CHECK(opening.window.size() == 5);
  CHECK(desk.taken.empty());

  desk.say(kAda, 6, 6);
  opening = desk.open_for(kAda, "what was turn 1?");
  CHECK(opening.summary == "summary 1");
  CHECK_FALSE(opening.summary_untrusted);
  CHECK(texts(opening.window) == std::vector<std::string>{"turn 3", "turn 4", "turn 5", "turn 6"});
  REQUIRE_FALSE(opening.recalled.empty());
  CHECK(opening.recalled[0].text == "turn 1");
  CHECK(desk.model.model_asked == 0);
  CHECK(desk.model.asked.at(0).find("turn 2") != std::string::npos);
  CHECK(desk.model.asked.at(0).find("turn 3") == std::string::npos);
  REQUIRE(desk.taken.size() == 1);
  CHECK(desk.taken[0].model == 0);
  CHECK(desk.taken[0].usage.input_tokens == 100);

  // The next one takes in what came since, and no more.
  desk.say(kAda, 7, 8, /*untrusted=*/true);
  desk.say(kAda, 9, 10);
  opening = desk.open_for(kAda);
  CHECK(opening.summary == "summary 2");
  CHECK(desk.model.asked.at(1).find("| summary 1") != std::string::npos);
  CHECK(desk.model.asked.at(1).find("turn 2") == std::string::npos);
  CHECK(desk.model.asked.at(1).find("turn 6") != std::string::npos);
  CHECK_FALSE(opening.summary_untrusted);
  CHECK(opening.window[0].untrusted);
  desk.say(kAda, 11, 12);
  CHECK(desk.open_for(kAda).summary_untrusted);
  CHECK(desk.model.asked.size() == 3);
  desk.open();
  CHECK(desk.open_for(kAda).summary == "summary 3");  // kept
  CHECK(desk.model.asked.size() == 3);
}

TEST_CASE("a conversation goes on where no summary can be had") {
  Desk desk(R"({"window":2,"summary":"fast"})");
  desk.model.fails = true;
  desk.say(kAda, 1, 5);
  const Opening opening = desk.open_for(kAda);
  CHECK(opening.summary.empty());
  CHECK(texts(opening.window) == std::vector<std::string>{"turn 1", "turn 2", "turn 3", "turn 4", "turn 5"});
  REQUIRE(desk.warnings.size() == 1);
  CHECK(desk.warnings[0].find("no model here") != std::string::npos);
  desk.model.fails = false;
  CHECK(desk.open_for(kAda).summary == "summary 2");
}

TEST_CASE("offline, beginnings stand for a summary and no model is asked") {
  Desk desk(R"({"window":1,"summary":"offline"})");
  desk.say(kAda, 1, 3);
  CHECK(desk.open_for(kAda).summary == "user: turn 1\nuser: turn 2");
  CHECK(desk.model.asked.empty());
}

TEST_CASE("without a summary the window is all that begins a conversation") {
  Desk desk(R"({"window":2})");
  desk.say(kAda, 1, 6);
  const Opening opening = desk.open_for(kAda, "turn 2");
  CHECK(texts(opening.window) == std::vector<std::string>{"turn 5", "turn 6"});
  CHECK(opening.recalled.at(0).text == "turn 2");
  CHECK(opening.recalled.size() <= 5);
}

TEST_CASE("a model's vectors find what shares no word, and what is missing is made up for") {
  Desk desk("{}", /*by_model=*/true);
  CHECK(desk.remember(kAda, {{.text = "green tea"}, {.text = "a dog"}}));
  CHECK(desk.taken.size() == 1);
  CHECK(desk.recall(kAda, "any beverage") == std::vector<std::string>{"green tea"});
  CHECK(desk.vectors.texts == std::vector<std::string>{"green tea", "a dog", "any beverage"});
  desk.vectors.fails = true;
  CHECK(desk.remember(kAda, {{.text = "black tea"}}));  // kept all the same
  CHECK(desk.warnings.size() == 1);
  CHECK(desk.recall(kAda, "black") == std::vector<std::string>{"black tea"});  // by its words
  desk.vectors.fails = false;
  CHECK(desk.recall(kAda, "any beverage").size() == 2);
}

TEST_CASE("calls that cannot be carried out say why") {
  Desk desk("{}");
  CHECK_FALSE(desk.remember(kAda, {{.text = std::string((1 << 20) + 1, 'x')}}));
  REQUIRE(desk.failure);
  CHECK(desk.failure->kind == abi::ErrorKind::InvalidValue);
  CHECK(desk.failure->message.find("at most 1048576 bytes") != std::string::npos);

  std::string error;
  const auto path = path_of(read_settings(desk.program, 0), error);
  REQUIRE(path);
  std::filesystem::create_directories(std::filesystem::path(*path).parent_path());
  std::ofstream(*path) << std::string(4096, 'x');
  CHECK_FALSE(desk.remember(kAda, {{.text = "tea"}}));
  REQUIRE(desk.failure);
  CHECK(desk.failure->message.find("memory `notes`: ") == 0);
  CHECK(desk.failure->message.find("is damaged") != std::string::npos);
}

TEST_CASE("nobody hears of a call that was given up, or whose memories are gone") {
  Desk desk("{}");
  std::optional<bool> done;
  const auto call = desk.memories->remember(0, kAda, {{.text = "tea"}}, "k", desk.into(done));
  desk.memories->cancel(call);
  desk.loop.run();
  CHECK_FALSE(done);
  (void)desk.memories->remember(0, kAda, {{.text = "dog"}}, "l", desk.into(done));
  desk.memories.reset();
  desk.loop.run();
  CHECK_FALSE(done);
  desk.open();
  CHECK(desk.recall(kAda, "dog").size() == 1);  // but it was kept
}
