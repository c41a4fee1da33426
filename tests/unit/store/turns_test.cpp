// What an answer holds besides its text, through the journal and back.
#include "runtime/store/turns.h"

#include <catch2/catch.hpp>

#include "runtime/store/records.h"
#include "tests/unit/access/temporary.h"

using namespace chain;
using access::test::Temporary;

namespace {

model::Completion answer() {
  model::Completion completion;
  completion.text = "I will look.";
  completion.tool_calls = {{"a", "weather", R"({"city":"서울 \"1\""})"}, {"b", "time", "{}"}};
  completion.state = {"anthropic", R"([{"type":"thinking","signature":"c2ln"}])"};
  completion.sources = {{"News", "https://example.com/\n", "it rains"}};
  completion.dropped = {"an image (image/png)"};
  completion.usage = {10, 5, 3, 2, 4};
  return completion;
}

void check_turn(const model::Completion& found, const model::Completion& wanted) {
  CHECK(found.tool_calls == wanted.tool_calls);
  CHECK(found.state == wanted.state);
  CHECK(found.sources == wanted.sources);
  CHECK(found.dropped == wanted.dropped);
}

}  // namespace

TEST_CASE("calls, state, sources and what was dropped are kept with a step, until its content goes") {
  const Temporary folder;
  std::string error;
  const auto records = store::Records::open(folder.path(), store::Durability::Normal, error);
  REQUIRE(records);
  store::RunRecord run;
  run.id = "abc";
  REQUIRE(records->insert(run, {}));
  store::StepRecord step;
  step.path = "main/ask";
  step.kind = "prompt";
  step.started = 1;
  REQUIRE(records->begin_step(run.number, step));
  REQUIRE(records->end_step(run.number, step.path, 2, 1, {.completion = answer()}));
  std::vector<store::StepRecord> steps = records->steps(run.number);
  REQUIRE(steps.size() == 1);
  check_turn(steps[0].end.completion, answer());
  CHECK(steps[0].end.completion.text == "I will look.");
  CHECK(steps[0].end.completion.usage.written_tokens == 4);

  REQUIRE(records->drop_content(run.number));
  steps = records->steps(run.number);
  check_turn(steps[0].end.completion, {});
  CHECK(steps[0].end.completion.text.empty());
  CHECK(steps[0].end.completion.usage.written_tokens == 4);
}

TEST_CASE("an answer of text alone takes no room, and what is no turn is left out") {
  CHECK(store::turn_text({}).empty());
  for (const char* text : {"", "{", "[]", "7", R"({"tool_calls":{},"state":[],"sources":7,"dropped":"x"})",
                           R"({"tool_calls":["a"],"sources":[null],"dropped":[1]})"}) {
    CAPTURE(text);
    model::Completion found;
    store::read_turn(text, found);
    check_turn(found, {});
  }
  model::Completion found;
  store::read_turn(R"({"tool_calls":[{"id":1,"name":"time"}]})", found);
  CHECK(found.tool_calls == std::vector<model::ToolCall>{{"", "time", ""}});
}
