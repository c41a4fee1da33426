// What a model says of thinking and of prompt caches, as each provider is told it.
#include <catch2/catch.hpp>

#include "runtime/model/prices.h"
#include "tests/unit/net/provider_fixture.h"

using namespace chain;
using nlohmann::json;
using test::Answer;
using test::Call;
using test::Caller;
using test::mentions;
using test::Provider;

namespace {

constexpr Provider kAnthropic = {"anthropic", "mock_anthropic", "ANTHROPIC_API_KEY", "/v1", "", 529};
constexpr Provider kGemini = {"gemini", "mock_gemini", "GEMINI_API_KEY", "/v1beta", "", 503};
constexpr Provider kOllama = {"ollama", "mock_ollama", "OLLAMA_TEST_KEY", "", "", 503};
constexpr Provider kChat = {"openai", "mock_openai", "OPENAI_API_KEY", "/v1", "", 503};
constexpr Provider kResponses = {"openai", "mock_responses", "OPENAI_API_KEY", "/v1", "", 503};

/// What goes out for `request` by a model with these options.
json sent(const Provider& provider, const std::string& options, const model::Request& request) {
  Call call(provider, {}, options.empty() ? "" : ", " + options);
  const Answer answer = call.caller.call(request);
  CAPTURE(answer.failure.message);
  REQUIRE(answer.is_done);
  const std::string text = call.peer.get("/last");  // of mock_openai with its head
  return json::parse(text.substr(text.find('{')));
}

json sent(const Provider& provider, const std::string& options) {
  return sent(provider, options, Caller::request("hi"));
}

std::string failure(const Provider& provider, const std::string& options) {
  Call call(provider, {}, ", " + options);
  const Answer answer = call.ask();
  REQUIRE(answer.is_failed);
  return answer.failure.message;
}

const json kCache = json::parse(R"({"type": "ephemeral"})");

/// The text of the block that carries the hint, by where it stands: "system/0", "messages/1/0". Empty for
/// none.
std::pair<std::string, std::string> marked(const json& body) {
  const auto in = [](const json& blocks, const std::string& where) -> std::pair<std::string, std::string> {
    if (!blocks.is_array()) return {};
    for (size_t i = 0; i < blocks.size(); ++i) {
      if (blocks[i].contains("cache_control"))
        return {where + std::to_string(i), blocks[i]["text"].get<std::string>()};
    }
    return {};
  };
  auto found = in(body.value("system", json()), "system/");
  for (size_t i = 0; i < body["messages"].size() && found.first.empty(); ++i)
    found = in(body["messages"][i]["content"], "messages/" + std::to_string(i) + "/");
  return found;
}

model::Request prompt_of(uint32_t constant_messages, uint32_t constant_bytes) {
  model::Request request;
  request.messages = {{program::Role::User, "an example"},
                      {program::Role::Assistant, "its answer"},
                      {program::Role::System, "Be kind."},
                      {program::Role::User, "Question: why?"}};
  request.constant_messages = constant_messages;
  request.constant_bytes = constant_bytes;
  return request;
}

}  // namespace

TEST_CASE("how long a model thinks is said in each provider's words") {
  const auto thinking = [](const std::string& options) {
    const json body = sent(kAnthropic, options);
    return std::pair(body.value("thinking", json()), body.value("output_config", json()));
  };
  CHECK(thinking("") == std::pair(json(), json()));
  CHECK(thinking(R"("reasoning_effort": "high")") ==
        std::pair(json::parse(R"({"type":"adaptive"})"), json::parse(R"({"effort":"high"})")));
  CHECK(thinking(R"("reasoning_effort": "minimal")").second == json::parse(R"({"effort":"low"})"));
  CHECK(thinking(R"("reasoning_effort": "none")") ==
        std::pair(json::parse(R"({"type":"disabled"})"), json()));
  CHECK(thinking(R"("reasoning_budget": 0)").first == json::parse(R"({"type":"disabled"})"));
  CHECK(thinking(R"("reasoning_budget": 2000)").first ==
        json::parse(R"({"type":"enabled","budget_tokens":2000})"));
  CHECK(thinking(R"("reasoning_budget": 2000, "reasoning_effort": "low")") ==
        std::pair(json::parse(R"({"type":"enabled","budget_tokens":2000})"),
                  json::parse(R"({"effort":"low"})")));
  // What it thinks comes on top of what it usually may write.
  CHECK(sent(kAnthropic, R"("reasoning_budget": 20000)")["max_tokens"] == 28192);
  CHECK(sent(kAnthropic, R"("reasoning_budget": 2000, "max_tokens": 3000)")["max_tokens"] == 3000);

  const auto gemini = [](const std::string& options) {
    return sent(kGemini, options).value("generationConfig", json()).value("thinkingConfig", json());
  };
  CHECK(gemini(R"("temperature": 0)") == json());
  CHECK(gemini(R"("reasoning_effort": "low")") == json::parse(R"({"thinkingLevel":"LOW"})"));
  CHECK(gemini(R"("reasoning_effort": "none")") == json::parse(R"({"thinkingBudget":0})"));
  CHECK(gemini(R"("reasoning_budget": 512)") == json::parse(R"({"thinkingBudget":512})"));
  CHECK(sent(kOllama, R"("reasoning_effort": "high")")["think"] == "high");
}

TEST_CASE("what a provider does not take of thinking is its failure, with the way out") {
  CHECK(mentions(failure(kGemini, R"("reasoning_effort": "low", "reasoning_budget": 5)"),
                 "`gemini` takes `reasoning_effort` or `reasoning_budget`, not both"));
  CHECK(mentions(failure(kGemini, R"("reasoning_effort": "max")"), "Invalid value at 'thinking_level'"));
  CHECK(mentions(failure(kAnthropic, R"("reasoning_budget": 100)"), "greater than or equal to 1024"));
  CHECK(mentions(failure(kAnthropic, R"("reasoning_budget": 2000, "max_tokens": 2000)"),
                 "must be greater than `thinking.budget_tokens`"));
  for (const test::Provider& provider : {kAnthropic, kGemini, kOllama})
    CHECK(mentions(failure(provider, R"("reasoning_effort": "deep")"), "must be one of none,minimal,low"));
  CHECK(mentions(failure(kOllama, R"("reasoning_budget": 5)"), "takes no option `reasoning_budget`"));
}

TEST_CASE("what a model thought is no part of its answer, with a schema neither") {
  for (const char* options : {R"("reasoning_effort": "high")", R"("reasoning_budget": 2000)"}) {
    for (const bool stream : {false, true}) {
      CAPTURE(options, stream);
      Call call(kAnthropic, {}, std::string(", ") + options);
      Answer answer = call.ask("hi", stream);
      REQUIRE(answer.is_done);
      CHECK(answer.completion.text == "echo: hi");
      CHECK(answer.streamed() == (stream ? "echo: hi" : ""));
      answer = call.caller.call(test::triage(stream));
      CHECK(answer.completion.text == "\"low\"");
      CHECK(call.last()["output_config"].contains("format"));
    }
  }
}

TEST_CASE("a tool that is forced is called without thoughts, and so goes on who does not know those before") {
  Call call(kAnthropic, {}, R"(, "reasoning_budget": 2000)");
  model::Request request = Caller::request("hi");
  request.tools = {{"time", "now", {}}};
  REQUIRE(call.caller.call(request).completion.tool_calls.size() == 1);
  CHECK(call.last().contains("thinking"));
  request.tool_choice = {model::ToolChoice::Kind::Named, "time"};
  REQUIRE(call.caller.call(request).completion.tool_calls.size() == 1);
  CHECK_FALSE(call.last().contains("thinking"));

  request.tool_choice = {};
  model::Message said{program::Role::Assistant, ""}, came;
  said.turn = std::make_shared<const model::Turn>(model::Turn{{{"a", "time", "{}"}}, {"gemini", "[]"}, {}});
  came.turn = std::make_shared<const model::Turn>(model::Turn{{}, {}, {{"a", "time", "noon"}}});
  request.messages.push_back(said);
  request.messages.push_back(came);
  CHECK(call.caller.call(request).completion.text == "echo: noon");
  CHECK_FALSE(call.last().contains("thinking"));
}

TEST_CASE("Anthropic is shown where what every call begins with ends, in the order in which it reads") {
  const auto mark = [](uint32_t messages, uint32_t bytes) {
    return marked(sent(kAnthropic, R"("prompt_cache": "5m")", prompt_of(messages, bytes)));
  };
  using Place = std::pair<std::string, std::string>;
  CHECK(mark(4, 0) == Place("messages/2/0", "Question: why?"));
  CHECK(mark(3, 9) == Place("messages/2/0", "Question:"));
  CHECK(mark(3, 0) == Place("messages/1/0", "its answer"));
  // The system part comes first, whatever stands before it in the prompt.
  CHECK(mark(2, 5) == Place("system/0", "Be ki"));
  CHECK(mark(2, 0) == Place("", ""));
  CHECK(mark(0, 0) == Place("", ""));
  CHECK(mark(3, 14) == mark(3, 0));  // nothing would be left behind it
  const json whole = sent(kAnthropic, R"("prompt_cache": "5m")", prompt_of(3, 9));
  CHECK(whole["messages"][2]["content"] ==
        json::parse(R"([{"type":"text","text":"Question:","cache_control":{"type":"ephemeral"}},
                        {"type":"text","text":" why?"}])"));
  CHECK(sent(kAnthropic, "", prompt_of(3, 9)).dump().find("cache_control") == std::string::npos);
  CHECK(sent(kAnthropic, R"("prompt_cache": "off")", prompt_of(3, 9)).dump().find("cache_control") ==
        std::string::npos);
  CHECK(mentions(sent(kAnthropic, R"("prompt_cache": "1h")", prompt_of(3, 9)).dump(), R"("ttl":"1h")"));
}

TEST_CASE("a conversation with tools is kept up to its end") {
  model::Request request = Caller::request("hi");
  request.tools = {{"time", "now", {}}};
  CHECK(sent(kAnthropic, R"("prompt_cache": "5m")", request)["cache_control"] == kCache);
  CHECK_FALSE(sent(kAnthropic, "", request).contains("cache_control"));
}

TEST_CASE("OpenAI is told which calls begin alike: those of a prompt's version at a model") {
  program::Prompt prompt;
  prompt.name = "mood";
  prompt.version = {1, 2};
  model::Request request = Caller::request("hi");
  request.prompt = &prompt;
  for (const auto& [provider, more] :
       {std::pair(kChat, std::string()), std::pair(kResponses, std::string(R"("api": "responses", )"))}) {
    const auto key = [&, provider = provider, more = more] {
      return sent(provider, more + R"("prompt_cache": "1h")", request).value("prompt_cache_key", "");
    };
    prompt.version = {1, 2};
    const std::string first = key();
    CHECK(first.starts_with("chain-"));
    CHECK(first.size() <= 64);
    CHECK(key() == first);
    prompt.version = {1, 3};
    CHECK(key() != first);
    CHECK_FALSE(sent(provider, more + R"("temperature": 1)", request).contains("prompt_cache_key"));
  }
  CHECK(sent(kOllama, R"("prompt_cache": "1h")", request)["keep_alive"] == "1h");
  CHECK_FALSE(sent(kOllama, R"("prompt_cache": "off")", request).contains("keep_alive"));
}

TEST_CASE("what goes into Anthropic's cache is counted, and costs what its time costs") {
  for (const bool stream : {false, true}) {
    const Answer answer = Call(kAnthropic, {}, R"(, "prompt_cache": "5m")").ask("hi", stream);
    CHECK(answer.completion.usage.input_tokens == 12);
    CHECK(answer.completion.usage.cached_tokens == 3);
    CHECK(answer.completion.usage.written_tokens == 2);
  }
  const model::Prices prices;
  const auto cost = [&](const char* options) {
    const auto price = prices.of({"m", "anthropic", "claude-sonnet-4-5", options});
    REQUIRE(price);
    model::Usage usage;
    usage.input_tokens = 1'000'000;
    usage.cached_tokens = 100'000;
    usage.written_tokens = 500'000;
    return model::cost_of(*price, usage);
  };
  // 3 dollars for a million, 0.3 for what was read, and a quarter more or the double for what was written.
  CHECK(cost("{}") == 2'730'000'000);
  CHECK(cost(R"({"prompt_cache": "off"})") == 2'730'000'000);
  CHECK(cost(R"({"prompt_cache": "5m"})") == 3'105'000'000);
  CHECK(cost(R"({"prompt_cache": "1h"})") == 4'230'000'000);
}
