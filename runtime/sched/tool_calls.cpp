// Calls of tools. One that writes is made once: where nobody knows whether it was, a person says what to do.
#include <cstring>
#include <utility>

#include "runtime/program/versioned.h"
#include "runtime/sched/ambient.h"
#include "runtime/sched/constraints.h"
#include "runtime/sched/journal.h"
#include "runtime/sched/journalled_calls.h"
#include "runtime/sched/scheduler_state.h"
#include "runtime/value/digest.h"
#include "runtime/value/json.h"
#include "runtime/value/json_of_others.h"
#include "runtime/value/path.h"
#include "runtime/value/utf8.h"

namespace chain::sched {

using program::Effect;
using program::ExternalKind;
using program::Task;
using program::TypeKind;

namespace {

constexpr std::string_view kNobodyKnows = ": nobody knows whether it was carried out";

std::string name_of(const program::External& tool) {
  return program::versioned(tool.name, tool.version);
}

/// Of a tool that answers with a text as it is, that text's type: `string`, or the one within `string?`.
bool is_text(const program::TypeTable& types, program::TypeId result) {
  if (types[result].kind == TypeKind::Optional) result = types[result].element;
  return types[result].kind == TypeKind::String;
}

/// Whether a call that may have been carried out is a person's to decide about.
bool must_not_repeat(const program::External& tool) {
  return tool.effect == Effect::Writes && !tool.idempotent;
}

/// A body without anything in it, of status 204 for one, or JSON's word for that.
bool says_nothing(std::string_view answer) {
  const size_t begin = std::min(answer.find_first_not_of(" \t\r\n"), answer.size());
  answer.remove_prefix(begin);
  return answer.empty() ||
         (answer.starts_with("null") && answer.find_first_not_of(" \t\r\n", 4) == std::string_view::npos);
}

}  // namespace

std::string Scheduler::State::question_json(std::string_view member, const std::string& text) {
  std::string json = "{\"" + std::string(member) + "\":";
  value::append_json_string(json, text);
  return json + '}';
}

RunError Scheduler::State::error_at(const Instance& instance, uint32_t task, const model::Failure& failure) {
  const Task& at = instance.region->tasks[task];
  return {.kind = failure.kind,
          .message = failure.message,
          .path = path_of(instance, task),
          .file = at.file,
          .line = at.line,
          .column = at.column,
          .in_doubt = failure.in_doubt};
}

void Scheduler::State::call_tool(Instance& instance, uint32_t index) {
  const program::External& tool = program.externals[instance.region->tasks[index].target];
  if (!tool.approve) return make_tool_call(instance, index);
  const auto arguments = arguments_of(instance, index);
  if (!arguments)
    return fail_at(instance, index, abi::ErrorKind::InvalidValue, "the arguments are nested too deeply");
  const bool of_others = instance.agent && instance.agent->is_untrusted();
  const std::string origins = of_others ? ".\n" + instance.agent->origins() : "";
  Question question{
      .kind = Question::Kind::Approve,
      .path = path_of(instance, index) + "/approve",
      .request = question_json("what", "call `" + tool.name + "` with " + *arguments + origins)};
  ask(instance, index, std::move(question), tool.name, [this, &instance, index](const std::string& answer) {
    if (answer != "true") return fail_at(instance, index, abi::ErrorKind::Denied, kSaidNo);
    make_tool_call(instance, index);
  });
}

void Scheduler::State::make_tool_call(Instance& instance, uint32_t index) {
  Run& run = *instance.run;
  const program::External& tool = program.externals[instance.region->tasks[index].target];
  const std::string path = path_of(instance, index);
  Journal* const journal = run.options.journal;
  if (!journal) return begin_tool_call(instance, index, path);
  const auto arguments = arguments_of(instance, index);
  if (!arguments)
    return fail_at(instance, index, abi::ErrorKind::InvalidValue, "the arguments are nested too deeply");
  const std::string digest = step_digest(*arguments);
  const std::string name = name_of(tool);
  if (answered_before(
          instance, index,
          {.path = path, .kind = "tool", .name = name, .digest = digest, .model = {}, .request = *arguments}))
    return;
  if (asked_before(instance, index, path, {})) return;
  if (must_not_repeat(tool) && !waits_for_answer(*journal, path)) {
    if (const auto why = journal->in_doubt(path)) return ask_doubt(instance, index, *why);
  }
  run.journalled->when_live([this, id = run.id, &instance, index, path] {
    if (runs.contains(id) && !dropped(instance)) begin_tool_call(instance, index, path);
  });
}

bool Scheduler::State::answered_before(Instance& instance, uint32_t index, const StepBegin& step) {
  Run& run = *instance.run;
  Journal& journal = *run.options.journal;
  static_cast<void>(client_of(run));
  const Journal::Recorded* const recorded = journal.find(step.path);
  if (!recorded) return false;
  if (recorded->digest != step.digest) {
    if (!journal.forks()) lose(run.id, other_question(step.path));
    return !journal.forks();
  }
  journal.took_over(step, *recorded);
  run.journalled->at(recorded->order, [this, id = run.id, &instance, index, path = std::string(step.path),
                                       end = recorded->end] {
    if (runs.contains(id) && !dropped(instance)) answer_recorded(instance, index, path, end);
    drain();
  });
  return true;
}

void Scheduler::State::answer_recorded(Instance& instance, uint32_t index, const std::string& path,
                                       const StepEnd& end) {
  const program::External& tool = program.externals[instance.region->tasks[index].target];
  Run& run = *instance.run;
  if (run.observer()) run.observer()->called(path, tool);
  const bool embeds = tool.kind == ExternalKind::Search || tool.kind == ExternalKind::Remember ||
                      tool.kind == ExternalKind::Recall;
  if (embeds) charge_search(instance, tool, end.completion.usage);
  if (end.ok) {
    if (run.observer()) run.observer()->returned(path, tool, end.completion);
    return tool_answered(instance, index, end.completion.text);
  }
  if (run.observer()) run.observer()->failed(path, tool, error_at(instance, index, end.failure));
  raise(*instance.scope, error_at(instance, index, end.failure));
}

void Scheduler::State::ask_doubt(Instance& instance, uint32_t index, const std::string& why, uint32_t again,
                                 const std::string& complaint) {
  const program::External& tool = program.externals[instance.region->tasks[index].target];
  const std::string path = path_of(instance, index);
  const std::string text =
      complaint + "`" + tool.name + "` was called with " + arguments_of(instance, index).value_or("{}") +
      (why.empty() ? ", and the process ended before an answer was written down" + std::string(kNobodyKnows)
                   : " and failed: " + why) +
      ".\n`again` calls it again, `failed` lets the call fail; if it was carried out, its answer as JSON, "
      "a " +
      program.types.to_string(tool.result) + ", counts" +
      (program.types[tool.result].kind == TypeKind::Void ? " (`null`: it has none)" : "");
  Question question{.kind = Question::Kind::Doubt,
                    .path = path + "/doubt" + (again > 0 ? '[' + std::to_string(again) + ']' : std::string()),
                    .request = question_json("question", text)};
  ask(instance, index, std::move(question), tool.name,
      [this, &instance, index, why, path, again](const std::string& answer) {
        const Journal& journal = *instance.run->options.journal;
        if (answer == "again")
          return begin_tool_call(
              instance, index, path,
              {.questions = questions_answered(journal, path), .answers = {}, .token = {}});
        if (answer == "failed") {
          return fail_at(instance, index, abi::ErrorKind::ToolFailed,
                         "the call was cut short, and a person said that it failed");
        }
        std::string text = answer;
        const std::string problem = read_settled(instance, index, text);
        if (!problem.empty()) return ask_doubt(instance, index, why, again + 1, problem + "\n");
        tool_answered(instance, index, text);
      });
}

void Scheduler::State::begin_tool_call(Instance& instance, uint32_t index, const std::string& path,
                                       const Told& told) {
  Run& run = *instance.run;
  const Task& task = instance.region->tasks[index];
  const program::External& tool = program.externals[task.target];
  Journal* const journal = run.options.journal;
  tool::Request request{
      .tool = &tool, .arguments = {}, .key = {}, .answers = told.answers, .token = told.token};
  const auto* parameters = reinterpret_cast<const std::byte*>(instance.frame) + task.input_offset;
  for (const program::MadeArgument& argument : tool.arguments) {
    const auto make =
        reinterpret_cast<abi::MakeFn>(const_cast<void*>(program.functions[argument.make.index]));
    std::vector<std::byte> made(std::max<size_t>(program.types[argument.type].size, 1));
    if (make(&run.context, parameters, made.data()) != abi::kOk) return fail(instance, index);
    std::string json;
    if (!value::write_json(program.types, argument.type, made.data(), json))
      return fail_at(instance, index, abi::ErrorKind::InvalidValue,
                     "`" + argument.name + "` of `" + tool.name + "` is nested too deeply");
    request.arguments.push_back({argument.name, std::move(json)});
  }
  if (tool.kind == program::ExternalKind::Remote) {
    std::string json;
    const value::JsonStyle style{.models_view = true, .omit_none = true};
    if (!value::write_json(program.types, tool.parameters, &parameters, json, style))
      return fail_at(instance, index, abi::ErrorKind::InvalidValue, "the arguments are nested too deeply");
    request.arguments.push_back({"arguments", std::move(json)});
  }
  if (run.observer()) run.observer()->called(path, tool);
  if (run.cancelled) return;  // just now
  if (run.key.empty()) run.key = journal ? journal->run_id() : std::to_string(fresh_seed());
  request.key = value::hex(value::sha256(run.key + ':' + path)).substr(0, 32);
  auto made = std::make_unique<ToolCall>(*this, *tools, instance, index, path, told.questions);
  ToolCall& call = *made;
  enlist(std::move(made));
  if (!journal) return call.send(std::move(request));
  const std::string arguments = arguments_of(instance, index).value_or("{}");
  const std::string name = name_of(tool), digest = step_digest(arguments);
  note_told(*journal, path, told);
  journal->begin(
      {.path = path, .kind = "tool", .name = name, .digest = digest, .model = {}, .request = arguments},
      [weak = weak_from_this(), id = run.id, &instance, &call, request](std::string_view problem) {
        const auto state = weak.lock();
        if (!state || !state->runs.contains(id)) return;
        if (!problem.empty()) return state->lose(id, problem);
        if (!dropped(instance)) call.send(request);
      });
}

bool Scheduler::State::let_end(Run& run) {
  const RunId id = run.id;
  for (const std::function<void()>& happen : std::exchange(run.after_writing, {})) happen();
  return runs.contains(id);
}

void Scheduler::State::tool_ended(ToolCall& call, model::Completion completion) {
  Instance& instance = call.instance();
  Run& run = *instance.run;
  const uint32_t task = call.task();
  if (run.observer()) run.observer()->returned(call.path(), call.tool(), completion);
  const std::string answer = completion.text;
  if (Journal* const journal = run.options.journal)
    journal->end(call.path(), {.completion = std::move(completion), .request = call.take_request()});
  forget(call);
  if (let_end(run) && !dropped(instance)) tool_answered(instance, task, answer);
  drain();
}

void Scheduler::State::tool_failed(ToolCall& call, model::Failure failure) {
  Instance& instance = call.instance();
  Run& run = *instance.run;
  const uint32_t task = call.task();
  failure.in_doubt = failure.in_doubt && must_not_repeat(call.tool());
  if (failure.in_doubt) failure.message += kNobodyKnows;
  RunError error = error_at(instance, task, failure);
  if (run.observer()) run.observer()->failed(call.path(), call.tool(), error);
  if (Journal* const journal = run.options.journal)
    journal->end(call.path(), {.ok = false, .failure = std::move(failure), .request = call.take_request()});
  forget(call);
  if (let_end(run) && !dropped(instance)) raise(*instance.scope, std::move(error));
  drain();
}

std::string Scheduler::State::read_settled(Instance& instance, uint32_t index, std::string& answer) {
  const program::External& tool = program.externals[instance.region->tasks[index].target];
  const bool none = program.types[tool.result].kind == TypeKind::Optional && says_nothing(answer);
  if (is_text(program.types, tool.result) && !none) {
    value::Text text;
    const value::ReadResult read = value::from_json(program.types, program.types.string_type, answer,
                                                    instance.run->context.arena, &text);
    if (!read) return read.sentence();
    answer = text.view();
  }
  return read_answer(instance, index, answer);
}

void Scheduler::State::tool_answered(Instance& instance, uint32_t index, const std::string& answer) {
  const std::string problem = read_answer(instance, index, answer);
  if (problem.empty()) return task_ended(instance, index);
  if (instance.run->context.arena.exhausted()) return out_of_memory(instance, index);
  fail_at(instance, index, abi::ErrorKind::ToolFailed, problem);
}

std::string Scheduler::State::read_answer(Instance& instance, uint32_t index, const std::string& answer) {
  Run& run = *instance.run;
  const Task& task = instance.region->tasks[index];
  const program::External& tool = program.externals[task.target];
  auto* const result = reinterpret_cast<std::byte*>(instance.frame) + task.result_offset;
  if (program.types[tool.result].kind == TypeKind::Void) return {};
  const std::string wrong =
      "`" + tool.name + "` answered what is no " + program.types.to_string(tool.result) + ": ";
  if (value::find_invalid_utf8(answer) != std::string::npos) return wrong + "it is not UTF-8";
  const program::Type& type = program.types[tool.result];
  if (type.kind == TypeKind::String && type.constraints.empty()) {
    const value::Text text = run.context.arena.copy(answer);
    if (run.context.arena.exhausted()) return wrong + "there is no memory for it";
    std::memcpy(result, &text, sizeof text);
    return {};
  }
  std::string json;
  const bool none = type.kind == TypeKind::Optional && says_nothing(answer);
  if (none) {
    json = "null";
  } else if (is_text(program.types, tool.result)) {
    value::append_json_string(json, answer);
  }
  NativeConstraints constraints(program, run.context);
  const value::ReadResult read = value::from_json_of_others(
      program.types, tool.result, json.empty() ? answer : json, run.context.arena, result, &constraints);
  if (read) return {};
  const bool other = json.empty() && !value::is_json(answer);
  return wrong + read.sentence() + (other ? "; it says " + value::quoted_short(answer) : std::string());
}

}  // namespace chain::sched
