#include "cli/waterfall.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>

#include "cli/kept_run.h"
#include "cli/terminal.h"
#include "runtime/program/errors.h"

namespace chain::cli {
namespace {

constexpr size_t kBarWidth = 24;

}  // namespace

std::string bar(Times whole, Times part) {
  const int64_t length = std::max<int64_t>(whole.ended - whole.started, 1);
  const auto at = [&](int64_t time) {
    const auto passed = static_cast<double>(std::clamp<int64_t>(time - whole.started, 0, length));
    return static_cast<size_t>(passed / static_cast<double>(length) * kBarWidth);
  };
  const size_t first = std::min(at(part.started), kBarWidth - 1);
  const size_t last = std::clamp(at(part.ended), first + 1, kBarWidth);
  return std::string(first, ' ') + std::string(last - first, '=') + std::string(kBarWidth - last, ' ');
}

namespace {

std::string wait_text(const model::Waited& waited) {
  if (waited.time <= 0) return {};
  return fmt::format(", waited {} for {}", shown_duration(waited.time), waited.why);
}

/// "3 passages: docs/a.md#2, docs/b.md#0, docs/a.md#7" of what a search found.
std::string passages_text(const std::string& found) {
  const nlohmann::json passages = nlohmann::json::parse(found, nullptr, false);
  if (!passages.is_array()) return found;
  std::string text = fmt::format("{} passage{}", passages.size(), passages.size() == 1 ? "" : "s");
  for (size_t i = 0; i < passages.size(); ++i) {
    const auto id = passages[i].is_object() ? passages[i].find("id") : passages[i].end();
    if (id == passages[i].end() || !id->is_string()) return found;
    text += (i == 0 ? ": " : ", ") + id->get<std::string>();
  }
  return text;
}

}  // namespace

std::string outcome(const store::StepRecord& step) {
  if (step.ended == 0) return is_of_person(step) ? "waits for a person" : "has not ended";
  if (step.end.dropped) return step.end.failure.message;
  if (!step.end.ok)
    return fmt::format("{}: {}{}", program::to_string(step.end.failure.kind), step.end.failure.message,
                       wait_text(step.end.failure.waited));
  if (step.kind == "search") return passages_text(step.end.completion.text);
  if (step.kind != "prompt") return step.end.completion.text;
  const model::Completion& answer = step.end.completion;
  if (answer.cached == model::Cached::Hit) return answer.model + ", from the cache";
  if (answer.cached == model::Cached::Replay) return answer.model + ", as in the run before";
  if (answer.cached == model::Cached::Similar)
    return fmt::format("{}, from the cache, to a question alike by {:.3f}", answer.model, answer.similarity);
  if (answer.cached == model::Cached::Coalesced) return answer.model + ", with an equal call";
  return fmt::format("{}{}, {} tokens in, {} out{}{}", answer.model,
                     answer.answered_by.empty() ? "" : fmt::format(" as `{}`", answer.answered_by),
                     answer.usage.input_tokens, answer.usage.output_tokens,
                     answer.attempts > 1 ? fmt::format(", {} attempts", answer.attempts) : "",
                     wait_text(answer.waited));
}

std::string run_head(const store::RunRecord& run) {
  std::string text = fmt::format("run {} of `{}`, {}: {}\n", run.id, one_line(run.chain), one_line(run.file),
                                 state_word(run));
  fmt::format_to(std::back_inserter(text), "began {} UTC", shown_time(run.started));
  if (run.ended)
    fmt::format_to(std::back_inserter(text), ", took {}", shown_duration(run.ended - run.started));
  fmt::format_to(std::back_inserter(text), ", {} step{}, {} tokens in, {} out\n", run.steps,
                 run.steps == 1 ? "" : "s", run.usage.input_tokens, run.usage.output_tokens);
  return text;
}

}  // namespace chain::cli
