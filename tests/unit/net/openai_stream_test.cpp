// Provider openai: streams, whole and broken, on the wire and in pieces of any size.
#include <catch2/catch.hpp>

#include "runtime/model/openai_reply.h"
#include "tests/unit/net/model_fixture.h"
#include "tests/unit/net/reply_reader.h"

using namespace chain;
using test::Answer;
using test::Caller;
using test::kSecond;
using test::MockOpenAi;
using test::Read;
using test::read;

namespace {

bool mentions(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

const std::string kStream =
    ": hello\n\n"
    "data: "
    "{\"model\":\"gpt-5-mini-2026\",\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n"
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"안\\ub155 "
    "\"},\"finish_reason\":null}]}\r\n\r\n"
    "data: {\"choices\":[{\"delta\":{\"content\":\"you\"},\"finish_reason\":\"length\"}],\"usage\":null}\n\n"
    "data: "
    "{\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7,\"prompt_tokens_details\":{"
    "\"cached_tokens\":3},"
    "\"completion_tokens_details\":{\"reasoning_tokens\":2}}}\n\n"
    "data: [DONE]\n\n";

}  // namespace

TEST_CASE("a stream gives its text in pieces, and its usage") {
  const std::string text = "안녕하세요, dear \"world\"!\n";
  for (const char* chunk : {"1", "2", "7", "1000"}) {
    CAPTURE(chunk);
    const MockOpenAi mock({"--reply", text, "--chunk", chunk});
    Caller caller(mock);
    const Answer answer = caller.call("hi", true);
    REQUIRE(answer.is_done);
    CHECK(answer.completion.text == text);
    CHECK(answer.streamed() == text);
    CHECK(answer.completion.finish_reason == "stop");
    CHECK(answer.completion.usage.output_tokens > 0);
    CHECK(answer.completion.request_id == "req_mock");
    if (chunk[0] == '1' && chunk[1] == 0) CHECK(answer.deltas.size() > 15);
  }
}

TEST_CASE("a stream reads the same however it is cut") {
  for (size_t step = 1; step <= kStream.size(); ++step) {
    const Read result = read(model::read_openai_stream({}), kStream, step);
    REQUIRE(result.ok);
    CHECK(result.completion.text == "안녕 you");
    CHECK(result.streamed == "안녕 you");
    CHECK(result.completion.model == "gpt-5-mini-2026");
    CHECK(result.completion.finish_reason == "length");
    CHECK(result.completion.usage.input_tokens == 5);
    CHECK(result.completion.usage.output_tokens == 7);
    CHECK(result.completion.usage.cached_tokens == 3);
    CHECK(result.completion.usage.reasoning_tokens == 2);
  }
}

TEST_CASE("a stream is an answer from its finish_reason on, and none before") {
  const size_t finished = kStream.find("\n\n", kStream.find("\"length\"")) + 2;
  const size_t counted = kStream.find("data: [DONE]");
  for (size_t size = 0; size <= kStream.size(); ++size) {
    CAPTURE(size);
    const Read result = read(model::read_openai_stream({}), std::string_view(kStream).substr(0, size), 16);
    REQUIRE(result.ok == (size >= finished));
    if (result.ok) {
      CHECK(result.completion.text == "안녕 you");
      CHECK(result.completion.cut_off);
      CHECK(result.completion.usage.output_tokens == (size >= counted ? 7 : 0));
    } else {
      CHECK(result.problem.kind == abi::ErrorKind::Unavailable);
      CHECK(result.problem.transient);
    }
  }
}

TEST_CASE("a stream without [DONE] is an answer if it has a finish_reason") {
  const MockOpenAi mock({"--malformed", "no-done", "--reply", "the whole text", "--chunk", "3"});
  Caller caller(mock);
  const Answer answer = caller.call("hi", true);
  REQUIRE(answer.is_done);
  CHECK(answer.completion.attempts == 1);
  CHECK(answer.completion.text == "the whole text");
  CHECK(answer.completion.finish_reason == "stop");
  CHECK(answer.completion.usage.output_tokens > 0);
}

TEST_CASE("an answer that the token limit cut off says so") {
  const MockOpenAi mock({"--reply", "half a sent", "--finish-reason", "length"});
  Caller caller(mock);
  for (const bool stream : {false, true}) {
    const Answer answer = caller.call("hi", stream);
    REQUIRE(answer.is_done);
    CHECK(answer.completion.cut_off);
  }
  const MockOpenAi usual({"--reply", "a sentence"});
  CHECK_FALSE(Caller(usual).call().completion.cut_off);
}

TEST_CASE("what the content filter cut short is refused, not passed on") {
  const MockOpenAi mock({"--reply", "half a sent", "--finish-reason", "content_filter"});
  Caller caller(mock);
  for (const bool stream : {false, true}) {
    const Answer answer = caller.call("hi", stream);
    REQUIRE(answer.is_failed);
    CHECK(answer.failure.kind == abi::ErrorKind::Refused);
    CHECK(answer.failure.attempts == 1);
  }
}

TEST_CASE("a stream without its end is tried again, and what was streamed is taken back") {
  for (const char* kind : {"no-finish:1", "close-mid-stream:1"}) {
    CAPTURE(kind);
    const MockOpenAi mock({"--malformed", kind, "--reply", "the whole text", "--chunk", "3"});
    Caller caller(mock);
    const Answer answer = caller.call("hi", true);
    REQUIRE(answer.is_done);
    CHECK(answer.completion.attempts == 2);
    CHECK(answer.retries.size() == 1);
    CHECK(answer.streamed() == "the whole text");
  }
  const MockOpenAi mock({"--malformed", "no-finish"});
  Caller caller(mock);
  const Answer answer = caller.call("hi", true);
  CHECK(answer.failure.kind == abi::ErrorKind::Unavailable);
  CHECK(mentions(answer.failure.message, "the stream ended before it was complete"));
  CHECK(mentions(answer.failure.message, "tried 3 times"));
}

TEST_CASE("a line without end is cut off") {
  const MockOpenAi mock({"--malformed", "huge-line"});
  Caller caller(mock);
  const Answer answer = caller.call("hi", true);
  CHECK(answer.failure.kind == abi::ErrorKind::Unavailable);
  CHECK(mentions(answer.failure.message, "larger than allowed"));
}

TEST_CASE("a stream that stops runs into the idle time-out") {
  const MockOpenAi mock({"--malformed", "stall", "--reply", "the whole text", "--chunk", "3"});
  Caller caller(mock, R"(, "idle_timeout": 5000000000)");
  Answer answer;
  bool advanced = false;
  answer.on_delta = [&] {
    // Half of the reply is all that comes: a piece behind the advance would begin the time-out anew.
    if (answer.streamed() != "the who" || std::exchange(advanced, true)) return;
    caller.loop.post([&] { caller.clock.advance(5 * kSecond); });
  };
  caller.client->start(Caller::request("hi", true), answer);
  caller.loop.run();
  CHECK(answer.failure.kind == abi::ErrorKind::Timeout);
  CHECK(answer.failure.message ==
        "model `fast`: the answer stopped half way for 5s; raise `idle_timeout` to wait longer "
        "[request req_mock]");
}

TEST_CASE("refusals, filters and errors within a stream") {
  const auto stream = [](const std::string& event) { return "data: " + event + "\n\ndata: [DONE]\n\n"; };
  Read result = read(
      model::read_openai_stream({}),
      stream(R"({"choices":[{"delta":{"refusal":"I can't \u001b[2Jhelp."},"finish_reason":"stop"}]})"), 9);
  CHECK_FALSE(result.ok);
  CHECK(result.problem.kind == abi::ErrorKind::Refused);
  CHECK(result.problem.what == "the model refused: \"I can't \xEF\xBF\xBD[2Jhelp.\"");
  result = read(model::read_openai_stream({}),
                stream(R"({"choices":[{"delta":{},"finish_reason":"content_filter"}]})"), 9);
  CHECK(result.problem.kind == abi::ErrorKind::Refused);
  result = read(model::read_openai_stream({}),
                stream(R"({"error":{"message":"overloaded","type":"server_error"}})"), 9);
  CHECK(result.problem.kind == abi::ErrorKind::Unavailable);
  CHECK(result.problem.transient);
  CHECK(mentions(result.problem.what, "overloaded"));
  result = read(model::read_openai_stream({}), stream(R"({"error":"plain words"})"), 9);
  CHECK(mentions(result.problem.what, "plain words"));
}

TEST_CASE("objects are read as servers vary them") {
  const auto object = [](const char* text) { return read(model::read_openai_object({}), text, 11); };
  CHECK(object(R"({"choices":[{"message":{"content":"a"}},{"message":{"content":"b"}}]})").completion.text ==
        "a");
  CHECK(object(R"({"choices":[{"message":{"content":null},"finish_reason":"length"}]})")
            .completion.finish_reason == "length");
  CHECK(
      object(
          R"({"choices":[{"message":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}}]})")
          .completion.text == "ab");
  CHECK(object(R"({"choices":[{"message":{"content":null,"refusal":"no"}}]})").problem.kind ==
        abi::ErrorKind::Refused);
  CHECK_FALSE(object(R"({"choices":[]})").ok);
  CHECK_FALSE(object(R"({"object":"list"})").ok);
  CHECK_FALSE(object(R"([])").ok);
  CHECK_FALSE(object(R"({"choices":[{"message":{"content":"a"}}]} trailing)").ok);
  CHECK_FALSE(object(R"({"error":{"message":"x","code":"rate_limit_exceeded"}})").ok);
  CHECK(object(R"({"error":{"message":"x","code":"rate_limit_exceeded"}})").problem.kind ==
        abi::ErrorKind::RateLimited);
}

TEST_CASE("an error within a stream may have a number for its code, as gateways do") {
  for (const char* code : {"429", "\"429\"", "\"rate_limit_exceeded\""}) {
    const std::string event = std::string(R"(data: {"error":{"message":"slow","code":)") + code + "}}\n\n";
    const Read result = read(model::read_openai_stream({}), event, event.size());
    CHECK_FALSE(result.ok);
    CHECK(result.problem.kind == abi::ErrorKind::RateLimited);
  }
  const std::string other = "data: {\"error\":{\"message\":\"down\",\"code\":502}}\n\n";
  CHECK(read(model::read_openai_stream({}), other, other.size()).problem.kind == abi::ErrorKind::Unavailable);
}
