// `web_search`: how each provider is told to search, what it finds, and answers that are paused for it.
#include "runtime/model/web_search.h"

#include <catch2/catch.hpp>

#include "runtime/model/abilities.h"
#include "tests/unit/net/provider_fixture.h"

using namespace chain;
using nlohmann::json;
using test::Answer;
using test::Call;
using test::Caller;
using test::mentions;
using test::Provider;
using test::triage;

namespace {

constexpr Provider kAnthropic = {"anthropic", "mock_anthropic",      "ANTHROPIC_API_KEY",
                                 "/v1",       "some-model-20260101", 529};
constexpr Provider kGemini = {"gemini", "mock_gemini", "GEMINI_API_KEY", "/v1beta", "some-model-001", 503};
constexpr Provider kResponses = {"openai", "mock_responses",        "OPENAI_API_KEY",
                                 "/v1",    "some-model-2026-01-01", 503};
constexpr Provider kChat = {"openai", "mock_openai", "OPENAI_API_KEY", "/v1", "some-search-model", 503};

constexpr const char* kSearch = R"(, "web_search": true)";
const model::Source kPage = {"Tides", "https://example.com/tides", ""};

/// A call of a model with an id that the chat mock takes for one that searches.
struct Searching : Call {
  Searching(const Provider& provider, const std::vector<std::string>& switches, const std::string& more,
            const char* search = kSearch)
      : Call(provider, switches, search + more, "sk-secret", {.verbose = true}) {
    caller.program.models[0].id = "some-search-model";
  }
};

/// The request's body.
json sent(const Provider& provider, const std::string& more, const char* search = kSearch) {
  Searching call(provider, {}, more, search);
  const Answer answer = call.ask();
  INFO(answer.failure.message);
  CHECK(answer.is_done);
  return json::parse(answer.sent_text.substr(answer.sent_text.find("\n\n")));
}

}  // namespace

TEST_CASE("the provider searches, and the pages that the answer cites are its sources") {
  struct Case {
    Provider provider;
    const char* more;
    int64_t searches;
    const char* text;
  };
  const Case cases[] = {
      {kChat, "", 1, "echo: hi"},
      {kResponses, R"(, "api": "responses")", 1, "echo: hi"},  // a look at a page is no search
      {kGemini, "", 2, "echo: hi"},
      {kAnthropic, "", 1, "I will look.\n\nIt says: echo: hi"}};
  for (const Case& each : cases) {
    for (const bool stream : {false, true}) {
      CAPTURE(each.provider.mock, stream);
      Searching call(each.provider, {"--chunk", "3"}, each.more);
      const Answer answer = call.ask("hi", stream);
      INFO(answer.failure.message);
      REQUIRE(answer.is_done);
      CHECK(answer.completion.text == each.text);
      CHECK(answer.streamed() == (stream ? each.text : ""));
      CHECK(answer.completion.usage.searches == each.searches);
      REQUIRE(answer.completion.sources.size() == 1);
      CHECK(answer.completion.sources[0].title == kPage.title);
      CHECK(answer.completion.sources[0].url == kPage.url);
      CHECK(answer.completion.state.api.empty());
      CHECK(answer.completion.attempts == 1);
    }
  }
}

TEST_CASE("Anthropic's citations say what the page says") {
  Searching call(kAnthropic, {}, "");
  const Answer answer = call.ask();
  REQUIRE(answer.completion.sources.size() == 1);
  CHECK(answer.completion.sources[0].quote == "High tide is at noon.");
}

TEST_CASE("each provider is told of a search in its own words") {
  const std::string limits = R"(, "search_domains": ["example.com", "example.org/news"], "max_searches": 3)";
  CHECK(sent(kChat, "")["web_search_options"] == json::object());
  json body = sent(kResponses, R"(, "api": "responses")");
  CHECK(body["tools"] == json::parse(R"([{"type": "web_search"}])"));
  CHECK_FALSE(body.contains("max_tool_calls"));
  body = sent(kResponses, R"(, "api": "responses")" + limits);
  CHECK(
      body["tools"] ==
      json::parse(
          R"([{"type": "web_search", "filters": {"allowed_domains": ["example.com", "example.org/news"]}}])"));
  CHECK(body["max_tool_calls"] == 3);
  CHECK(sent(kGemini, "")["tools"] == json::parse(R"([{"googleSearch": {}}])"));
  CHECK(sent(kAnthropic, "")["tools"] ==
        json::parse(R"([{"type": "web_search_20250305", "name": "web_search"}])"));
  CHECK(sent(kAnthropic, limits)["tools"] ==
        json::parse(R"([{"type": "web_search_20250305", "name": "web_search", "max_uses": 3,
                         "allowed_domains": ["example.com", "example.org/news"]}])"));
  for (const Provider& provider : {kChat, kGemini, kAnthropic}) {
    body = sent(provider, "", R"(, "web_search": false)");
    CHECK_FALSE(body.contains("tools"));
    CHECK_FALSE(body.contains("web_search_options"));
  }
}

TEST_CASE("a schema stays at home where the API takes none with a search") {
  for (const Provider& provider : {kAnthropic, kGemini}) {
    Searching call(provider, {}, "");
    const Answer answer = call.caller.call(triage(false));
    INFO(answer.failure.message);
    REQUIRE(answer.is_done);
    CHECK_FALSE(call.last().contains("output_config"));
    CHECK_FALSE(call.last().contains("generationConfig"));
  }
  Searching call(kResponses, {}, R"(, "api": "responses")");
  CHECK(call.caller.call(triage(false)).completion.text == "\"low\"");
  CHECK(call.last()["text"]["format"]["type"] == "json_schema");
}

TEST_CASE("a paused answer goes on with what it has found, as one call") {
  for (const bool stream : {false, true}) {
    CAPTURE(stream);
    Searching call(kAnthropic, {"--pauses", "2", "--chunk", "3"}, R"(, "max_searches": 5)");
    const Answer answer = call.ask("hi", stream);
    INFO(answer.failure.message);
    REQUIRE(answer.is_done);
    const std::string text = "I will look.\n\nIt says: echo: hi";
    CHECK(answer.completion.text == text);
    CHECK(answer.streamed() == (stream ? text : ""));
    CHECK(answer.completion.finish_reason == "end_turn");
    CHECK(answer.completion.attempts == 1);
    CHECK(answer.completion.usage.searches == 3);
    CHECK(answer.completion.usage.input_tokens == 36);  // of three requests
    CHECK(answer.completion.usage.output_tokens == 15);
    CHECK(answer.completion.sources.size() == 1);
    CHECK(call.peer.stat("requests") == 3);
    const json last = call.last();
    CHECK(last["tools"][0]["max_uses"] == 3);  // two of five were made
    REQUIRE(last["messages"].size() == 2);
    CHECK(last["messages"][1]["role"] == "assistant");
    CHECK(last["messages"][1]["content"].size() == 5);  // a text, and twice a search and what it found
  }
}

TEST_CASE("an answer whose searches are used up is gone on with without more") {
  Searching call(kAnthropic, {"--pauses", "1"}, R"(, "max_searches": 1)");
  const Answer answer = call.ask();
  INFO(answer.failure.message);
  REQUIRE(answer.is_done);
  CHECK(answer.completion.usage.searches == 1);
  CHECK(call.last()["tool_choice"] == json::parse(R"({"type": "none"})"));
}

TEST_CASE("an answer that is paused for ever fails, and so does one that finds nothing new") {
  Searching endless(kAnthropic, {"--pauses", "1000"}, "");
  Answer answer = endless.ask();
  REQUIRE(answer.is_failed);
  CHECK(answer.failure.kind == abi::ErrorKind::InvalidOutput);
  CHECK(mentions(answer.failure.message, "paused its answer"));
  CHECK(endless.peer.stat("requests") == 17);
  Searching idle(kAnthropic, {"--stop", "pause_turn"}, R"(, "max_searches": 1)");
  answer = idle.ask();
  REQUIRE(answer.is_failed);
  CHECK(idle.peer.stat("requests") == 2);
}

TEST_CASE("a service that is busy while an answer is paused is asked again for the rest") {
  for (const bool stream : {false, true}) {
    CAPTURE(stream);
    Searching call(kAnthropic, {"--pauses", "1", "--error-after", "1", "--error", "529:1"}, "");
    const Answer answer = call.ask("hi", stream);
    INFO(answer.failure.message);
    REQUIRE(answer.is_done);
    const std::string text = "I will look.\n\nIt says: echo: hi";
    CHECK(answer.completion.text == text);
    CHECK(answer.streamed() == (stream ? text : ""));
    CHECK(answer.completion.attempts == 2);
    CHECK(answer.retries.size() == 1);
    CHECK(call.peer.stat("requests") == 3);
  }
}

TEST_CASE("what cannot be searched with is said before anything is sent") {
  const auto failure = [](const Provider& provider, const char* id, bool with_tool,
                          const char* name = "time") {
    Searching call(provider, {}, "");
    call.caller.program.models[0].id = id;
    model::Request request = Caller::request();
    if (with_tool) request.tools = {{name, "says the time", ""}};
    const Answer answer = call.caller.call(std::move(request));
    CHECK(call.peer.stat("requests") == (answer.is_done ? 1 : 0));
    return answer.failure.message;
  };
  CHECK(mentions(failure(kGemini, "gemini-2.5-flash", true), "does not search the web and call tools"));
  CHECK(mentions(failure(kAnthropic, "claude-sonnet-4-5", true, "web_search"), "no other tool can be"));
  CHECK(mentions(failure(kChat, "gpt-4-turbo", false), "this model does not search the web"));
}

TEST_CASE("how often a model may search, and read what it finds, is known where it is bounded") {
  const auto most = [](const char* provider, const char* id, const char* options_json) {
    const program::Model model{"m", provider, id, options_json};
    std::string error;
    const auto options = model::Options::read(model, error);
    REQUIRE(options);
    return model::most_searches(model, *options);
  };
  CHECK(most("anthropic", "claude-sonnet-4-5", "{}") == 0);
  CHECK(most("anthropic", "claude-sonnet-4-5", R"({"web_search":true})") == std::nullopt);
  CHECK(most("anthropic", "claude-sonnet-4-5", R"({"web_search":true,"max_searches":4})") == 4);
  CHECK(most("openai", "gpt-5-search-api", R"({"web_search":true})") == 1);
  CHECK(most("openai", "gpt-5", R"({"web_search":true,"api":"responses"})") == std::nullopt);
  CHECK(most("gemini", "gemini-2.5-flash", R"({"web_search":true})") == 1);
  CHECK(most("gemini", "gemini-3-flash", R"({"web_search":true})") == std::nullopt);
  CHECK(most("compatible", "x", R"({"base_url":"http://x","web_search":true})") == std::nullopt);
  const auto rounds = [](const char* provider, int64_t searches) {
    const model::SearchRounds found = model::rounds_of({"m", provider, "x", "{}"}, searches);
    return std::pair(found.reads, found.writes);
  };
  CHECK(rounds("anthropic", 0) == std::pair<int64_t, int64_t>(1, 1));
  CHECK(rounds("anthropic", 3) == std::pair<int64_t, int64_t>(7, 4));
  CHECK(rounds("openai", 3) == std::pair<int64_t, int64_t>(4, 1));
}
