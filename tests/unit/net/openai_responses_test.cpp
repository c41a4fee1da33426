// Provider openai with `api: "responses"`, against a mock that serves OpenAI's own SDK too.
#include "runtime/model/openai_responses.h"

#include <catch2/catch.hpp>

#include "tests/unit/net/provider_fixture.h"
#include "tests/unit/net/reply_reader.h"

using namespace chain;
using nlohmann::json;
using test::Answer;
using test::Caller;
using test::mentions;
using test::Provider;
using test::triage;

namespace {

constexpr Provider kResponses = {"openai", "mock_responses",        "OPENAI_API_KEY",
                                 "/v1",    "some-model-2026-01-01", 503};

struct Call : test::Call {
  explicit Call(const std::vector<std::string>& switches = {}, const std::string& more = {})
      : test::Call(kResponses, switches, R"(, "api": "responses")" + more) {}
};

/// A stream of one event after another.
test::Read read_stream(const std::vector<std::string>& events) {
  return test::read_events(model::read_response_stream({}), events);
}

}  // namespace

TEST_CASE("a response is read, whole and as a stream, without what the model thought") {
  const std::string text = "안녕하세요, \"world\"\n";
  Call call({"--reply", text, "--chunk", "4"});
  for (const bool stream : {false, true}) {
    CAPTURE(stream);
    const Answer answer = call.ask("hi", stream);
    REQUIRE(answer.is_done);
    CHECK(answer.completion.text == text);
    CHECK(answer.streamed() == (stream ? text : ""));
    CHECK((answer.deltas.size() > 3) == stream);
    CHECK(answer.completion.model == kResponses.model);
    CHECK(answer.completion.finish_reason == "completed");
    CHECK(answer.completion.request_id == "req_mock");
    CHECK_FALSE(answer.completion.cut_off);
    CHECK(answer.completion.usage.input_tokens == 7);
    CHECK(answer.completion.usage.cached_tokens == 3);
    CHECK(answer.completion.usage.output_tokens == 5);
    CHECK(answer.completion.usage.reasoning_tokens == 4);
  }
}

TEST_CASE("a request for a response holds the messages and options, and nothing is kept") {
  Call call({}, R"(, "temperature": 0.5, "top_p": 0.9, "max_tokens": 77, "reasoning_effort": "low")");
  model::Request request;
  request.messages = {{program::Role::System, "Be kind."},
                      {program::Role::User, "one"},
                      {program::Role::Assistant, "two"},
                      {program::Role::User, "\"three\"\n"}};
  CHECK(call.caller.call(request).completion.text == "echo: \"three\"\n");
  CHECK(call.last() ==
        json::parse(R"({"model": "some-model", "store": false, "temperature": 0.5, "top_p": 0.9,
          "max_output_tokens": 77, "reasoning": {"effort": "low"},
          "input": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "one"},
                    {"role": "assistant", "content": "two"}, {"role": "user", "content": "\"three\"\n"}]})"));
  Call stream;
  CHECK(stream.ask("hi", true).is_done);
  CHECK(stream.last() == json::parse(R"({"model": "some-model", "store": false, "stream": true,
          "input": [{"role": "user", "content": "hi"}]})"));
}

TEST_CASE(
    "the schema of the result goes out as text.format, strict, and is taken back where it is not known") {
  for (const bool stream : {false, true}) {
    CAPTURE(stream);
    Call call;
    Answer answer = call.caller.call(triage(stream));
    REQUIRE(answer.is_done);
    CHECK(answer.completion.text == "\"low\"");  // out of {"value": ...}
    CHECK(answer.streamed() == (stream ? "\"low\"" : ""));
    const json format = call.last()["text"]["format"];
    CHECK(format["type"] == "json_schema");
    CHECK(format["name"] == "triage");
    CHECK(format["strict"] == true);

    Call old({"--no-schema"});
    answer = old.caller.call(triage(stream));
    REQUIRE(answer.is_done);
    CHECK(answer.completion.text == "echo: triage");
    CHECK(old.caller.call(triage(stream)).retries.empty());  // known from now on
    CHECK(old.peer.stat("requests") == 3);
  }
}

TEST_CASE("a response that is not complete is cut off or withheld, as its reason says") {
  for (const char* reason : {"max_output_tokens", "steered"}) {
    CAPTURE(reason);
    for (const Answer& answer : Call({"--stop", reason}).ask_both()) {
      REQUIRE(answer.is_done);
      CHECK(answer.completion.cut_off);
      CHECK(answer.completion.finish_reason == reason);
      CHECK(answer.completion.usage.output_tokens == 5);
    }
  }
  for (const Answer& answer : Call({"--stop", "content_filter"}).ask_both()) {
    CHECK(answer.failure.kind == abi::ErrorKind::Refused);
    CHECK(answer.failure.attempts == 1);
  }
  Call refusing({"--stop", "refusal", "--reply", "I will not.", "--chunk", "3"});
  for (const Answer& answer : refusing.ask_both()) {
    CHECK(answer.failure.kind == abi::ErrorKind::Refused);
    CHECK(mentions(answer.failure.message, "the model refused: \"I will not.\""));
    CHECK(answer.streamed().empty());
  }
}

TEST_CASE("a response that fails fails as its error's code says") {
  for (const Answer& answer : Call({"--stop", "server_error"}).ask_both()) {
    CHECK(answer.failure.kind == abi::ErrorKind::Unavailable);
    CHECK(answer.failure.attempts == 3);
    CHECK(mentions(answer.failure.message, "The model could not answer."));
  }
  for (const Answer& answer : Call({"--stop", "rate_limit_exceeded"}).ask_both()) {
    CHECK(answer.failure.kind == abi::ErrorKind::RateLimited);
    CHECK(answer.failure.attempts == 3);
  }
  for (const char* code : {"invalid_prompt", "bio_policy", "misalignment_policy_violation"}) {
    CAPTURE(code);
    for (const Answer& answer : Call({"--stop", code}).ask_both()) {
      CHECK(answer.failure.kind == abi::ErrorKind::Refused);
      CHECK(answer.failure.attempts == 1);
    }
  }
}

TEST_CASE("errors of the Responses API are the language's") {
  const Answer again = Call({"--error", "503:1", "--retry-after", "3"}).ask("hi", true);
  CHECK(again.is_done);
  CHECK(again.delays == std::vector<int64_t>{3 * test::kSecond});
  for (const Answer& answer : Call({"--error", "404"}).ask_both())
    CHECK(answer.failure.kind == abi::ErrorKind::NotFound);
  for (const Answer& answer : Call({"--key", "another"}).ask_both()) {
    CHECK(answer.failure.kind == abi::ErrorKind::Denied);
    CHECK_FALSE(mentions(answer.failure.message, "sk-secret"));
  }
  for (const Answer& answer : Call({"--malformed", "html"}).ask_both())
    CHECK(mentions(answer.failure.message, "is `base_url` right?"));
  for (const Answer& answer : Call({}, R"(, "max_tokens": 1)").ask_both()) {
    CHECK(answer.failure.kind == abi::ErrorKind::Failed);
    CHECK(mentions(answer.failure.message, "Invalid 'max_output_tokens'"));
  }
}

TEST_CASE("a response's stream that breaks off is unavailable, never a short answer") {
  for (const char* how : {"close-mid-stream", "end-mid-stream", "error-mid-stream"}) {
    CAPTURE(how);
    const Answer answer =
        Call({"--reply", "a longer text", "--chunk", "2", "--malformed", how}, R"(, "retry": 1)")
            .ask("hi", true);
    REQUIRE(answer.is_failed);
    CHECK(answer.failure.kind == abi::ErrorKind::Unavailable);
    CHECK(answer.failure.attempts == 2);
  }
  Answer answer = Call({"--malformed", "error-mid-stream"}, R"(, "retry": 0)").ask("hi", true);
  CHECK(mentions(answer.failure.message, "The model is overloaded."));
  answer = Call({"--malformed", "end-mid-stream"}, R"(, "retry": 0)").ask("hi", true);
  CHECK(mentions(answer.failure.message, "no response.completed"));
  answer = Call({"--malformed", "garbage"}, R"(, "retry": 0)").ask("hi", true);
  CHECK(mentions(answer.failure.message, "an event of the stream is not JSON"));
}

TEST_CASE("events of a response's stream are told by their type, wherever it stands") {
  test::Read read = read_stream(
      {R"({"delta":"a","type":"response.output_text.delta"})",
       R"({"type":"response.reasoning_text.delta","delta":"hm"})",
       R"({"type":"response.output_text.delta","delta":"b"})",
       R"({"type":"response.output_text.done","text":"ab"})",
       R"({"type":"response.output_item.done","item":{"content":[{"type":"output_text","text":"ab"}]}})",
       R"({"response":{"output":[{"content":[{"type":"output_text","text":"ab"}]}],"status":"completed"},"type":"response.completed"})"});
  CHECK(read.ok);
  CHECK(read.completion.text == "ab");
  CHECK(read.streamed == "ab");
  // Of some servers the error is an object of its own.
  for (const char* error :
       {R"({"type":"error","error":{"code":"rate_limit_exceeded","message":"slow"}})",
        R"({"type":"error","code":"rate_limit_exceeded","message":"slow","param":null})"}) {
    read = read_stream({error});
    CHECK_FALSE(read.ok);
    CHECK(read.problem.kind == abi::ErrorKind::RateLimited);
    CHECK(mentions(read.problem.what, "\"slow\""));
  }
  read = read_stream({R"({"type":"response.failed","response":{"status":"failed","error":null}})"});
  CHECK_FALSE(read.ok);
  CHECK(read.problem.what == "the server broke off with an error");
}
