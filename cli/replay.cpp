// `chain replay RUN`: a new run that begins as another one did, from its journal: nothing that it answers is
// asked again.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "cli/cache.h"
#include "cli/carry_out.h"
#include "cli/export_run.h"
#include "cli/going_on.h"
#include "cli/kept_run.h"
#include "cli/output.h"
#include "cli/questions.h"
#include "cli/session.h"
#include "cli/taken_up.h"
#include "cli/target.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "runtime/model/tool_calls.h"
#include "runtime/sched/ambient.h"
#include "runtime/sched/constraints.h"
#include "runtime/value/json.h"

namespace chain::cli {
namespace {

using nlohmann::json;
using store::RunRecord;
using store::StepRecord;

struct ReplaySettings {
  std::string id;
  std::string until;
  std::vector<std::string> edits;  // STEP=JSON
  GoingOn how{.verb = "replay"};
};

/// The step called `path`; null, with `error` set, if there is none that has ended.
StepRecord* find_step(std::vector<StepRecord>& steps, std::string_view path, std::string& error) {
  const auto found = std::ranges::find(steps, path, &StepRecord::path);
  if (found != steps.end() && found->ended != 0 && !found->end.dropped) return &*found;
  std::vector<std::string_view> paths;
  for (const StepRecord& step : steps) paths.push_back(step.path);
  error = found == steps.end()
              ? fmt::format("the run has no step `{}`{}; `chain show` lists them", path, meant(path, paths))
              : fmt::format("step `{}` has no end of its own in that run", path);
  return nullptr;
}

/// What the journal holds for a value of the type, given as JSON.
std::optional<std::string> edited_value(const program::Program& program, program::TypeId type,
                                        const std::string& text, std::string& error) {
  abi::Context context(uint64_t{1} << 30);
  context.program = &program;
  sched::NativeConstraints constraints(program, context);
  std::vector<std::byte> value(std::max<size_t>(program.types[type].size, 1));
  const value::ReadResult read =
      value::from_json(program.types, type, text, context.arena, value.data(), &constraints);
  if (!read) {
    error = read.sentence();
    return std::nullopt;
  }
  if (program.types.base_kind(type) != program::TypeKind::String) return text;
  return json::parse(text).get<std::string>();  // a text is answered as it is
}

/// A call as `--edit` gives it; false if it is none.
bool add_call(const json& call, std::vector<model::ToolCall>& calls) {
  const bool whole = call.is_object() && call.size() == 2 && call.contains("name") &&
                     call["name"].is_string() && call.contains("arguments") && call["arguments"].is_object();
  if (whole)
    calls.push_back({fmt::format("edited_{}", calls.size() + 1), call["name"].get<std::string>(),
                     call["arguments"].dump()});
  return whole && calls.size() <= model::kMostCalls;
}

/// What the model of an agent says in a step of its loop: a text, or `{"text": ..., "calls": [{"name": ...,
/// "arguments": {...}}]}`. False, and why in `error`, if it is neither.
bool edit_turn(model::Completion& completion, const std::string& text, std::string& error) {
  const json value = json::parse(text, nullptr, false);
  const json turn = value.is_string() ? json{{"text", value}} : value;
  bool fits = turn.is_object() && !turn.empty();
  std::vector<model::ToolCall> calls;
  std::string said;
  for (auto part = turn.begin(); fits && part != turn.end(); ++part) {
    const bool is_text = part.key() == "text" && part->is_string();
    if (is_text) said = part->get<std::string>();
    fits = is_text || (part.key() == "calls" && part->is_array() &&
                       std::ranges::all_of(*part, [&](const json& call) { return add_call(call, calls); }));
  }
  if (!fits) {
    error = R"(it is a turn of an agent's model: what it says, "...", or what it calls, )"
            R"({"calls": [{"name": "TOOL", "arguments": {...}}]}, with a "text" or without)";
    return false;
  }
  completion.text = std::move(said);
  completion.tool_calls = std::move(calls);
  completion.state = {};  // it was the provider's, of the turn as it had been
  return true;
}

bool is_turn_of_agent(const program::Program& program, const StepRecord& step) {
  return step.kind == "prompt" && std::ranges::any_of(program.agents, [&](const program::Agent& each) {
           return versioned(each.prompt.name, each.prompt.version) == step.name;
         });
}

std::optional<std::string> edited_answer(const program::Program& program, const StepRecord& step,
                                         const std::string& text, std::string& error) {
  const auto named = [&](const auto& each) { return versioned(each.name, each.version) == step.name; };
  if (step.kind == "prompt") {
    const auto prompt = std::ranges::find_if(program.prompts, named);
    if (prompt != program.prompts.end()) return edited_value(program, prompt->result, text, error);
  }
  if (step.kind == "tool" || step.kind == "search" || step.kind == "recall") {
    const auto tool = std::ranges::find_if(program.externals, named);
    if (tool != program.externals.end()) return edited_value(program, tool->result, text, error);
  }
  if (store::is_of_person(step)) {
    const json value = json::parse(text, nullptr, false);
    if (step.kind == "approve" ? value.is_boolean() : value.is_string())
      return value.is_string() ? value.get<std::string>() : text;
    error = step.kind == "approve" ? "it is `true` or `false`" : "it is a text, as JSON: \"...\"";
    return std::nullopt;
  }
  error = step.kind == "agent" ? "an agent's answer is what its last turn says: edit that step"
                               : "only answers of models, tools, searches and people can be edited";
  return std::nullopt;
}

/// As an answer that was had, with nothing left of how.
void settle(StepRecord& step) {
  model::Completion& completion = step.end.completion;
  if (completion.model.empty()) completion.model = step.model;
  completion.cut_off = false;
  completion.finish_reason = "edited";
  completion.attempts = std::max(completion.attempts, 1U);
  step.end.ok = true;
}

/// Puts what `--edit` says into the steps.
bool edit(const program::Program& program, std::vector<StepRecord>& steps, const std::string& text,
          std::string& error) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos) {
    error = fmt::format("`--edit {}` lacks a value, as in --edit 'main/classify=\"high\"'", text);
    return false;
  }
  const std::string path = text.substr(0, equals);
  StepRecord* step = find_step(steps, path, error);
  if (step == nullptr) return false;
  std::string why;
  model::Completion& completion = step->end.completion;
  if (is_turn_of_agent(program, *step)) {
    if (edit_turn(completion, text.substr(equals + 1), why)) return settle(*step), true;
  } else if (auto answer = edited_answer(program, *step, text.substr(equals + 1), why)) {
    completion.text = *std::move(answer);
    return settle(*step), true;
  }
  error = fmt::format("`--edit {}`: {}", path, why);
  return false;
}

/// What of the run still counts in the new one.
bool select(const program::Program& program, const ReplaySettings& settings, std::vector<StepRecord>& steps,
            std::string& error) {
  std::set<std::string> edited;
  for (const std::string& each : settings.edits) {
    if (!edit(program, steps, each, error)) return false;
    if (edited.insert(each.substr(0, each.find('='))).second) continue;
    error = fmt::format("`--edit {}` is there twice", each.substr(0, each.find('=')));
    return false;
  }
  // What ran out of time may not with another answer.
  if (!settings.edits.empty())
    std::erase_if(steps, [](const StepRecord& step) { return step.kind == "time"; });
  if (settings.until.empty()) return true;
  const StepRecord* last = find_step(steps, settings.until, error);
  if (last == nullptr) return false;
  for (const StepRecord& step : steps) {
    if (step.order <= last->order || !edited.contains(step.path)) continue;
    error = fmt::format("`--edit {}` is of a step that ended behind `{}`, and is asked anew", step.path,
                        settings.until);
    return false;
  }
  std::erase_if(steps, [order = last->order](const StepRecord& step) { return step.order > order; });
  return true;
}

RunRecord record_of(const RunRecord& run) {
  RunRecord record;
  record.id = store::fresh_id();
  record.file = run.file;
  record.folder = run.folder;
  record.chain = run.chain;
  record.artifact = run.artifact;
  record.arguments = run.arguments;
  json settings = json::parse(run.settings, nullptr, false);
  settings["replays"] = run.id;
  record.settings = settings.dump(-1, ' ', false, json::error_handler_t::replace);
  record.sources = run.sources;
  record.seed = run.seed;
  record.started = sched::wall_clock();
  return record;
}

int replay_run(store::Records& records, const RunRecord& run, const ReplaySettings& settings) {
  const std::string folder = store::state_folder();  // before the working directory changes
  int exit = kOk;
  if (state_word(run) == "running") {
    say_error(
        fmt::format("run {} goes on in another process: what it is about to do would be done twice", run.id));
    return kFailed;
  }
  auto taken = take_up(records, run, "replay", exit);
  if (!taken) return exit;
  if (taken->settings.no_content && run.state == store::RunState::Done) {
    say_error(fmt::format("run {} was run with --no-content: its text was not kept", run.id));
    return kFailed;
  }
  std::vector<StepRecord> steps = records.steps(run.number);
  std::string error;
  if (!select(*taken->program, settings, steps, error)) return usage_error("replay", error);
  taken->client.verbose = taken->client.verbose || settings.how.show.verbose || settings.how.show.events;
  std::optional<Session> session(std::in_place, taken->program, std::move(taken->client),
                                 taken->settings.no_cache ? std::string() : answer_file(),
                                 taken->cassette.get());
  session->open_journal({.folder = folder});
  RunRecord record = record_of(run);
  sched::RunOptions options;
  apply(taken->settings.talk, options);
  options.seed = record.seed;
  const std::string id = record.id;
  options.journal = &session->replay(
      std::move(record), std::make_shared<const std::vector<store::Source>>(std::move(taken->texts)),
      std::move(steps), !taken->settings.no_content);
  exit = carry_out(*session, taken->program, taken->chain, run.arguments, settings.how.show, options, id);
  session.reset();  // all is written down then
  if (exit == kWaiting) return ask_here(id, settings.how);
  if (exit != kInterrupted) export_ended(id, settings.how.trace_content);
  return exit;
}

}  // namespace

int replay(Arguments arguments) {
  CLI::App app(
      "Runs a run of the journal once more, as a new run: what it asks as the old one did is answered from "
      "there.\nWhat comes behind --until, and what --edit changes, is asked anew.",
      "chain replay");
  ReplaySettings settings;
  app.add_option("run", settings.id, "the run, or how its id begins; `last` for the newest")
      ->required()
      ->option_text("RUN");
  app.add_option("--until", settings.until, "the last step that is taken over; `chain show` lists them")
      ->option_text("STEP");
  app.add_option("--edit", settings.edits, "another answer for a step, as JSON: main/classify='\"high\"'")
      ->allow_extra_args(false)
      ->option_text("STEP=JSON ...");
  declare_show(app, settings.how.show);
  declare_trace_content(app, settings.how.trace_content);
  if (const auto code = read_options(app, arguments)) return *code;

  int exit = kOk;
  const auto records = open_records(exit);
  if (!records) return exit;
  const auto run = find_run(*records, settings.id, "replay", exit);
  return run ? replay_run(*records, *run, settings) : exit;
}

}  // namespace chain::cli
