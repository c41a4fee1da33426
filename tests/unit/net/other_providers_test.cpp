// Providers anthropic and gemini, against mocks that serve the providers' own SDKs too.
#include <catch2/catch.hpp>

#include "tests/unit/net/provider_fixture.h"

using namespace chain;
using nlohmann::json;
using test::Answer;
using test::Call;
using test::Caller;
using test::mentions;
using test::Provider;
using test::triage;
using test::Variable;

namespace {

constexpr Provider kAnthropic = {"anthropic", "mock_anthropic",      "ANTHROPIC_API_KEY",
                                 "/v1",       "some-model-20260101", 529};
constexpr Provider kGemini = {"gemini", "mock_gemini", "GEMINI_API_KEY", "/v1beta", "some-model-001", 503};

}  // namespace

TEST_CASE("a question is answered, whole and as a stream") {
  for (const Provider& provider : {kAnthropic, kGemini}) {
    CAPTURE(provider.name);
    Call whole(provider);
    Answer answer = whole.ask("good day");
    REQUIRE(answer.is_done);
    CHECK(answer.completion.text == "echo: good day");
    CHECK(answer.completion.model == provider.model);
    CHECK(answer.deltas.empty());
    CHECK_FALSE(answer.completion.cut_off);

    const std::string text = "안녕하세요, \"world\"\n";
    Call stream(provider, {"--reply", text, "--chunk", "4"});
    answer = stream.ask("hi", true);
    REQUIRE(answer.is_done);
    CHECK(answer.completion.text == text);
    CHECK(answer.streamed() == text);
    CHECK(answer.deltas.size() > 3);
  }
}

TEST_CASE("tokens are counted as the provider counts them") {
  for (const bool stream : {false, true}) {
    CAPTURE(stream);
    const Answer anthropic = Call(kAnthropic).ask("hi", stream);
    CHECK(anthropic.completion.usage.input_tokens == 12);  // 7, and what the cache took and gave
    CHECK(anthropic.completion.usage.cached_tokens == 3);
    CHECK(anthropic.completion.usage.output_tokens == 5);
    CHECK(anthropic.completion.usage.reasoning_tokens == 1);
    CHECK(anthropic.completion.request_id == "req_mock");
    const Answer gemini = Call(kGemini).ask("hi", stream);
    CHECK(gemini.completion.usage.input_tokens == 7);
    CHECK(gemini.completion.usage.cached_tokens == 3);
    CHECK(gemini.completion.usage.output_tokens == 9);  // thoughts among them
    CHECK(gemini.completion.usage.reasoning_tokens == 4);
  }
}

TEST_CASE("system parts stand by themselves, and examples are turns") {
  model::Request request;
  request.messages = {{program::Role::System, "Be kind."},
                      {program::Role::User, "one"},
                      {program::Role::Assistant, "two"},
                      {program::Role::System, "Be brief."},
                      {program::Role::User, "\"three\"\n"}};
  Call anthropic(kAnthropic, {},
                 R"(, "temperature": 0.5, "top_p": 0.9, "stop": ["x", "y"], "max_tokens": 77)");
  CHECK(anthropic.caller.call(request).completion.text == "echo: \"three\"\n");
  CHECK(
      anthropic.last() ==
      json::parse(
          R"({"model": "some-model", "max_tokens": 77, "temperature": 0.5, "top_p": 0.9, "stop_sequences": ["x", "y"],
          "system": [{"type": "text", "text": "Be kind."}, {"type": "text", "text": "Be brief."}],
          "messages": [{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"},
                       {"role": "user", "content": "\"three\"\n"}]})"));
  Call gemini(kGemini, {}, R"(, "temperature": 0.5, "top_p": 0.9, "stop": ["x", "y"], "max_tokens": 77)");
  CHECK(gemini.caller.call(request).completion.text == "echo: \"three\"\n");
  CHECK(
      gemini.last() ==
      json::parse(
          R"({"contents": [{"role": "user", "parts": [{"text": "one"}]}, {"role": "model", "parts": [{"text": "two"}]},
            {"role": "user", "parts": [{"text": "\"three\"\n"}]}],
          "systemInstruction": {"parts": [{"text": "Be kind."}, {"text": "Be brief."}]},
          "generationConfig": {"temperature": 0.5, "topP": 0.9, "stopSequences": ["x", "y"], "maxOutputTokens": 77}})"));
}

TEST_CASE("a prompt of system parts alone is asked as a user would") {
  for (const Provider& provider : {kAnthropic, kGemini}) {
    CAPTURE(provider.name);
    Call call(provider);
    model::Request request;
    request.messages = {{program::Role::System, "Name a colour."}};
    const Answer answer = call.caller.call(request);
    REQUIRE(answer.is_done);
    CHECK(answer.completion.text == "echo: Name a colour.");
  }
}

TEST_CASE("the schema of the result is sent, and taken back where it is not known") {
  for (const Provider& provider : {kAnthropic, kGemini}) {
    for (const bool stream : {false, true}) {
      CAPTURE(provider.name, stream);
      Call call(provider);
      Answer answer = call.caller.call(triage(stream));
      REQUIRE(answer.is_done);
      CHECK(answer.completion.text == "\"low\"");  // out of {"value": ...}
      CHECK(answer.streamed() == (stream ? "\"low\"" : ""));

      Call old(provider, {"--no-schema"});
      answer = old.caller.call(triage(stream));
      REQUIRE(answer.is_done);
      CHECK(answer.completion.text == "echo: triage");
      CHECK(answer.retries.size() == 1);
      CHECK(old.caller.call(triage(stream)).retries.empty());  // known from now on
      CHECK(old.peer.stat("requests") == 3);
    }
  }
}

TEST_CASE("a schema with open objects is not sent to Anthropic, which refuses them") {
  Call call(kAnthropic);
  model::Request request = Caller::request("count");
  request.schema_name = "counts";
  request.schema = R"({"type":"object","additionalProperties":{"type":"integer"}})";
  CHECK(call.caller.call(request).completion.text == "echo: count");
  CHECK_FALSE(call.last().contains("output_config"));
}

TEST_CASE("a service that is busy is asked again, as it wishes") {
  for (const Provider& provider : {kAnthropic, kGemini}) {
    CAPTURE(provider.name);
    Call call(provider, {"--error", std::to_string(provider.busy) + ":1", "--retry-after", "3"});
    const Answer answer = call.ask();
    REQUIRE(answer.is_done);
    CHECK(answer.delays == std::vector<int64_t>{3 * test::kSecond});
    Call never(provider, {"--error", "429"});
    const Answer failed = never.ask();
    CHECK(failed.failure.kind == abi::ErrorKind::RateLimited);
    CHECK(failed.failure.attempts == 3);
    CHECK(mentions(failed.failure.message, "This error was asked for."));
  }
}

TEST_CASE("a wrong or missing key is said, and a key is shown nowhere") {
  for (const Provider& provider : {kAnthropic, kGemini}) {
    CAPTURE(provider.name);
    Call wrong(provider, {"--key", "another"}, {}, "sk-secret", {.verbose = true});
    Answer answer = wrong.ask();
    REQUIRE(answer.is_failed);
    CHECK(answer.failure.attempts == 1);
    CHECK(mentions(answer.failure.message, "key"));
    CHECK_FALSE(mentions(answer.failure.message, "sk-secret"));
    CHECK(mentions(answer.sent_text, "[redacted]"));
    CHECK_FALSE(mentions(answer.sent_text, "sk-secret"));

    const Variable none(provider.key, nullptr);
    Caller home("{}");
    home.program.models[0].provider = provider.name;
    answer = home.call();
    REQUIRE(answer.is_failed);
    CHECK(answer.failure.kind == abi::ErrorKind::Denied);
    CHECK(mentions(answer.failure.message, std::string("set the environment variable ") + provider.key));
  }
}

TEST_CASE("what cuts an answer off, withholds it or breaks it is told apart") {
  for (const bool stream : {false, true}) {
    CAPTURE(stream);
    CHECK(Call(kAnthropic, {"--stop", "max_tokens"}).ask("hi", stream).completion.cut_off);
    CHECK(Call(kGemini, {"--stop", "MAX_TOKENS"}).ask("hi", stream).completion.cut_off);
    CHECK(Call(kAnthropic, {"--stop", "refusal"}).ask("hi", stream).failure.kind == abi::ErrorKind::Refused);
    CHECK(Call(kGemini, {"--stop", "SAFETY"}).ask("hi", stream).failure.kind == abi::ErrorKind::Refused);
    CHECK(Call(kGemini, {"--stop", "BLOCKED"}).ask("hi", stream).failure.kind == abi::ErrorKind::Refused);
  }
  for (const Provider& provider : {kAnthropic, kGemini}) {
    CAPTURE(provider.name);
    const std::vector<std::string> text = {"--reply", "a longer text", "--chunk", "2", "--malformed"};
    const auto with = [&](const char* how) {
      std::vector<std::string> switches = text;
      switches.emplace_back(how);
      return switches;
    };
    Answer answer = Call(provider, with("close-mid-stream"), R"(, "retry": 1)").ask("hi", true);
    CHECK(answer.failure.kind == abi::ErrorKind::Unavailable);
    CHECK(answer.failure.attempts == 2);
    answer = Call(provider, with("error-mid-stream"), R"(, "retry": 1)").ask("hi", true);
    CHECK(answer.failure.kind == abi::ErrorKind::Unavailable);
    CHECK(mentions(answer.failure.message, "verloaded"));
    answer = Call(provider, with("garbage")).ask("hi", true);
    CHECK(mentions(answer.failure.message, "an event of the stream is not JSON"));
    answer = Call(provider, with("html")).ask("hi", true);
    CHECK(mentions(answer.failure.message, "is `base_url` right?"));
  }
}

TEST_CASE("an answer is held to the request's limit, unless the model has one itself") {
  struct Case {
    Provider provider;
    const char* more;
    const char* field;  // a JSON pointer
    int otherwise;      // without either; 0 for none
  };
  const Case cases[] = {
      {kAnthropic, "", "/max_tokens", 8192},
      {kGemini, "", "/generationConfig/maxOutputTokens", 0},
      {{"ollama", "mock_ollama", "OLLAMA_TEST_KEY", "", "some-model", 503}, "", "/options/num_predict", 0},
      {{"openai", "mock_responses", "OPENAI_API_KEY", "/v1", "some-model", 503},
       R"(, "api": "responses")",
       "/max_output_tokens",
       0},
      {{"openai", "mock_openai", "OPENAI_API_KEY", "/v1", "some-model", 503}, "", "/max_tokens", 0},
      {{"compatible", "mock_openai", "UNUSED_TEST_KEY", "/v1", "some-model", 503}, "", "/max_tokens", 0},
  };
  for (const Case& each : cases) {
    CAPTURE(each.provider.name, each.field);
    const json::json_pointer field(each.field);
    const auto sent = [&](const std::string& more, int64_t limit) {
      Call call(each.provider, {}, each.more + more);
      model::Request request = Caller::request("hi", false);
      request.max_tokens = limit;
      REQUIRE(call.caller.call(request).is_done);
      const std::string text = call.peer.get("/last");  // of mock_openai with its head
      const json last = json::parse(text.substr(text.find('{')));
      return last.contains(field) ? last[field].get<int>() : 0;
    };
    CHECK(sent("", 0) == each.otherwise);
    if (each.otherwise == 0) CHECK(sent("", 100) == 100);
    CHECK(sent(R"(, "max_tokens": 70)", 100) == 70);
    CHECK(sent(R"(, "max_tokens": 70)", 0) == 70);
  }
}
