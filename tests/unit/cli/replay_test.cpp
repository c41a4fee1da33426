// `chain replay`: new runs that begin as others did.
#include "runtime/store/records.h"
#include "tests/peers/peer.h"
#include "tests/unit/cli/place.h"

using namespace chain::testing;
using chain::test::MockOpenAi;
namespace store = chain::store;

namespace {

constexpr const char* kProgram = R"chain(
model m = openai("m", retry: 0)

enum Level {
  low
  high
}

prompt level(text: string) -> Level {
  model: m
  user: "{{ text }}: {{ output.format }}"
}

prompt ask(q: string) -> string {
  model: m
  user: "{{ q }}"
}

chain main() -> string {
  let first = ask("low")
  let how = level(first)
  log("it is {{ how }}")
  let drawn = random(1, 1000000)
  let second = ask("{{ how }} {{ drawn }}")
  let third = ask("the end")
  return "{{ first }}, {{ how }}, {{ second }}, {{ third }}"
}
)chain";

struct Replayed {
  MockOpenAi server;
  Place place;

  explicit Replayed(std::vector<std::string> server_words = {}) : server(server_words) {
    place.file("main.chain", kProgram);
  }
  [[nodiscard]] Ended chain(std::vector<std::string> words) const {
    return run(place.command(std::move(words), server.base_url()));
  }
  [[nodiscard]] std::vector<store::StepRecord> steps() const {
    std::string error;
    const auto records =
        store::Records::open((place.path() / "state").string(), store::Durability::Normal, error);
    REQUIRE(records);
    return records->steps(records->runs(1).at(0).number);
  }
};

}  // namespace

TEST_CASE("a replay asks nothing, and answers as the run did") {
  const Replayed replayed;
  const Ended first = replayed.chain({"run", "main.chain"});
  check_ended(first, 0, {"it is low"});
  REQUIRE(replayed.server.stat("requests") == 4);
  replayed.place.file("main.chain", "chain main() -> string { return \"another\" }");
  const Ended again = replayed.chain({"replay", "last"});
  check_ended(again, 0, {"it is low"});
  CHECK(again.out == first.out);
  CHECK(replayed.server.stat("requests") == 4);
  for (const store::StepRecord& step : replayed.steps()) {
    CHECK(step.end.completion.usage.output_tokens == 0);
    CHECK((step.kind != "prompt" || step.end.completion.cached == chain::model::Cached::Replay));
  }
  CHECK(replayed.chain({"show", "last"}).out.find("as in the run before") != std::string::npos);
  // What was replayed can be replayed.
  CHECK(replayed.chain({"replay", "last"}).out == first.out);
  CHECK(replayed.server.stat("requests") == 4);
}

TEST_CASE("with another answer for a step, only what asks something else is asked anew") {
  const Replayed replayed;
  const Ended first = replayed.chain({"run", "main.chain"});
  const Ended edited = replayed.chain({"replay", "last", "--edit", "main/level=\"high\""});
  check_ended(edited, 0, {"it is high"});
  CHECK(edited.out.starts_with("echo: low, high, echo: high "));
  CHECK(replayed.server.stat("requests") == 5);  // the second `ask`, not the third
  check_ended(replayed.chain({"replay", "last", "--edit", "main/level=\"middle\""}), 2,
              {"expected \"low\" or \"high\", found \"middle\""});
  check_ended(replayed.chain({"replay", "last", "--edit", "main/lever=\"high\""}), 2,
              {"no step `main/lever`", "did you mean `main/level`?"});
  check_ended(replayed.chain({"replay", "last", "--edit", "main/level"}), 2, {"lacks a value"});
  check_ended(replayed.chain({"replay", "last", "--edit", "main/ask={"}), 2, {"--edit main/ask"});
  check_ended(replayed.chain({"replay", "last", "--edit", "main/log=1"}), 2,
              {"only answers of models, tools, searches and people"});
  CHECK(replayed.server.stat("requests") == 5);
}

TEST_CASE("what ended behind a step is asked anew") {
  const Replayed replayed;
  const Ended first = replayed.chain({"run", "main.chain"});
  const Ended again = replayed.chain({"replay", "last", "--until", "main/level"});
  check_ended(again, 0, {});
  CHECK(again.out == first.out);  // `random` gives what it gave
  CHECK(replayed.server.stat("requests") >= 5);
  check_ended(replayed.chain({"replay", "last", "--until", "main/nobody"}), 2, {"no step `main/nobody`"});
  check_ended(replayed.chain({"replay", "last", "--until", "main/ask", "--edit", "main/level=\"high\""}), 2,
              {"`--edit main/level` is of a step that ended behind `main/ask`"});
}

TEST_CASE("a failure is replayed, and a step that failed can be given an answer") {
  const Replayed replayed({"--error", "503:1"});
  check_ended(replayed.chain({"run", "main.chain"}), 1, {"unavailable"});
  const int64_t asked = replayed.server.stat("requests");
  check_ended(replayed.chain({"replay", "last"}), 1, {"unavailable"});
  CHECK(replayed.server.stat("requests") == asked);
  const std::string path = replayed.steps().front().path;
  check_ended(replayed.chain({"replay", "last", "--edit", path + "=\"low\""}), 0, {});
}

TEST_CASE("nothing is left to replay of a run without content") {
  const Replayed replayed;
  check_ended(replayed.chain({"run", "main.chain", "--no-content"}), 0, {});
  check_ended(replayed.chain({"replay", "last"}), 1, {"its text was not kept"});
}
