// Tools in every provider's own protocol, against mocks that serve the providers' own SDKs too.
#include <catch2/catch.hpp>

#include "runtime/model/mended_calls.h"
#include "tests/unit/net/provider_fixture.h"

using namespace chain;
using nlohmann::json;
using test::Answer;
using test::Call;
using test::Caller;
using test::mentions;
using test::Provider;

namespace {

struct Api {
  Provider provider;
  const char* more;   // options
  const char* limit;  // why an answer that is too long ends
  bool spoils_whole;  // arguments are a text even outside of streams
};

constexpr Provider kAnthropicProvider = {"anthropic", "mock_anthropic", "ANTHROPIC_API_KEY", "/v1", "", 529};

const Api kChat = {{"openai", "mock_openai", "OPENAI_API_KEY", "/v1", "some-model", 503}, "", "length", true};
const Api kResponses = {{"openai", "mock_responses", "OPENAI_API_KEY", "/v1", "", 503},
                        R"(, "api": "responses")",
                        "max_output_tokens",
                        true};
const Api kAnthropic = {kAnthropicProvider, "", "max_tokens", false};
const Api kGemini = {
    {"gemini", "mock_gemini", "GEMINI_API_KEY", "/v1beta", "", 503}, "", "MAX_TOKENS", false};
const Api kOllama = {{"ollama", "mock_ollama", "OLLAMA_TEST_KEY", "", "", 503}, "", "length", false};
const Api kAll[] = {kChat, kResponses, kAnthropic, kGemini, kOllama};

constexpr std::string_view kCity =
    R"({"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false})";

std::string switch_of(const Api& api) {
  return std::string(api.provider.mock) == "mock_openai" ? "--finish-reason" : "--stop";
}

/// What the mock was sent last; mock_openai shows its head, too.
json last(const Call& call) {
  const std::string text = call.peer.get("/last");
  return json::parse(text.substr(text.find('{')));
}

model::Request question(bool stream) {
  model::Request request = Caller::request("Is it raining?", stream);
  request.tools = {{"weather", "of a city", kCity}, {"time", "now", {}}};
  return request;
}

/// The conversation goes on: what the model answered, and what its calls gave.
model::Request with_results(model::Request request, const model::Completion& answer) {
  model::Turn said{answer.tool_calls, answer.state, {}};
  model::Turn results;
  for (const model::ToolCall& call : answer.tool_calls)
    results.results.push_back({call.id, call.name, call.name + " is fine;"});
  model::Message assistant{program::Role::Assistant, answer.text};
  assistant.turn = std::make_shared<const model::Turn>(std::move(said));
  model::Message user;
  user.turn = std::make_shared<const model::Turn>(std::move(results));
  request.messages.push_back(assistant);
  request.messages.push_back(user);
  return request;
}

}  // namespace

TEST_CASE("tools are called side by side, and their results answered, whole and as a stream") {
  for (const Api& api : kAll) {
    for (const bool stream : {false, true}) {
      CAPTURE(api.provider.mock, stream);
      Call call(api.provider, {}, api.more);
      const model::Request asked = question(stream);
      const Answer first = call.caller.call(asked);
      CAPTURE(first.failure.message);
      REQUIRE(first.is_done);
      const std::vector<model::ToolCall>& calls = first.completion.tool_calls;
      REQUIRE(calls.size() == 2);
      CHECK(calls[0].name == "weather");
      CHECK(json::parse(calls[0].arguments) == json::parse(R"({"city": "text"})"));
      CHECK(calls[1].name == "time");
      CHECK(json::parse(calls[1].arguments) == json::object());
      CHECK(calls[0].id != calls[1].id);
      CHECK(first.streamed() == (stream ? first.completion.text : ""));

      const Answer second = call.caller.call(with_results(asked, first.completion));
      CAPTURE(second.failure.message);
      REQUIRE(second.is_done);
      CHECK(second.completion.tool_calls.empty());
      CHECK(second.completion.text.starts_with("echo: "));
      CHECK(mentions(second.completion.text, "time is fine;"));
    }
  }
}

TEST_CASE("a tool is chosen, or none") {
  for (const Api& api : kAll) {
    CAPTURE(api.provider.mock);
    Call call(api.provider, {}, api.more);
    model::Request request = question(false);
    request.tool_choice = {model::ToolChoice::Kind::None, {}};
    Answer answer = call.caller.call(request);
    CAPTURE(answer.failure.message);
    REQUIRE(answer.is_done);
    CHECK(answer.completion.tool_calls.empty());
    CHECK(answer.completion.text == "echo: Is it raining?");

    const bool ollama = std::string(api.provider.name) == "ollama";
    request.tool_choice = {model::ToolChoice::Kind::Required, {}};
    answer = call.caller.call(request);
    REQUIRE(answer.is_done != ollama);
    if (!ollama) CHECK(answer.completion.tool_calls.size() == 2);
    request.tool_choice = {model::ToolChoice::Kind::Named, "time"};
    answer = call.caller.call(request);
    REQUIRE(answer.is_done != ollama);
    if (ollama) {
      CHECK(answer.failure.kind == abi::ErrorKind::InvalidValue);
      CHECK(mentions(answer.failure.message, "leave the choice to the model"));
    } else {
      REQUIRE(answer.completion.tool_calls.size() == 1);
      CHECK(answer.completion.tool_calls[0].name == "time");
    }
  }
}

TEST_CASE("a strict tool is said to be one, and a tool without parameters takes an empty object") {
  for (const Api& api : kAll) {
    CAPTURE(api.provider.mock);
    Call call(api.provider, {}, api.more);
    model::Request request = Caller::request("hi");
    request.tools = {{"weather", {}, kCity, /*strict=*/true}, {"time", "now", {}, false}};
    REQUIRE(call.caller.call(request).is_done);
    const json sent = last(call);
    const std::string text = sent.dump();
    CHECK(mentions(text, R"({"properties":{},"type":"object"})"));
    CHECK_FALSE(mentions(text, R"("description":"")"));
    const std::string name = api.provider.mock;
    if (name == "mock_gemini") {
      CHECK_FALSE(sent.contains("toolConfig"));  // all of them, or the others would be held to theirs
      request.tools.pop_back();
      REQUIRE(call.caller.call(request).is_done);
      CHECK(last(call)["toolConfig"]["functionCallingConfig"]["mode"] == "VALIDATED");
    } else if (name != "mock_ollama") {
      CHECK(mentions(text, R"("strict":true)"));
    }
  }
}

TEST_CASE("arguments that are no JSON object are kept as what the model wrote, and go back as none") {
  for (const Api& api : {kChat, kResponses, kAnthropic}) {
    for (const bool stream : {false, true}) {
      if (!stream && !api.spoils_whole) continue;
      for (const char* arguments : {R"({"city": "Se)", "[1]", "\"Seoul\"", R"({"city": })", "{}{}"}) {
        CAPTURE(api.provider.mock, stream, arguments);
        Call call(api.provider, {"--arguments", arguments}, api.more);
        const Answer answer = call.caller.call(question(stream));
        REQUIRE(answer.is_done);
        CHECK(answer.completion.attempts == 1);
        REQUIRE_FALSE(answer.completion.tool_calls.empty());
        CHECK(model::wrong_arguments(answer.completion.tool_calls[0]) == arguments);
        const Answer next = call.caller.call(with_results(question(stream), answer.completion));
        CAPTURE(next.failure.message);
        REQUIRE(next.is_done);
        CHECK(mentions(next.completion.text, "time is fine;"));
      }
    }
  }
}

TEST_CASE("a call that the token limit cut is told as that") {
  for (const Api& api : {kChat, kResponses, kAnthropic}) {
    CAPTURE(api.provider.mock);
    Call call(api.provider, {"--arguments", R"({"city": "Se)", switch_of(api), api.limit}, api.more);
    const Answer answer = call.caller.call(question(true));
    REQUIRE(answer.is_done);
    CHECK(model::wrong_arguments(answer.completion.tool_calls.at(0)) ==
          R"(the token limit ended the answer within them: {"city": "Se)");
  }
}

TEST_CASE("a stream that breaks off among calls is unavailable, never a call of half of it") {
  for (const Api& api : {kChat, kResponses, kAnthropic, kGemini}) {
    CAPTURE(api.provider.mock);
    Call call(api.provider, {"--malformed", "close-mid-stream"}, std::string(api.more) + R"(, "retry": 0)");
    const Answer answer = call.caller.call(question(true));
    REQUIRE(answer.is_failed);
    CHECK(answer.failure.kind == abi::ErrorKind::Unavailable);
  }
}

TEST_CASE("a schema and tools go together where the API takes both") {
  for (const Api& api : kAll) {
    CAPTURE(api.provider.mock);
    Call call(api.provider, {}, api.more);
    model::Request request = question(false);
    request.schema_name = "weather";
    request.schema = R"({"enum":["wet","dry"],"type":"string"})";
    const Answer first = call.caller.call(request);
    CAPTURE(first.failure.message);
    REQUIRE(first.is_done);
    CHECK(first.completion.tool_calls.size() == 2);
    const Answer second = call.caller.call(with_results(request, first.completion));
    CAPTURE(second.failure.message);
    REQUIRE(second.is_done);
    const std::string name = api.provider.name;
    const bool both = name != "gemini" && name != "ollama";
    CHECK((second.completion.text == "\"wet\"") == both);
    CHECK(mentions(last(call).dump(), R"("wet")") == both);
  }
}

TEST_CASE("what cannot be sent is told before it is") {
  const auto failure = [](const model::Request& request) {
    Call call(kAnthropicProvider);
    const Answer answer = call.caller.call(request);
    REQUIRE(answer.is_failed);
    CHECK(answer.failure.kind == abi::ErrorKind::InvalidValue);
    CHECK(call.peer.stat("requests") == 0);
    return answer.failure.message;
  };
  model::Request request = question(false);
  request.tool_choice = {model::ToolChoice::Kind::Named, "other"};
  CHECK(mentions(failure(request), "is to call the tool `other`, which is not among its tools"));
  request = question(false);
  request.tools[1].name = "weather";
  CHECK(mentions(failure(request), "two tools are called `weather`"));
  request.tools[1].name = "handbook.search";
  CHECK(mentions(failure(request), "no tool can be called `handbook.search`"));
  request.tools[1] = {"time", {}, "[]"};
  CHECK(mentions(failure(request), "the parameters of the tool `time` are no JSON Schema"));
  request = Caller::request("hi");
  request.tool_choice = {model::ToolChoice::Kind::Required, {}};
  CHECK(mentions(failure(request), "it is to call a tool, and there is none"));

  model::Completion answer;
  answer.tool_calls = {{"a", "time", "{}"}};
  request = with_results(question(false), answer);
  std::swap(request.messages[1], request.messages[2]);
  CHECK(mentions(failure(request), "there is a result of `time`, and no call before it"));
  request = with_results(question(false), answer);
  request.messages.pop_back();
  CHECK(mentions(failure(request), "is not followed by what came of it"));
}

TEST_CASE("a conversation goes on with another provider, which is sent no other's state") {
  model::Completion answer;
  answer.text = "I will look.";
  answer.tool_calls = {{"call-1", "weather", R"({"city":"Seoul"})"}, {"call-2", "time", "{}"}};
  for (const char* state : {"anthropic", "nobody"}) {
    for (const Api& api : kAll) {
      answer.state = {state, R"([{"text":"hidden"}])"};
      if (std::string_view(api.provider.name) == state) answer.state.json = "[1";  // spoilt
      CAPTURE(api.provider.mock, state);
      Call call(api.provider, {}, api.more);
      const Answer next = call.caller.call(with_results(question(false), answer));
      CAPTURE(next.failure.message);
      REQUIRE(next.is_done);
      CHECK(mentions(next.completion.text, "time is fine;"));
      const std::string sent = last(call).dump();
      CHECK_FALSE(mentions(sent, "hidden"));
      CHECK(mentions(sent, "I will look."));
      CHECK(mentions(sent, "Seoul"));
    }
  }
}

TEST_CASE("what failed in a tool is told to the model") {
  model::Completion answer;
  answer.tool_calls = {{"call-1", "time", "{}"}};
  for (const Api& api : kAll) {
    CAPTURE(api.provider.mock);
    model::Request request = with_results(question(false), answer);
    model::Turn turn;
    turn.results = {{"call-1", "time", "no clock", /*is_error=*/true}};
    request.messages.back().turn = std::make_shared<const model::Turn>(turn);
    Call call(api.provider, {}, api.more);
    REQUIRE(call.caller.call(request).is_done);
    const std::string sent = last(call).dump();
    const std::string name = api.provider.name;
    CHECK(mentions(sent, name == "anthropic" ? R"("is_error":true)"
                         : name == "gemini"  ? R"({"error":"no clock"})"
                                             : R"("Error: no clock")"));
  }
}
