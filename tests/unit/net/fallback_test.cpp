// `fallback:`: one call, whichever model answers it.
#include <catch2/catch.hpp>
#include <functional>

#include "tests/unit/net/model_fixture.h"

using namespace chain;
using test::Answer;
using test::Caller;
using test::MockOpenAi;

namespace {

/// Models `a`, `b` and `c`, each of which falls back on the next.
struct Three {
  MockOpenAi a, b, c;
  Caller caller{a, R"(, "fallback": 1, "retry": 1)"};

  Three(const std::vector<std::string>& at_a, const std::vector<std::string>& at_b) : a(at_a), b(at_b) {
    caller.program.models[0].name = "a";
    caller.program.models.push_back(
        {"b", "openai", "gpt-b", R"({"base_url": ")" + b.base_url() + R"(", "fallback": 2, "retry": 0})"});
    caller.program.models.push_back({"c", "openai", "gpt-c", R"({"base_url": ")" + c.base_url() + R"("})"});
    caller.client = model::make_client(caller.program, caller.loop, {.seed = 1});
  }
};

bool mentions(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a model that can answer is not stood in for") {
  Three three({}, {});
  const Answer answer = three.caller.call();
  REQUIRE(answer.is_done);
  CHECK(answer.completion.model == "gpt-5-mini");
  CHECK_FALSE(answer.completion.stand_in);
  CHECK(three.b.stat("requests") == 0);
}

TEST_CASE("models are asked in turn, and the attempts of all are counted") {
  for (const bool stream : {false, true}) {
    Three three({"--error", "503"}, {"--error", "429"});
    const Answer answer = three.caller.call("hi", stream);
    REQUIRE(answer.is_done);
    CHECK(answer.completion.text == "echo: hi");
    CHECK(answer.completion.model == "gpt-c");
    CHECK(answer.completion.stand_in);
    CHECK(answer.completion.attempts == 4);
    CHECK(answer.streamed() == (stream ? "echo: hi" : ""));
    REQUIRE(answer.retries.size() == 3);
    CHECK(mentions(answer.retries[1], "asking `b`"));
    CHECK(mentions(answer.retries[2], "asking `c`"));
    CHECK(three.a.stat("requests") == 2);
    CHECK(three.b.stat("requests") == 1);
  }
}

TEST_CASE("when all fail, the last says so, and how the others did") {
  Three three({"--error", "400"}, {"--error", "503"});
  three.caller.program.models[2].options_json = R"({"base_url": "http://127.0.0.1:1/v1", "retry": 0})";
  const Answer answer = three.caller.call();
  REQUIRE(answer.is_failed);
  CHECK(answer.failure.kind == abi::ErrorKind::Unavailable);
  CHECK(answer.failure.attempts == 3);
  INFO(answer.failure.message);
  for (const char* part : {"model `c`", "it stood in, for model `b`: the server answered 503",
                           "before, model `a`: the server answered 400"})
    CHECK(mentions(answer.failure.message, part));
}

TEST_CASE("a refusal is an answer") {
  const MockOpenAi filtered({"--finish-reason", "content_filter"});
  Caller caller(filtered, R"(, "fallback": 1)");
  caller.program.models.push_back({"b", "openai", "gpt-b", R"({"base_url": "http://127.0.0.1:1/v1"})"});
  const Answer answer = caller.call();
  REQUIRE(answer.is_failed);
  CHECK(answer.failure.kind == abi::ErrorKind::Refused);
  CHECK(answer.failure.message.find("stood in") == std::string::npos);
}

TEST_CASE("a model without a key is stood in for, too") {
  const test::Variable none("OPENAI_API_KEY", nullptr);
  const MockOpenAi mock;
  Caller caller(R"({"fallback": 1})");
  caller.program.models.push_back({"b", "openai", "gpt-b", R"({"base_url": ")" + mock.base_url() + R"("})"});
  caller.client = model::make_client(caller.program, caller.loop, {.seed = 1});
  const Answer answer = caller.call();
  REQUIRE(answer.is_done);
  CHECK(answer.completion.model == "gpt-b");
}

TEST_CASE("a call can be cancelled before its stand-in is asked") {
  Three three({"--error", "400"}, {});
  struct Cancelling : Answer {
    std::function<void()> on_retry = [] {};
    void retry(std::string_view why, int64_t delay_ns) override {
      Answer::retry(why, delay_ns);
      on_retry();
    }
  } answer;
  const auto id = three.caller.client->start(Caller::request(), answer);
  answer.on_retry = [&] { three.caller.client->cancel(id); };
  three.caller.loop.run();
  CHECK_FALSE(answer.ended());
  CHECK(three.b.stat("requests") == 0);
}

TEST_CASE("a call can be cancelled while its stand-in answers") {
  Three three({"--error", "400"}, {"--reply", "a long answer", "--chunk", "1"});
  Answer answer;
  const auto id = three.caller.client->start(Caller::request("hi", true), answer);
  answer.on_delta = [&] { three.caller.client->cancel(id); };
  three.caller.loop.run();
  CHECK_FALSE(answer.ended());
  CHECK(answer.deltas.size() == 1);
  CHECK(three.c.stat("requests") == 0);
}
