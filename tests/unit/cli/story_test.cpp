// Runs told as stories.
#include "cli/story.h"

#include <catch2/catch.hpp>

using namespace chain;
using store::StepRecord;

namespace {

StepRecord step(std::string path, std::string kind, std::string name, std::string text) {
  StepRecord made{.path = std::move(path), .kind = std::move(kind), .name = std::move(name)};
  made.started = 1'000'000'000;
  made.ended = 1'250'000'000;
  made.end.completion.text = std::move(text);
  made.end.completion.model = "m-1";
  return made;
}

bool in_order(const std::string& text, std::initializer_list<std::string_view> parts) {
  size_t at = 0;
  for (const std::string_view part : parts) {
    INFO("expected: " << part << "\nin: " << text.substr(at));
    const size_t found = text.find(part, at);
    CHECK(found != std::string::npos);
    if (found == std::string::npos) return false;
    at = found + part.size();
  }
  return true;
}

}  // namespace

TEST_CASE("an agent's run is told by thoughts, calls, results, decisions and costs") {
  std::vector<StepRecord> steps;
  steps.push_back(step("main/boss", "agent", "boss", "Tea it is."));
  steps.back().end.request = R"({"question":"tea?"})";
  steps.push_back(step("main/boss/_converse/repeat[0]/model.step", "prompt", "boss",
                       "I should\nask \x1b[31mthe writer."));
  steps.back().end.completion.tool_calls = {
      {"1", "writer", R"({"topic":"tea"})"}, {"2", "put", "{}"}, {"3", "weather", "{}"}, {"4", "nope", "{}"}};
  steps.back().end.cost = 1'200'000;
  const std::string act = "main/boss/_converse/repeat[0]/model.act";
  steps.push_back(step(act + "[0]/writer", "agent", "writer", "Tea is hot."));
  steps.back().end.request = R"({"topic":"tea"})";
  steps.push_back(step(act + "[3]/call", "call", "nope", ""));
  steps.back().end.ok = false;
  steps.back().end.failure = {abi::ErrorKind::ToolFailed, "there is no tool `nope`"};
  steps.push_back(step(act + "[0]/writer/_converse/repeat[0]/model.step", "prompt", "writer", "Tea is hot."));
  steps.back().end.cost = 500'000;
  steps.push_back(step(act + "[1]/put/approve", "approve", "put", "true"));
  steps.back().end.request = R"({"what":"call `put` with {}"})";
  steps.push_back(step(act + "[1]/put", "tool", "put", ""));
  steps.back().end.ok = false;
  steps.back().end.failure = {abi::ErrorKind::ToolFailed, "HTTP 500"};
  steps.push_back(step(act + "[2]/call", "call", "weather", "24"));
  steps.push_back(step("main/boss/_converse/repeat[1]/model.step", "prompt", "boss", "Tea it is."));
  steps.push_back(step("main/notes.recall", "recall", "notes.recall", R"(["tea"])"));
  const store::RunRecord run{.id = "abc",
                             .state = store::RunState::Done,
                             .file = "desk.chain",
                             .chain = "main",
                             .arguments = R"({"question":"tea?"})",
                             .started = 1'000'000'000,
                             .ended = 3'000'000'000,
                             .result = "\"Tea it is.\"",
                             .text = "Tea it is."};
  const std::string story = cli::story_of(run, steps);
  CHECK(in_order(story, {"run abc of `main`",
                         R"(asked {"question":"tea?"})",
                         R"(    boss is asked {"question":"tea?"})",
                         "     1. boss thought (m-1",
                         "250 ms, $0.0012)",
                         "          I should\n",
                         "ask \\x1b[31mthe writer.",
                         R"(calls [1] writer {"topic":"tea"})",
                         "calls [2] put {}",
                         R"(        [1] writer is asked {"topic":"tea"})",
                         "         2. writer decided to answer",
                         "              Tea is hot.",
                         "        [1] writer answered (250 ms, $0.0005)",
                         "        [4] nope was told to the model as an error",
                         "there is no tool `nope`",
                         "        a person is to approve:",
                         "call `put` with {}",
                         "they said yes",
                         "[2] put failed (250 ms): tool_failed: HTTP 500",
                         "[3] weather gave\n",
                         "24",
                         "\n     3. boss decided to answer",
                         "Tea it is.",
                         "    boss answered (250 ms, $0.0017)",
                         "notes.recall gave (250 ms)",
                         "the answer:\n",
                         "in all 3 turns of models, 3 calls of tools, $0.0017 and 1 without a price"}));
  CHECK(story.find('\x1b') == std::string::npos);
}

TEST_CASE("a run that has not ended, or failed, says so") {
  std::vector<StepRecord> steps = {step("main/classify", "prompt", "classify@1.0", "high"),
                                   step("main/human.ask", "ask", "human.ask", "")};
  steps[1].ended = 0;
  steps[1].end.request = R"({"question":"Who?"})";
  store::RunRecord run{.id = "abc",
                       .state = store::RunState::Failed,
                       .file = "desk.chain",
                       .chain = "main",
                       .arguments = "{}",
                       .started = 1,
                       .ended = 2};
  run.error = {abi::ErrorKind::Budget, "it costs too much", "main/classify"};
  CHECK(in_order(cli::story_of(run, steps),
                 {"classify@1.0 answered", "      high", "a person is asked:", "Who?",
                  "nobody has answered yet", "it failed: budget at main/classify: it costs too much"}));
}
