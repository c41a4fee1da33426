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
  const auto amount = sched::Tariff(program, &prices).most(request, /*priced=*/true, error);
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
