#include "cli/story.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>

#include "cli/kept_run.h"
#include "cli/middle_cut.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "cli/waterfall.h"
#include "runtime/program/errors.h"
#include "runtime/value/text.h"

namespace chain::cli {
namespace {

using nlohmann::json;
using store::StepRecord;

constexpr size_t kMostShown = 1200;  // bytes of what one step gave

/// How many agents are around the step, beyond the first.
size_t depth_of(std::string_view path) {
  size_t depth = 0;
  for (size_t at = path.find("/act"); at != std::string_view::npos; at = path.find("/act", at + 1)) ++depth;
  return depth;
}

std::string_view last_part(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

/// A turn of an agent's model, and no call of a prompt.
bool is_turn(const StepRecord& step) {
  return step.kind == "prompt" &&
         (last_part(step.path).starts_with("step") || !step.end.completion.tool_calls.empty());
}

std::string money(int64_t nanodollars) {
  std::string text;
  value::append_money(text, nanodollars);
  return text;
}

class Story {
 public:
  explicit Story(const store::RunRecord& run) : run_(run) {}

  std::string tell(const std::vector<StepRecord>& steps) {
    text_ = run_head(run_) + "asked " +
            with_middle_cut(printable(run_.arguments), kMostShown, "chain show " + run_.id + " --json") +
            "\n";
    size_t number = 0;
    for (const StepRecord& step : steps) {
      inset_ = std::string(4 * depth_of(step.path), ' ');
      if (step.kind == "prompt") {
        fmt::format_to(std::back_inserter(text_), "\n{}{:>2}. ", inset_, ++number);
        model(step);
      } else {
        other(step);
      }
    }
    end(steps, number);
    return std::move(text_);
  }

 private:
  /// `text`, of any length, set in below what was said last.
  void quote(std::string_view text, std::string_view before = "      ") {
    const bool cut = text.size() > kMostShown;
    size_t most = std::min(text.size(), kMostShown);
    while (cut && most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
    text = text.substr(0, most);
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      fmt::format_to(std::back_inserter(text_), "{}{}{}\n", inset_, before,
                     one_line(text.substr(at, end - at)));
      at = end + 1;
    }
    if (cut) fmt::format_to(std::back_inserter(text_), "{}{}[...]\n", inset_, before);
  }

  void line(const std::string& text) {
    fmt::format_to(std::back_inserter(text_), "{}    {}\n", inset_, text);
  }

  static std::string took(const StepRecord& step) {
    return step.ended ? shown_duration(step.ended - step.started) : "not ended";
  }

  void model(const StepRecord& step) {
    const model::Completion& answer = step.end.completion;
    const bool turn = is_turn(step);
    std::string about = one_line(outcome(step)) + ", " + took(step);
    if (step.end.cost) about += (is_kept(answer.cached) ? ", saved " : ", ") + money(*step.end.cost);
    const std::string_view does = !step.end.ok || step.ended == 0 ? "was asked"
                                  : !turn                         ? "answered"
                                  : answer.tool_calls.empty()     ? "decided to answer"
                                  : step.path.find("/repair[") != std::string::npos
                                      ? "was asked again, and thought"
                                      : "thought";
    fmt::format_to(std::back_inserter(text_), "{} {} ({})\n", one_line(step.name), does, about);
    if (!step.end.ok) return;
    quote(answer.text);
    for (const model::ToolCall& call : answer.tool_calls)
      line("calls " + one_line(call.name) + ' ' +
           with_middle_cut(one_line(call.arguments), kMostShown, "chain show " + run_.id + " --json"));
    for (const model::Source& source : answer.sources)
      line("found " + one_line(source.title) + ' ' + one_line(source.url));
  }

  void other(const StepRecord& step) {
    if (store::is_of_person(step)) return person(step);
    if (step.kind == "log") return line("log: " + one_line(step.end.completion.text));
    if (step.kind == "now" || step.kind == "random" || step.kind == "time") return;
    const std::string name = one_line(step.name.empty() ? step.path : step.name);
    if (step.ended == 0) return line(name + " was called, and has not ended");
    if (!step.end.ok)
      return line(fmt::format("{} failed ({}): {}", name, took(step), one_line(outcome(step))));
    std::string cost = step.end.cost ? ", " + money(*step.end.cost) : std::string();
    line(fmt::format("{} gave ({}{})", name, took(step), cost));
    quote(step.kind == "search" ? outcome(step) : step.end.completion.text);
  }

  /// {"question": ...} or {"what": ...}
  void person(const StepRecord& step) {
    const json request = json::parse(step.end.request, nullptr, false);
    std::string asked;
    for (const char* name : {"question", "what"}) {
      const auto found = request.is_object() ? request.find(name) : request.end();
      if (request.is_object() && found != request.end() && found->is_string())
        asked = found->get<std::string>();
    }
    line(step.kind == "approve" ? "a person is to approve:" : "a person is asked:");
    quote(asked);
    if (step.ended == 0) return line("nobody has answered yet");
    const std::string& answer = step.end.completion.text;
    if (step.kind == "approve") return line(answer == "true" ? "they said yes" : "they said no");
    line("they said: " + one_line(answer));
  }

  void end(const std::vector<StepRecord>& steps, size_t turns) {
    int64_t cost = 0;
    size_t calls = 0, unpriced = 0;
    for (const StepRecord& step : steps) {
      const bool kept = is_kept(step.end.completion.cached);
      if (step.kind == "prompt" && step.end.ok && !kept && !step.end.cost) ++unpriced;
      if (step.end.cost && !kept) cost += *step.end.cost;
      calls += step.kind == "tool" || step.kind == "search" || step.kind == "remote" ? 1 : 0;
    }
    inset_.clear();
    if (run_.state == store::RunState::Done) {
      text_ += "\nthe answer:\n";
      quote(run_.text.empty() ? pretty_json(run_.result) : run_.text, "    ");
    }
    if (run_.state == store::RunState::Failed)
      fmt::format_to(std::back_inserter(text_), "\nit failed: {} at {}: {}\n",
                     program::to_string(run_.error.kind), one_line(run_.error.path),
                     printable(run_.error.message));
    fmt::format_to(std::back_inserter(text_), "\nin all {} turn{} of models, {} call{} of tools, {}{}\n",
                   turns, turns == 1 ? "" : "s", calls, calls == 1 ? "" : "s", money(cost),
                   unpriced > 0 ? fmt::format(" and {} without a price", unpriced) : "");
    const std::string_view state = state_word(run_);
    if (state == "waiting") text_ += fmt::format("`chain answer {}` says what is asked\n", run_.id);
    if (state == "stopped") text_ += fmt::format("`chain resume {}` goes on with it\n", run_.id);
  }

  const store::RunRecord& run_;
  std::string text_;
  std::string inset_;
};

}  // namespace

std::string story_of(const store::RunRecord& run, const std::vector<StepRecord>& steps) {
  return Story(run).tell(steps);
}

}  // namespace chain::cli
