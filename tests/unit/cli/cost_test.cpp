// `chain cost`: what is shown of the calls that the journal holds.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/peers/peer.h"
#include "tests/unit/cli/place.h"

namespace {

using chain::test::MockOpenAi;
using chain::testing::check_ended;
using chain::testing::Ended;
using chain::testing::Place;
using nlohmann::json;

/// The mock counts a word as a token.
struct Priced {
  Place place;
  MockOpenAi mock;

  explicit Priced(const std::vector<std::string>& answers = {}) : mock(answers) {
    std::filesystem::create_directories(place.path() / "config");
    prices(R"({"models": {"openai/mock": {"input": 1000, "output": 2000}}})");
    place.file("ask.chain", R"(model m = openai("mock", base_url: ")" + mock.base_url() + R"(")
model own = openai("unknown", base_url: ")" +
                                mock.base_url() + R"(")

prompt ask@1.0(q: string) -> string {
  model: m
  cache: 24h
  user: "{{ q }}"
}

prompt number@1.0() -> int {
  model: own
  repair: 1
  user: "no number"
}

chain main(q: string = "hi") -> string {
  return ask(q)
}

chain other() -> int {
  return number()
}
)");
  }
  void prices(const std::string& json) const { place.file("config/prices.json", json); }
  [[nodiscard]] Ended chain(std::vector<std::string> words) const {
    if (words[0] == "run")
      words.insert(words.begin() + 1, {"--allow", "host=127.0.0.1:" + std::to_string(mock.port())});
    return place.chain(std::move(words));
  }
  [[nodiscard]] json costs(std::vector<std::string> words = {}) const {
    words.insert(words.begin(), {"cost", "--json"});
    const Ended ended = chain(std::move(words));
    check_ended(ended, 0, {});
    return json::parse(ended.out);
  }
};

}  // namespace

TEST_CASE("what calls cost is kept with them, whatever prices become") {
  const Priced priced;
  check_ended(priced.chain({"cost"}), 1, {"no run is written down yet"});
  check_ended(priced.chain({"run", "ask.chain:main"}), 0, {});
  check_ended(priced.chain({"run", "ask.chain:main"}), 0, {});
  const json once = priced.costs();
  REQUIRE(once["rows"].size() == 1);
  const json& row = once["rows"][0];
  CHECK(row["model"] == "openai/mock");
  CHECK(row["calls"] == 2);
  CHECK(row["from_cache"] == 1);
  const int64_t paid = row["cost_nano_dollars"];
  CHECK(paid ==
        row["input_tokens"].get<int64_t>() * 1'000'000 + row["output_tokens"].get<int64_t>() * 2'000'000);
  CHECK(paid > 0);
  CHECK(row["saved_nano_dollars"] == paid);

  priced.prices(R"({"models": {"openai/mock": {"input": 1, "output": 1}}})");
  CHECK(priced.costs()["total"]["cost_nano_dollars"] == paid);
  const Ended shown = priced.chain({"cost", "--by", "prompt"});
  CHECK(shown.out.starts_with("PROMPT   RUNS  CALLS  FAILED  DROPPED  REPAIRS  CACHE  TOKENS IN"));
  CHECK(shown.out.find("ask@1.0     2      2       0        0        0      1") != std::string::npos);
  CHECK(shown.out.find(", saved $0.00") != std::string::npos);
  CHECK(shown.out.find('\x1b') == std::string::npos);
  CHECK(priced.chain({"show", "last", "--json"}).out.find("\"saved_nano_dollars\"") != std::string::npos);
}

TEST_CASE("a model without a price is no gift, and may be given one later") {
  const Priced priced({"--reply", "no idea"});
  check_ended(priced.chain({"run", "ask.chain:other"}), 1, {"invalid_output"});
  const Ended shown = priced.chain({"cost", "--by", "chain"});
  check_ended(shown, 0, {});
  CHECK(shown.out.find("ask.chain:other") != std::string::npos);
  CHECK(shown.out.find("unpriced") != std::string::npos);
  CHECK(shown.out.find("$0.0000") == std::string::npos);
  CHECK(shown.out.find("2 calls of `openai/unknown` have no price: add it to") != std::string::npos);
  const json before = priced.costs();
  CHECK(before["total"]["unpriced_calls"] == 2);
  CHECK(before["total"]["repairs"] == 1);
  CHECK(before["unpriced"]["openai/unknown"] == 2);

  priced.prices(R"({"models": {"openai/unknown": {"input": 1000, "output": 2000}}})");
  const json after = priced.costs();
  CHECK(after["total"]["unpriced_calls"] == 0);
  CHECK(after["rows"][0]["cost_nano_dollars"].get<int64_t>() > 0);
}

TEST_CASE("a call that a race drops is told as that, with what its model has read as far as anybody knows") {
  const Priced priced;
  const MockOpenAi never({"--silent"});
  priced.place.file("race.chain", R"(model m = openai("mock", base_url: ")" + priced.mock.base_url() +
                                      R"(")
model slow = openai("mock", base_url: ")" +
                                      never.base_url() + R"(")

prompt ask@1.0(q: string) -> string {
  model: m
  user: "{{ q }}"
}

chain main() -> string {
  return race [ask("a slow question") with { model: slow }, ask("a quick question")]
}
)");
  check_ended(priced.chain({"run", "race.chain", "--allow", "host=*"}), 0, {});
  const json row = priced.costs({"--by", "prompt"})["rows"].at(0);
  CHECK(row["calls"] == 2);
  CHECK(row["dropped"] == 1);
  CHECK(row["cost_nano_dollars"] > 0);
  CHECK(row["failed"] == 0);
  CHECK(row["unpriced_calls"] == 0);
  const json run = json::parse(priced.chain({"show", "last", "--json"}).out);
  size_t dropped = 0;
  for (const json& step : run["steps"]) dropped += step.value("dropped", false) ? 1 : 0;
  CHECK(dropped == 1);
  const Ended shown = priced.chain({"show", "last"});
  CHECK(shown.out.find("dropped, for its answer was not needed any more") != std::string::npos);
  CHECK(shown.out.find("has not ended") == std::string::npos);
}

TEST_CASE("sums reach back as far as is asked for") {
  const Priced priced;
  check_ended(priced.chain({"run", "ask.chain:main"}), 0, {});
  CHECK(priced.costs({"--since", "1d"})["total"]["calls"] == 1);
  CHECK(priced.costs({"--since", "2020-01-31", "--by", "version"})["rows"][0]["version"] == "ask.chain:main");
  const Ended none = priced.chain({"cost", "--since", "2200-01-01"});
  check_ended(none, 0, {"no call of a model is written down since then"});
  CHECK(none.out.empty());
  CHECK(priced.costs({"--since", "2200-01-01"})["total"]["calls"] == 0);
}

TEST_CASE("what `chain cost` cannot read is said") {
  const Priced priced;
  check_ended(priced.chain({"cost", "--by", "dya"}), 2, {"did you mean `day`?"});
  for (const char* since : {"yesterday", ""})
    check_ended(priced.chain({"cost", "--since", since}), 2, {"`--since` takes a duration or a day"});
  priced.prices("{");
  check_ended(priced.chain({"cost"}), 1, {"a table of prices is an object"});
  check_ended(priced.chain({"run", "ask.chain:main"}), 0,
              {"warning: ", "costs go by the prices that are built in"});
  priced.prices("{\"models\": {}}");
  std::filesystem::remove_all(priced.place.path() / "state");
  std::filesystem::create_directory(priced.place.path() / "state");
  priced.place.file("state/journal.db", std::string(5000, 'x'));
  const Ended damaged = priced.chain({"cost"});
  CHECK(damaged.code == 1);
  CHECK(damaged.err.find("journal.db") != std::string::npos);
}

TEST_CASE("a plan says what a chain costs, at most and until now") {
  const Priced priced;
  const auto plan = [&](const char* target) { return priced.chain({"plan", target}).out; };
  const auto holds = [](const std::string& text, std::string_view part) {
    INFO(text);
    return text.find(part) != std::string::npos;
  };
  CHECK(holds(
      plan("ask.chain:main"),
      "cost of ask@1.0: answers (1 + retry 2) x open, for `m` has no `max_tokens`, text in $1000.00 for a "
      "million tokens\n"));
  CHECK_FALSE(holds(plan("ask.chain:main"), "runs: median"));
  CHECK(holds(plan("ask.chain:main"), "cost, typically: about $0."));
  const json guessed =
      json::parse(priced.chain({"plan", "ask.chain:main", "--json"}).out)["chains"][0]["cost"];
  CHECK(guessed["typical_nano_dollars"].get<int64_t>() > 0);
  CHECK(holds(plan("ask.chain:other"),
              "cost of number@1.0: `own` is unpriced: add \"openai/unknown\" to prices.json\n"));

  check_ended(priced.chain({"run", "ask.chain:main", "-a", "q=one two three"}), 0, {});
  check_ended(priced.chain({"run", "ask.chain:main", "-a", "q=one"}), 0, {});
  check_ended(priced.chain({"run", "ask.chain:main", "-a", "q=one"}), 0, {});  // from the cache: free
  const json past =
      json::parse(priced.chain({"plan", "ask.chain:main", "--json"}).out)["chains"][0]["cost"]["past"];
  CHECK(past["runs"] == 3);
  CHECK(past["median_nano_dollars"].get<int64_t>() > 0);
  CHECK(past["percentile_95_nano_dollars"].get<int64_t>() > past["median_nano_dollars"].get<int64_t>());
  CHECK(holds(plan("ask.chain:main"), "cost of the last 3 runs: median $0."));

  std::string text = chain::testing::read_file((priced.place.path() / "ask.chain").string());
  text.insert(text.find(", base_url"), ", max_tokens: 500, retry: 0");
  text.insert(text.find("{\n  return ask"), "within { cost: $0.05 } ");
  priced.place.file("bounded.chain", text);
  const std::string bounded = plan("bounded.chain:main");
  CHECK(holds(bounded, "  cost: at most $0.05, by `within`\n"));
  CHECK(holds(bounded,
              "cost of ask@1.0: answers 1 x $1.00 (500 tokens), text in $1000.00 for a million tokens\n"));
  CHECK(holds(bounded, "cost of all answers: at most $1.00\n"));
}
