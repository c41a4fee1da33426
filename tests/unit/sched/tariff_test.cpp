// The most that one call can take: thoughts, what goes into a provider's cache, and tools count, too.
#include "runtime/sched/tariff.h"

#include <catch2/catch.hpp>

using namespace chain;

namespace {

/// Of a call of a model at 1 dollar for a million tokens in, 10 out.
sched::Amount most(const std::string& options, const model::Request& request) {
  program::Program program;
  program.models.push_back({"m", "anthropic", "some", options});
  model::Prices prices;
  std::string error;
  REQUIRE(prices.add(R"({"models": {"anthropic/some": {"input": 1, "cached_input": 0.1, "output": 10}}})",
                     error));
  const auto amount = sched::Tariff(program, &prices).most(request, /*priced=*/true, /*counted=*/true, error);
  REQUIRE(amount);
  return *amount;
}

model::Request request() {
  model::Request request;
  request.messages.push_back({program::Role::User, "hello"});
  return request;
}

}  // namespace

TEST_CASE("room to think comes on top of the answer, unless the model has a limit itself") {
  const sched::Amount usual = most("{}", request());
  CHECK(most(R"({"reasoning_budget": 2000})", request()).tokens == usual.tokens + 2000);
  CHECK(most(R"({"reasoning_budget": 2000, "max_tokens": 8192})", request()).tokens == usual.tokens);
}

TEST_CASE("what may go into the provider's cache is reserved at its price") {
  const sched::Amount usual = most("{}", request());
  const int64_t input = usual.tokens - sched::Tariff::kAnswer;
  CHECK(most(R"({"prompt_cache": "off"})", request()).cost == usual.cost);
  CHECK(most(R"({"prompt_cache": "5m"})", request()).cost == usual.cost + input * 250);
  CHECK(most(R"({"prompt_cache": "1h"})", request()).cost == usual.cost + input * 1000);
}

TEST_CASE("tools, calls and results are input") {
  const int64_t usual = most("{}", request()).tokens;
  model::Request asked = request();
  const std::string text(1000, 'x');
  asked.tools = {{"time", text, text}};
  CHECK(most("{}", asked).tokens >= usual + 2000);
  asked = request();
  asked.messages[0].turn = std::make_shared<const model::Turn>(
      model::Turn{{{"a", "time", text}}, {"anthropic", text}, {{"a", "time", text}}});
  CHECK(most("{}", asked).tokens >= usual + 3000);
}

TEST_CASE("searches of the web are bounded by what the model may search and read, or refused") {
  const auto amount = [](const program::Model& model, const char* price, bool priced, std::string& error) {
    program::Program program;
    program.models.push_back(model);
    model::Prices prices;
    REQUIRE(prices.add(R"({"models": {"anthropic/claude-sonnet-4-5": )" + std::string(price) + "}}", error));
    return sched::Tariff(program, &prices).most(request(), priced, /*counted=*/true, error);
  };
  const auto asked = [](const char* options) {
    return program::Model{"m", "anthropic", "claude-sonnet-4-5", options};
  };
  const char* price = R"({"input": 1, "output": 10, "search": 10})";
  const char* bounded = R"({"web_search": true, "max_searches": 2})";
  std::string error;
  const auto plain = amount(asked("{}"), price, true, error);
  const auto found = amount(asked(bounded), price, true, error);
  REQUIRE((plain && found));
  // Five times it reads all that its window holds, and three times it writes: each search may pause it.
  CHECK(found->tokens == plain->tokens + 5 * 200'000 + 2 * sched::Tariff::kAnswer);
  CHECK(found->cost ==
        plain->cost + 5 * 200'000 * 1'000 + 2 * sched::Tariff::kAnswer * 10'000 + 2 * 10'000'000);
  CHECK_FALSE(amount(asked(R"({"web_search": true})"), price, false, error));
  CHECK(error.find("give it a `max_searches`") != std::string::npos);
  CHECK_FALSE(amount(asked(bounded), R"({"input": 1, "output": 10})", true, error));
  CHECK(error.find("no price for a search of the web (`search`)") != std::string::npos);
  CHECK(amount(asked(bounded), R"({"input": 1, "output": 10})", false, error));
  program::Model unknown = asked(R"({"web_search": true, "base_url": "http://x"})");
  unknown.provider = "compatible";
  CHECK_FALSE(amount(unknown, price, false, error));
  CHECK(error.find("its API knows no bound") != std::string::npos);
}

TEST_CASE("a search that was made costs what the table says, and without a price nobody knows") {
  program::Program program;
  program.models.push_back({"m", "anthropic", "some", R"({"web_search": true})"});
  const auto cost = [&](const char* price) {
    model::Prices prices;
    std::string error;
    REQUIRE(prices.add(R"({"models": {"anthropic/some": )" + std::string(price) + "}}", error));
    model::Completion answer;
    answer.usage = {.input_tokens = 1000, .output_tokens = 100, .searches = 3};
    return sched::Tariff(program, &prices).cost(request(), answer);
  };
  CHECK(cost(R"({"input": 1, "output": 10, "search": 10})") == 1'000'000 + 1'000'000 + 30'000'000);
  CHECK_FALSE(cost(R"({"input": 1, "output": 10})"));
}
