#include "cli/story.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <map>
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

/// Whether the step at `path` is one within the agent at `agent`.
bool is_within(std::string_view path, std::string_view agent) {
  return path.size() > agent.size() && path.starts_with(agent) && path[agent.size()] == '/';
}

/// Which of a turn's calls the step is of, from 1; 0 if it is of none. `path` is its way from its agent on.
size_t call_number(std::string_view path) {
  constexpr std::string_view act = "model.act[";
  const size_t at = path.find(act);
  if (at == std::string_view::npos) return 0;
  return std::strtoull(std::string(path.substr(at + act.size(), 9)).c_str(), nullptr, 10) + 1;
}

/// A turn of an agent's model, and no call of a prompt.
bool is_turn(const StepRecord& step) {
  return step.kind == "prompt" &&
         (step.path.find("/model.step") != std::string::npos || !step.end.completion.tool_calls.empty());
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
    gather(steps);
    within(nullptr);
    end(steps);
    return std::move(text_);
  }

 private:
  /// Finds the agent that each step is within: the innermost.
  void gather(const std::vector<StepRecord>& steps) {
    std::vector<const StepRecord*> open;  // agents, by their paths
    for (const StepRecord& step : steps) {
      if (store::is_of_agent(step)) open.push_back(&step);
    }
    for (const StepRecord& step : steps) {
      const StepRecord* around = nullptr;
      for (const StepRecord* agent : open) {
        const bool inner = !around || agent->path.size() > around->path.size();
        if (inner && is_within(step.path, agent->path)) around = agent;
      }
      steps_[around].push_back(&step);
    }
  }

  /// Tells the steps of one agent, or those within none. As deep as agents are nested, which is bounded.
  void within(const StepRecord* agent) {
    const auto found = steps_.find(agent);
    if (found == steps_.end()) return;
    size_t calls = 0;  // of the last turn
    for (const StepRecord* step : found->second) {
      const size_t from = agent ? agent->path.size() + 1 : 0;
      const size_t number = calls > 1 ? call_number(std::string_view(step->path).substr(from)) : 0;
      label_ = number > 0 ? fmt::format("[{}] ", number) : "";
      if (store::is_of_agent(*step)) {
        this->agent(*step);
      } else if (step->kind == "prompt") {
        fmt::format_to(std::back_inserter(text_), "\n{}{:>2}. ", inset_, ++turns_);
        model(*step);
        if (is_turn(*step)) calls = step->end.completion.tool_calls.size();
      } else {
        other(*step);
      }
    }
  }

  void agent(const StepRecord& step) {
    const std::string name = one_line(step.name);
    // Of the agent that was run, the beginning and the end of the whole tell.
    if (steps_[nullptr].size() == 1 && steps_[nullptr].front() == &step && run_.chain == step.name)
      return within(&step);
    const std::string label = label_;
    line(label + name + " is asked " + one_line(step.end.request));
    const std::string outer = inset_;
    inset_ += "    ";
    within(&step);
    inset_ = outer;
    text_ += '\n';
    std::string about = took(step);
    if (const auto cost = cost_within(step)) about += ", " + money(*cost);
    if (step.ended == 0) return line(label + name + " has not ended");
    if (!step.end.ok)
      return line(fmt::format("{}{} failed ({}): {}", label, name, about, one_line(outcome(step))));
    line(fmt::format("{}{} answered ({})", label, name, about));
    quote(step.end.completion.text);
  }

  /// What the models that an agent asked took, agents that it called among them.
  std::optional<int64_t> cost_within(const StepRecord& agent) const {
    std::optional<int64_t> cost;
    const auto found = steps_.find(&agent);
    if (found == steps_.end()) return cost;
    for (const StepRecord* step : found->second) {
      const auto more = store::is_of_agent(*step)              ? cost_within(*step)
                        : is_kept(step->end.completion.cached) ? std::nullopt
                                                               : step->end.cost;
      if (more) cost = cost.value_or(0) + *more;
    }
    return cost;
  }

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
    const std::vector<model::ToolCall>& calls = answer.tool_calls;
    for (size_t i = 0; i < calls.size(); ++i) {
      const std::string number = calls.size() > 1 ? fmt::format("[{}] ", i + 1) : "";
      line("calls " + number + (calls[i].name.empty() ? "what has no name" : one_line(calls[i].name)) + ' ' +
           with_middle_cut(one_line(calls[i].arguments), kMostShown, "chain show " + run_.id + " --json"));
    }
    for (const model::Source& source : answer.sources)
      line("found " + one_line(source.title) + ' ' + one_line(source.url));
  }

  void other(const StepRecord& step) {
    if (store::is_of_person(step)) return person(step);
    if (step.kind == "log") return line("log: " + one_line(step.end.completion.text));
    if (step.kind == "now" || step.kind == "random" || step.kind == "time") return;
    const std::string name = label_ + one_line(step.name.empty() ? step.path : step.name);
    if (step.kind == "call") return call(step, name);
    if (step.ended == 0) return line(name + " was called, and has not ended");
    if (!step.end.ok)
      return line(fmt::format("{} failed ({}): {}", name, took(step), one_line(outcome(step))));
    std::string cost = step.end.cost ? ", " + money(*step.end.cost) : std::string();
    line(fmt::format("{} gave ({}{})", name, took(step), cost));
    quote(step.kind == "search" ? outcome(step) : step.end.completion.text);
  }

  /// What the model is told of a call that is no step of its own.
  void call(const StepRecord& step, const std::string& name) {
    line(name + (step.end.ok ? " gave" : " was told to the model as an error"));
    quote(step.end.completion.text.empty() ? step.end.failure.message : step.end.completion.text);
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

  void end(const std::vector<StepRecord>& steps) {
    int64_t cost = 0;
    size_t calls = 0, unpriced = 0;
    for (const StepRecord& step : steps) {
      const bool kept = is_kept(step.end.completion.cached);
      if (step.kind == "prompt" && step.end.ok && !kept && !step.end.cost) ++unpriced;
      if (step.end.cost && !kept) cost += *step.end.cost;
      calls += step.kind == "tool" || step.kind == "search" || step.kind == "remote" || step.kind == "call";
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
                   turns_, turns_ == 1 ? "" : "s", calls, calls == 1 ? "" : "s", money(cost),
                   unpriced > 0 ? fmt::format(" and {} without a price", unpriced) : "");
    const std::string_view state = state_word(run_);
    if (state == "waiting") text_ += fmt::format("`chain answer {}` says what is asked\n", run_.id);
    if (state == "stopped") text_ += fmt::format("`chain resume {}` goes on with it\n", run_.id);
  }

  const store::RunRecord& run_;
  std::map<const StepRecord*, std::vector<const StepRecord*>> steps_;  // by the agent that they are within
  size_t turns_ = 0;
  std::string text_;
  std::string inset_;
  std::string label_;  // which of several calls
};

}  // namespace

std::string story_of(const store::RunRecord& run, const std::vector<StepRecord>& steps) {
  return Story(run).tell(steps);
}

}  // namespace chain::cli
