// `balance(a, b)`: which of several models a call goes to, and what happens when that one fails.
#include "runtime/model/balance.h"

#include <catch2/catch.hpp>
#include <functional>

#include "tests/unit/net/model_fixture.h"

using namespace chain;
using model::choose_member;
using model::MemberLoad;
using test::Answer;
using test::Caller;
using test::kSecond;
using test::MockOpenAi;

namespace {

MemberLoad member(size_t calls, uint32_t cap = 0, int64_t weight = 1) {
  return {.load = {.calls = calls, .cap = cap}, .weight = weight};
}

size_t chosen(const std::vector<MemberLoad>& members) {
  return choose_member(members);
}

/// `pool = balance(a, b)`, which falls back on `last` if `more` says so.
struct Pool {
  MockOpenAi a, b, last;
  Caller caller{""};

  explicit Pool(const std::vector<std::string>& at_a = {}, const std::vector<std::string>& at_b = {},
                const std::string& of_a = "", const std::string& of_pool = "")
      : a(at_a), b(at_b) {
    const auto at = [](const MockOpenAi& mock, const std::string& more) {
      return R"({"base_url":")" + mock.base_url() + R"(","retry":0)" + more + "}";
    };
    caller.program.models = {{"a", "openai", "gpt-a", at(a, of_a)},
                             {"b", "openai", "gpt-b", at(b, "")},
                             {"last", "openai", "gpt-last", at(last, "")},
                             {"pool", "balance", "", R"({"members":[0,1])" + of_pool + "}"}};
    caller.client = model::make_client(caller.program, caller.loop, {.seed = 1});
  }
  model::Client::CallId start(Answer& answer, bool stream = false) {
    model::Request request = Caller::request("hi", stream);
    request.model = 3;
    return caller.client->start(std::move(request), answer);
  }
  Answer ask(bool stream = false) {
    Answer answer;
    start(answer, stream);
    caller.loop.run();
    return answer;
  }
};

bool mentions(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the member with the fewest calls for its cap and weight is chosen, of equals the first") {
  CHECK(chosen({member(0), member(0)}) == 0);
  CHECK(chosen({member(2), member(1), member(1)}) == 1);
  CHECK(chosen({member(3, 10), member(1, 2)}) == 0);
  CHECK(chosen({member(5, 10), member(1, 2)}) == 0);  // half full, both
  CHECK(chosen({member(6, 10), member(1, 2)}) == 1);
  CHECK(chosen({member(2, 4), member(3)}) == 0);  // without a cap it counts as having the largest
  CHECK(chosen({member(2, 0, 1), member(3, 0, 2)}) == 1);
  CHECK(chosen({member(UINT32_MAX, 0, 1'000'000), member(UINT32_MAX - 1, 0, 1'000'000)}) == 1);
}

TEST_CASE("a member that fails or would wait is chosen only if there is no other") {
  MemberLoad failing = member(0), waiting = member(0), busy = member(50), tried = member(0);
  failing.failing = waiting.load.waits = tried.tried = true;
  CHECK(chosen({failing, busy}) == 1);
  CHECK(chosen({waiting, busy}) == 1);
  CHECK(chosen({tried, failing}) == 1);
  CHECK(chosen({tried, tried}) == SIZE_MAX);
  CHECK(chosen({}) == SIZE_MAX);
}

TEST_CASE("calls at the same time are spread, and it is recorded who answered") {
  Pool pool({"--hold", "2"}, {"--hold", "2"});
  Answer answers[4];
  for (Answer& answer : answers) pool.start(answer);
  pool.caller.loop.run();
  const char* by[] = {"a", "b", "a", "b"};
  for (int i = 0; i < 4; ++i) {
    REQUIRE(answers[i].is_done);
    CHECK(answers[i].completion.answered_by == by[i]);
    CHECK(answers[i].completion.model == std::string("gpt-") + by[i]);
    CHECK_FALSE(answers[i].completion.stand_in);
  }
}

TEST_CASE("weights say how much more a member gets") {
  Pool pool({"--hold", "4"}, {"--hold", "2"}, "", R"(,"weights":[2,1])");
  Answer answers[6];
  for (Answer& answer : answers) pool.start(answer);
  pool.caller.loop.run();
  for (const Answer& answer : answers) CHECK(answer.is_done);
  CHECK(pool.a.stat("requests") == 4);
}

TEST_CASE("the next member is asked before anything fails, and the failing one is passed over for a while") {
  for (const bool stream : {false, true}) {
    Pool pool({"--error", "503:1"});
    const Answer first = pool.ask(stream);
    REQUIRE(first.is_done);
    CHECK(first.completion.answered_by == "b");
    CHECK(first.completion.attempts == 2);
    CHECK(first.streamed() == (stream ? "echo: hi" : ""));
    REQUIRE(first.retries.size() == 1);
    CHECK(mentions(first.retries[0], "asking `b`"));
    CHECK(pool.ask(stream).completion.answered_by == "b");
    pool.caller.clock.advance(model::kPassOver);
    CHECK(pool.ask(stream).completion.answered_by == "a");
  }
}

TEST_CASE("a mistake in the request is no reason to pass a member over") {
  Pool pool({"--error", "400:1"});
  CHECK(pool.ask().completion.answered_by == "b");
  CHECK(pool.ask().completion.answered_by == "a");
}

TEST_CASE("a member whose rate is used up is passed over while another is free") {
  Pool pool({}, {}, R"(,"rpm":1)");
  CHECK(pool.ask().completion.answered_by == "a");
  for (int i = 0; i < 3; ++i) {
    const Answer answer = pool.ask();
    CHECK(answer.completion.answered_by == "b");
    CHECK(answer.completion.waited.time == 0);
  }
}

TEST_CASE("when all members fail, the fallback is asked") {
  Pool pool({"--error", "503"}, {"--error", "429"}, "", R"(,"fallback":2)");
  const Answer answer = pool.ask();
  REQUIRE(answer.is_done);
  CHECK(answer.completion.answered_by == "last");
  CHECK(answer.completion.stand_in);
  CHECK(answer.completion.attempts == 3);
}

TEST_CASE("without a fallback the last failure says how the others were") {
  Pool pool({"--error", "503"}, {"--error", "429"});
  const Answer answer = pool.ask();
  REQUIRE(answer.is_failed);
  CHECK(answer.failure.kind == abi::ErrorKind::RateLimited);
  CHECK(answer.failure.attempts == 2);
  INFO(answer.failure.message);
  CHECK(mentions(answer.failure.message, "model `b`: the server answered 429"));
  CHECK(mentions(answer.failure.message, "before, model `a`: the server answered 503"));
}

TEST_CASE("a member's own fallback is not asked") {
  Pool pool({"--error", "503"}, {}, R"(,"fallback":2)");
  CHECK(pool.ask().completion.answered_by == "b");
  CHECK(pool.last.stat("requests") == 0);
}

TEST_CASE("a refusal of a member is an answer") {
  Pool pool({"--finish-reason", "content_filter"});
  const Answer answer = pool.ask();
  REQUIRE(answer.is_failed);
  CHECK(answer.failure.kind == abi::ErrorKind::Refused);
  CHECK(pool.b.stat("requests") == 0);
}

TEST_CASE("a call of a balance can be cancelled, at its first member and at its second") {
  for (const bool fails : {false, true}) {
    std::vector<std::string> at_a{"--reply", "a long answer", "--chunk", "1"};
    if (fails) at_a.insert(at_a.end(), {"--error", "503"});
    Pool pool(at_a, {"--reply", "a long answer", "--chunk", "1"});
    Answer answer;
    const auto id = pool.start(answer, true);
    answer.on_delta = [&] { pool.caller.client->cancel(id); };
    pool.caller.loop.run();
    CHECK_FALSE(answer.ended());
    CHECK(answer.deltas.size() == 1);
    CHECK(pool.b.stat("requests") == (fails ? 1 : 0));
  }
}

TEST_CASE(
    "a member that fails is not asked again before the others, and together they make no more attempts") {
  const auto program = [](Pool& pool) {
    for (const size_t member : {0, 1}) {
      std::string& options = pool.caller.program.models[member].options_json;
      options.replace(options.find("\"retry\":0"), 9, "\"retry\":2");
    }
    pool.caller.client = model::make_client(pool.caller.program, pool.caller.loop, {.seed = 1});
  };
  Pool one({"--error", "503"});
  program(one);
  Answer answer = one.ask();
  REQUIRE(answer.is_done);
  CHECK(answer.completion.answered_by == "b");
  CHECK(answer.completion.attempts == 2);
  CHECK(one.a.stat("requests") == 1);
  Pool both({"--error", "503"}, {"--error", "503"});
  program(both);
  answer = both.ask();
  REQUIRE(answer.is_failed);
  CHECK(answer.failure.attempts == 3);
  CHECK(both.a.stat("requests") == 1);
  CHECK(both.b.stat("requests") == 2);
}
