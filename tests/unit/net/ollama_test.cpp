// Provider ollama, against a mock that serves Ollama's own SDK too.
#include <catch2/catch.hpp>

#include "runtime/model/ollama_reply.h"
#include "tests/unit/net/provider_fixture.h"
#include "tests/unit/net/reply_reader.h"

using namespace chain;
using nlohmann::json;
using test::Answer;
using test::Call;
using test::mentions;
using test::Provider;
using test::triage;

namespace {

constexpr Provider kOllama = {"ollama", "mock_ollama", "OLLAMA_TEST_KEY", "", "some-model", 503};

/// A stream that comes `step` bytes at a time.
test::Read read_stream(std::string_view text, size_t step) {
  return test::read(model::read_ollama_stream({}), text, step);
}

constexpr std::string_view kTwo = R"({"message":{"content":"a"},"done":false}
{"message":{"content":"b"},"done":false}
)";

}  // namespace

TEST_CASE("Ollama answers, whole and as a stream") {
  const std::string text = "안녕하세요, \"world\"\n";
  Call call(kOllama, {"--reply", text, "--chunk", "4"});
  for (const bool stream : {false, true}) {
    CAPTURE(stream);
    const Answer answer = call.ask("hi", stream);
    REQUIRE(answer.is_done);
    CHECK(answer.completion.text == text);
    CHECK(answer.streamed() == (stream ? text : ""));
    CHECK((answer.deltas.size() > 3) == stream);
    CHECK(answer.completion.model == "some-model");
    CHECK(answer.completion.finish_reason == "stop");
    CHECK_FALSE(answer.completion.cut_off);
    CHECK(answer.completion.usage.input_tokens == 7);
    CHECK(answer.completion.usage.cached_tokens == 3);
    CHECK(answer.completion.usage.output_tokens == 5);
  }
}

TEST_CASE("the request to Ollama holds the messages and options, and nothing else") {
  Call call(
      kOllama, {},
      R"(, "temperature": 0.5, "top_p": 0.9, "stop": ["x", "y"], "max_tokens": 77, "seed": 7, "reasoning_effort": "high")");
  model::Request request;
  request.messages = {{program::Role::System, "Be kind."},
                      {program::Role::User, "one"},
                      {program::Role::Assistant, "two"},
                      {program::Role::User, "\"three\"\n"}};
  CHECK(call.caller.call(request).completion.text == "echo: \"three\"\n");
  CHECK(call.last() ==
        json::parse(
            R"({"model": "some-model", "stream": false, "truncate": false, "shift": false, "think": "high",
          "options": {"temperature": 0.5, "top_p": 0.9, "num_predict": 77, "seed": 7, "stop": ["x", "y"]},
          "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "one"},
                       {"role": "assistant", "content": "two"}, {"role": "user", "content": "\"three\"\n"}]})"));
  Call plain(kOllama);
  CHECK(plain.ask("hi", true).is_done);
  CHECK(plain.last() == json::parse(R"({"model": "some-model", "stream": true, "truncate": false,
          "shift": false, "messages": [{"role": "user", "content": "hi"}]})"));
}

TEST_CASE("what Ollama's model thinks is no part of the answer") {
  for (const auto& [effort, think] : {std::pair<const char*, json>{"none", false},
                                      {"minimal", "low"},
                                      {"low", "low"},
                                      {"medium", "medium"}}) {
    CAPTURE(effort);
    Call call(kOllama, {}, std::string(R"(, "reasoning_effort": ")") + effort + '"');
    for (const Answer& answer : call.ask_both()) CHECK(answer.completion.text == "echo: hi");
    CHECK(call.last()["think"] == think);
  }
  const Answer answer = Call(kOllama, {"--no-thinking"}, R"(, "reasoning_effort": "low")").ask();
  CHECK(answer.failure.kind == abi::ErrorKind::Failed);
  CHECK(mentions(answer.failure.message,
                 R"("some-model" does not support thinking"; leave `reasoning_effort` out)"));
}

TEST_CASE("Ollama's URL may be the one that it has for clients of OpenAI's") {
  for (const char* version : {"", "/", "/v1", "/v1/"}) {
    CAPTURE(version);
    Provider provider = kOllama;
    provider.version = version;
    CHECK(Call(provider).ask().completion.text == "echo: hi");
  }
}

TEST_CASE("Ollama needs no key, and sends one that is named") {
  CHECK(Call(kOllama, {"--key", "sk-secret"}, R"(, "api_key_env": "OLLAMA_TEST_KEY")").ask().is_done);
  const Answer answer = Call(kOllama, {"--key", "sk-secret"}).ask();
  CHECK(answer.failure.kind == abi::ErrorKind::Denied);
}

TEST_CASE(
    "the schema of the result goes to Ollama as its format, and is taken back where it cannot be used") {
  for (const bool stream : {false, true}) {
    CAPTURE(stream);
    Call call(kOllama);
    Answer answer = call.caller.call(triage(stream));
    REQUIRE(answer.is_done);
    CHECK(answer.completion.text == "\"low\"");  // out of {"value": ...}
    CHECK(answer.streamed() == (stream ? "\"low\"" : ""));
    CHECK(call.last()["format"]["properties"]["value"]["enum"] == json{"low", "high"});

    Call old(kOllama, {"--no-schema"});
    answer = old.caller.call(triage(stream));
    REQUIRE(answer.is_done);
    CHECK(answer.completion.text == "echo: triage");
    CHECK(answer.delays == std::vector<int64_t>{0});
    CHECK(old.caller.call(triage(stream)).retries.empty());  // known from now on
    CHECK(old.peer.stat("requests") == 3);
  }
}

TEST_CASE("Ollama's errors are the language's") {
  for (const Answer& answer : Call(kOllama, {"--error", "404"}).ask_both()) {
    CHECK(answer.failure.kind == abi::ErrorKind::NotFound);
    CHECK(answer.failure.attempts == 1);
    CHECK(mentions(answer.failure.message, "model 'some-model' not found"));
    CHECK(mentions(answer.failure.message, "`ollama pull some-model` fetches it"));
  }
  for (const Answer& answer : Call(kOllama, {"--error", "429"}).ask_both()) {
    CHECK(answer.failure.kind == abi::ErrorKind::RateLimited);
    CHECK(answer.failure.attempts == 3);
  }
  for (const Answer& answer : Call(kOllama, {"--malformed", "html"}).ask_both())
    CHECK(mentions(answer.failure.message, "is `base_url` right?"));
  for (const Answer& answer : Call(kOllama, {"--stop", "length"}).ask_both())
    CHECK(answer.completion.cut_off);
  Answer answer = Call(kOllama, {"--error", "503:1", "--retry-after", "3"}).ask("hi", true);
  CHECK(answer.is_done);
  CHECK(answer.delays == std::vector<int64_t>{3 * test::kSecond});
  Provider elsewhere = kOllama;
  elsewhere.version = "/somewhere";
  answer = Call(elsewhere).ask();
  CHECK(answer.failure.kind == abi::ErrorKind::NotFound);
  CHECK_FALSE(mentions(answer.failure.message, "ollama pull"));
}

TEST_CASE("a stream of Ollama's that breaks off is unavailable, never a short answer") {
  for (const char* how : {"close-mid-stream", "end-mid-stream", "error-mid-stream"}) {
    CAPTURE(how);
    const Answer answer =
        Call(kOllama, {"--reply", "a longer text", "--chunk", "2", "--malformed", how}, R"(, "retry": 1)")
            .ask("hi", true);
    REQUIRE(answer.is_failed);
    CHECK(answer.failure.kind == abi::ErrorKind::Unavailable);
    CHECK(answer.failure.attempts == 2);
  }
  Answer answer = Call(kOllama, {"--malformed", "error-mid-stream"}, R"(, "retry": 0)").ask("hi", true);
  CHECK(mentions(answer.failure.message, "an error was encountered while running the model"));
  answer = Call(kOllama, {"--malformed", "end-mid-stream"}, R"(, "retry": 0)").ask("hi", true);
  CHECK(mentions(answer.failure.message, R"(no "done": true)"));
  answer = Call(kOllama, {"--malformed", "garbage"}, R"(, "retry": 0)").ask("hi", true);
  CHECK(mentions(answer.failure.message, "a line of the stream is not JSON"));
}

TEST_CASE("lines of Ollama's are read however they are cut, and the last may lack its end") {
  for (const size_t step : {1, 2, 7, 1000}) {
    CAPTURE(step);
    for (const char* last : {"{\"done\":true}\n", "{\"done\":true}", "\r\n {\"done\":true} \r\nmore"}) {
      const test::Read read = read_stream(std::string(kTwo) + last, step);
      CHECK(read.ok);
      CHECK(read.completion.text == "ab");
      CHECK(read.streamed == "ab");
    }
    for (const char* last : {"", "{\"done\":tr", "{\"done\":false}", "{\"done\":false}\n"}) {
      CAPTURE(last);
      const test::Read read = read_stream(std::string(kTwo) + last, step);
      CHECK_FALSE(read.ok);
      CHECK(read.problem.transient);
      CHECK(mentions(read.problem.what, "the stream ended before it was complete"));
    }
  }
}

TEST_CASE("a line of Ollama's that does not end is given up") {
  const auto reply = model::read_ollama_stream({});
  const std::string filler(1 << 20, ' ');
  test::Deltas deltas;
  for (int i = 0; i < 5 && !reply->complete(); ++i) reply->read(filler, deltas);
  CHECK(reply->complete());
  model::Completion completion;
  model::Problem problem;
  CHECK_FALSE(reply->finish(completion, problem));
  CHECK(problem.what == "the stream holds a line larger than allowed");
}
