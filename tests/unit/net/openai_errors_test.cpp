// Provider openai: what each way to fail becomes, and what is tried again.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/net/model_fixture.h"

using namespace chain;
using test::Answer;
using test::Caller;
using test::kSecond;
using test::MockOpenAi;
using test::Variable;

namespace {

bool mentions(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

bool printable(const std::string& text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

TEST_CASE("each status has its kind, and only transient ones are tried again") {
  struct Row {
    int status;
    abi::ErrorKind kind;
    int64_t requests;
  };
  const Row rows[] = {
      {400, abi::ErrorKind::Failed, 1},      {401, abi::ErrorKind::Denied, 1},
      {403, abi::ErrorKind::Denied, 1},      {404, abi::ErrorKind::NotFound, 1},
      {408, abi::ErrorKind::Timeout, 3},     {409, abi::ErrorKind::Unavailable, 3},
      {422, abi::ErrorKind::Failed, 1},      {429, abi::ErrorKind::RateLimited, 3},
      {500, abi::ErrorKind::Unavailable, 3}, {503, abi::ErrorKind::Unavailable, 3},
      {302, abi::ErrorKind::Unavailable, 1},
  };
  for (const Row& row : rows) {
    CAPTURE(row.status);
    const MockOpenAi mock({"--error", std::to_string(row.status)});
    Caller caller(mock);
    const Answer answer = caller.call("hi", row.status % 2 == 0);
    REQUIRE(answer.is_failed);
    CHECK(answer.failure.kind == row.kind);
    CHECK(answer.failure.attempts == row.requests);
    CHECK(mock.stat("requests") == row.requests);
    CHECK(
        mentions(answer.failure.message, "model `fast`: the server answered " + std::to_string(row.status)));
    CHECK(mentions(answer.failure.message, "[request req_mock]"));
  }
}

TEST_CASE("429 for ever ends with how often it was tried") {
  const MockOpenAi mock({"--error", "429"});
  Caller caller(mock, R"(, "retry": 5)");
  const Answer answer = caller.call();
  CHECK(answer.failure.kind == abi::ErrorKind::RateLimited);
  CHECK(answer.failure.message ==
        "model `fast`: the server answered 429 Too Many Requests: \"This error was asked for.\"; tried 6 "
        "times [request req_mock]");
  CHECK(answer.delays.size() == 5);
  for (size_t i = 0; i < answer.delays.size(); ++i) {
    const int64_t full = std::min<int64_t>(kSecond / 2 << i, 8 * kSecond);
    CHECK(answer.delays[i] <= full);
    CHECK(answer.delays[i] >= full * 3 / 4);
  }
  CHECK(caller.clock.now() < 16 * kSecond);
}

TEST_CASE("429 and then success is success") {
  const MockOpenAi mock({"--error", "429:2", "--retry-after", "3"});
  Caller caller(mock);
  const Answer answer = caller.call();
  REQUIRE(answer.is_done);
  CHECK(answer.completion.attempts == 3);
  CHECK(answer.delays == std::vector<int64_t>{3 * kSecond, 3 * kSecond});
  CHECK(mentions(answer.retries[0], "429 Too Many Requests"));
  CHECK(caller.clock.now() >= 6 * kSecond);
}

TEST_CASE("retry: 0 tries once") {
  const MockOpenAi mock({"--error", "500"});
  Caller caller(mock, R"(, "retry": 0)");
  CHECK(caller.call().failure.attempts == 1);
  CHECK(mock.stat("requests") == 1);
}

TEST_CASE("a server that wants more than a minute is not waited for") {
  const MockOpenAi mock({"--error", "429", "--retry-after", "3600"});
  Caller caller(mock);
  const Answer answer = caller.call();
  CHECK(answer.failure.kind == abi::ErrorKind::RateLimited);
  CHECK(answer.failure.attempts == 1);
  CHECK(mentions(answer.failure.message, "it asks to wait for 3600 s, and no more than 60 s are waited"));
}

TEST_CASE("a used-up quota is not tried again") {
  const MockOpenAi mock({"--error", "429", "--error-code", "insufficient_quota"});
  Caller caller(mock);
  const Answer answer = caller.call();
  CHECK(answer.failure.kind == abi::ErrorKind::RateLimited);
  CHECK(answer.failure.attempts == 1);
  CHECK(mentions(answer.failure.message, "quota"));
}

TEST_CASE("the content policy is a refusal") {
  const MockOpenAi mock({"--error", "400", "--error-code", "content_filter"});
  Caller caller(mock);
  CHECK(caller.call().failure.kind == abi::ErrorKind::Refused);
}

TEST_CASE("nobody listening is unavailable, after retries") {
  const std::string port = std::to_string(test::unused_port());
  Caller caller(R"({"base_url": "http://127.0.0.1:)" + port + R"(/v1"})");
  const Answer answer = caller.call();
  CHECK(answer.failure.kind == abi::ErrorKind::Unavailable);
  CHECK(answer.failure.attempts == 3);
  CHECK(mentions(answer.failure.message, port));
}

TEST_CASE("a wrong base_url says so") {
  Caller nonsense(R"({"base_url": "not a url"})");
  CHECK(mentions(nonsense.call().failure.message, "`base_url`"));
  const MockOpenAi mock;
  Caller elsewhere(R"({"base_url": "http://127.0.0.1:)" + std::to_string(mock.port()) + R"(/v2/nowhere#"})");
  CHECK(elsewhere.call().failure.kind == abi::ErrorKind::NotFound);
}

TEST_CASE("HTML instead of an answer is named with its first words, made printable") {
  const MockOpenAi mock({"--malformed", "html"});
  Caller caller(mock);
  for (const bool stream : {false, true}) {
    const Answer answer = caller.call("hi", stream);
    REQUIRE(answer.is_failed);
    CHECK(answer.failure.kind == abi::ErrorKind::Unavailable);
    CHECK(mentions(answer.failure.message, "HTTP 200, text/html"));
    CHECK(mentions(answer.failure.message, "<!doctype html>"));
    CHECK(mentions(answer.failure.message, "`base_url`"));
    CHECK(printable(answer.failure.message));
  }
}

TEST_CASE("malformed answers are clear failures, streaming or not") {
  const std::pair<const char*, const char*> rows[] = {
      {"truncated-json", "the answer is not JSON"},
      {"empty", "does not answer as chat completions do"},
      {"huge-header", "larger than allowed"},
      {"garbage-sse", "not JSON"},
      {"close-mid-stream", ""},
  };
  for (const auto& [kind, part] : rows) {
    const MockOpenAi mock({"--malformed", kind, "--reply", "some text of the answer"});
    Caller caller(mock);
    for (const bool stream : {false, true}) {
      CAPTURE(kind, stream);
      const Answer answer = caller.call("hi", stream);
      REQUIRE(answer.is_failed);
      CHECK(answer.failure.kind == abi::ErrorKind::Unavailable);
      CHECK(mentions(answer.failure.message, part));
      CHECK(printable(answer.failure.message));
    }
  }
}

TEST_CASE("a server that never answers runs into the time-out, once") {
  const std::pair<const char*, const char*> rows[] = {
      {"timeout", "the answer was not complete within 20s; raise `timeout` to wait longer"},
      {"first_token_timeout", "no answer within 20s; raise `first_token_timeout` to wait longer"},
  };
  for (const auto& [option, message] : rows) {
    const MockOpenAi mock({"--silent"});
    Caller caller(mock, std::string(", \"") + option + "\": 20000000000");
    Answer answer;
    caller.client->start(Caller::request(), answer);
    std::function<void()> wait = [&] {
      if (mock.stat("pending") != 1) return caller.loop.post(wait);
      caller.clock.advance(20 * kSecond);
    };
    caller.loop.post(wait);
    caller.loop.run();
    CHECK(answer.failure.kind == abi::ErrorKind::Timeout);
    CHECK(answer.failure.message == std::string("model `fast`: ") + message);
    CHECK(answer.failure.attempts == 1);
    CHECK(mock.stat("open") == 0);
  }
}

TEST_CASE("a redirect is not followed, and says where it leads") {
  const MockOpenAi nowhere({"--error", "302"});
  CHECK(
      mentions(Caller(nowhere).call().failure.message,
               "the server answered 302 Found: it redirects without saying where to; is `base_url` right?"));
  const MockOpenAi target;
  const MockOpenAi mock({"--error", "308", "--location", target.base_url()});
  const Answer answer = Caller(mock).call();
  CHECK(answer.failure.attempts == 1);
  CHECK(mentions(answer.failure.message, "the server answered 308 Permanent Redirect: it redirects to " +
                                             target.base_url() +
                                             ", which is not followed; set `base_url` to where the API is"));
  CHECK(target.stat("requests") == 0);
}

TEST_CASE("a key that the server echoes stays out of messages") {
  const Variable key("OPENAI_API_KEY", "asked");
  const MockOpenAi mock({"--error", "401"});
  Caller caller(mock);
  const Answer answer = caller.call();
  CHECK(mentions(answer.failure.message, "This error was [redacted] for."));
}

TEST_CASE("one call's retries do not hold up another's") {
  const MockOpenAi mock({"--error", "503:1"});
  Caller caller(mock);
  Answer first, second;
  std::vector<int> order;
  first.on_end = [&] { order.push_back(1); };
  second.on_end = [&] { order.push_back(2); };
  caller.client->start(Caller::request(), first);
  caller.client->start(Caller::request(), second);
  caller.loop.run();
  CHECK(first.is_done);
  CHECK(second.is_done);
  CHECK(first.completion.attempts + second.completion.attempts == 3);
}
