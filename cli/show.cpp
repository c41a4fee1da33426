// `chain show RUN`: what a run did, step by step.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>

#include "cli/kept_run.h"
#include "cli/middle_cut.h"
#include "cli/output.h"
#include "cli/story.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "cli/waterfall.h"
#include "runtime/program/errors.h"

namespace chain::cli {
namespace {

using nlohmann::json;
using store::RunRecord;
using store::StepRecord;

constexpr size_t kMostArguments = 4000;  // bytes that are shown

std::string as_text(const RunRecord& run, const std::vector<StepRecord>& steps) {
  const std::string all = fmt::format("chain show {} --json", run.id);
  std::string text =
      run_head(run) + "arguments " + with_middle_cut(printable(run.arguments), kMostArguments, all) + "\n";
  int64_t end = run.ended ? run.ended : run.started;
  size_t width = 4;
  for (const StepRecord& step : steps) {
    end = std::max({end, step.ended, step.started});
    width = std::max(width, display_width(one_line(step.path)));
  }
  if (!steps.empty()) text += '\n';
  for (const StepRecord& step : steps) {
    const std::string path = one_line(step.path);
    const std::string took = step.ended ? shown_duration(step.ended - step.started) : "";
    fmt::format_to(std::back_inserter(text), "{}{}  |{}|  {:>9}  {}\n", path,
                   std::string(width - display_width(path), ' '),
                   bar({run.started, end}, {step.started, step.ended ? step.ended : end}), took,
                   one_line(outcome(step)));
  }
  if (run.state == store::RunState::Done)
    text += "\nanswer " + printable(run.text.empty() ? pretty_json(run.result) : run.text) + "\n";
  if (run.state == store::RunState::Failed) {
    fmt::format_to(std::back_inserter(text), "\n{} at {}: {}\n", program::to_string(run.error.kind),
                   printable(run.error.path), printable(run.error.message));
  }
  const std::string_view state = state_word(run);
  if (state == "waiting")
    fmt::format_to(std::back_inserter(text), "\n`chain answer {}` says what is asked\n", run.id);
  if (state == "stopped" || state == "failed")
    fmt::format_to(std::back_inserter(text), "\n`chain resume {}` goes on with it\n", run.id);
  return text;
}

/// What an answer holds besides its text. What was found on the web strangers wrote.
std::string turn_lines(const model::Completion& answer) {
  std::string text;
  for (const model::ToolCall& call : answer.tool_calls)
    fmt::format_to(std::back_inserter(text), "\ncalls {} {}\n", one_line(call.name),
                   one_line(call.arguments));
  for (const model::Source& source : answer.sources) {
    fmt::format_to(std::back_inserter(text), "\nuntrusted passage, {} {}\n{}", one_line(source.title),
                   one_line(source.url), source.quote.empty() ? "" : printable(source.quote) + "\n");
  }
  for (const std::string& what : answer.dropped)
    fmt::format_to(std::back_inserter(text), "\ndropped {}\n", one_line(what));
  return text;
}

json turn_json(const model::Completion& answer) {
  json turn = json::object();
  for (const model::ToolCall& call : answer.tool_calls)
    turn["tool_calls"].push_back({{"id", call.id}, {"name", call.name}, {"arguments", call.arguments}});
  for (const model::Source& source : answer.sources) {
    turn["sources"].push_back(
        {{"title", source.title}, {"url", source.url}, {"quote", source.quote}, {"untrusted", true}});
  }
  if (!answer.dropped.empty()) turn["dropped"] = answer.dropped;
  return turn;
}

/// All that is known of one step.
std::string step_text(const StepRecord& step) {
  std::string text =
      fmt::format("{} {}, {}\n", one_line(step.path), one_line(step.name), one_line(outcome(step)));
  if (!step.end.request.empty()) text += "\nrequest\n" + printable(step.end.request) + "\n";
  if (!step.end.completion.text.empty()) text += "\nreply\n" + printable(step.end.completion.text) + "\n";
  return text + turn_lines(step.end.completion);
}

void add_wait(json& object, const model::Waited& waited) {
  if (waited.time > 0) object["waited"] = {{"nanoseconds", waited.time}, {"for", waited.why}};
}

json step_json(const StepRecord& step) {
  json object = {{"path", step.path}, {"kind", step.kind}, {"name", step.name}, {"started", step.started}};
  if (!step.model.empty()) object["model"] = step.model;
  if (step.ended == 0) return object;
  object["ended"] = step.ended;
  if (!step.end.request.empty()) object["request"] = step.end.request;
  if (!step.end.ok) {
    object["error"] = {{"kind", program::to_string(step.end.failure.kind)},
                       {"message", step.end.failure.message}};
    object["attempts"] = step.end.failure.attempts;
    if (step.end.dropped) object["dropped"] = true;
    if (step.end.failure.in_doubt) object["in_doubt"] = true;
    add_wait(object, step.end.failure.waited);
    return object;
  }
  const model::Completion& answer = step.end.completion;
  object["reply"] = answer.text;
  object.update(turn_json(answer));
  if (step.kind != "prompt") return object;
  object["answered_by"] = answer.model;
  if (const auto cached = model::to_string(answer.cached); !cached.empty()) object["cache"] = cached;
  if (answer.cached == model::Cached::Similar) object["similarity"] = answer.similarity;
  object["finish_reason"] = answer.finish_reason;
  object["request_id"] = answer.request_id;
  object["attempts"] = answer.attempts;
  if (!answer.answered_by.empty()) object["answered_by_model"] = answer.answered_by;
  add_wait(object, answer.waited);
  object["usage"] = {{"input_tokens", answer.usage.input_tokens},
                     {"output_tokens", answer.usage.output_tokens},
                     {"cached_tokens", answer.usage.cached_tokens},
                     {"reasoning_tokens", answer.usage.reasoning_tokens}};
  if (step.end.cost)
    object[is_kept(answer.cached) ? "saved_nano_dollars" : "cost_nano_dollars"] = *step.end.cost;
  if (answer.usage.searches > 0) object["usage"]["searches"] = answer.usage.searches;
  if (answer.usage.written_tokens > 0) object["usage"]["written_tokens"] = answer.usage.written_tokens;
  return object;
}

/// JSON that the journal holds as text; the text itself if it is none.
json kept_json(const std::string& text) {
  json value = json::parse(text, nullptr, false);
  return value.is_discarded() ? json(text) : value;
}

std::string as_json(const RunRecord& run, const std::vector<StepRecord>& steps) {
  json object = {{"run", run.id},          {"state", state_word(run)},
                 {"file", run.file},       {"folder", run.folder},
                 {"chain", run.chain},     {"artifact", run.artifact},
                 {"started", run.started}, {"arguments", kept_json(run.arguments)},
                 {"steps", json::array()}};
  if (run.ended) object["ended"] = run.ended;
  if (run.state == store::RunState::Done) object["result"] = kept_json(run.result);
  if (run.state == store::RunState::Failed) {
    object["error"] = {{"kind", program::to_string(run.error.kind)},
                       {"message", run.error.message},
                       {"path", run.error.path}};
  }
  for (const StepRecord& step : steps) object["steps"].push_back(step_json(step));
  return object.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace

int show(Arguments arguments) {
  CLI::App app("Shows what a run did, step by step.", "chain show");
  std::string id, path;
  bool json = false, agent = false;
  app.add_option("run", id, "the run, or how its id begins; `last` for the newest")
      ->required()
      ->option_text("RUN");
  auto* step_option =
      app.add_option("--step", path, "only this step, with its exact request and reply")->option_text("PATH");
  auto* as_lines = app.add_flag("--json", json, "print everything as JSON; times are nanoseconds since 1970");
  app.add_flag("--agent", agent,
               "tell the run as a story: what was thought, called, found and decided, and what it cost")
      ->excludes(step_option)
      ->excludes(as_lines);
  if (const auto code = read_options(app, arguments)) return *code;

  int exit = kOk;
  const auto records = open_records(exit);
  if (!records) return exit;
  const auto run = find_run(*records, id, "show", exit);
  if (!run) return exit;
  const std::vector<StepRecord> steps = records->steps(run->number);
  if (agent) return write_out(story_of(*run, steps)) ? kOk : kFailed;
  if (path.empty()) {
    const bool written = json ? answer_json(as_json(*run, steps)) : write_out(as_text(*run, steps));
    return written ? kOk : kFailed;
  }
  const auto step = std::ranges::find(steps, path, &StepRecord::path);
  if (step == steps.end())
    return usage_error("show",
                       fmt::format("run {} has no step `{}`; without --step it lists them", run->id, path));
  const bool written =
      json ? answer_json(step_json(*step).dump(2, ' ', false, json::error_handler_t::replace) + "\n")
           : write_out(step_text(*step));
  return written ? kOk : kFailed;
}

}  // namespace chain::cli
