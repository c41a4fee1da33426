// What an agent's model calls is carried out: what reads side by side, what writes alone and in its turn.
// Whatever goes wrong in a call is its result, for the model to mend.
#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/model/mended_calls.h"
#include "runtime/sched/budget.h"
#include "runtime/sched/constraints.h"
#include "runtime/sched/journal.h"
#include "runtime/sched/pick.h"
#include "runtime/sched/scheduler_state.h"
#include "runtime/sched/untrusted.h"
#include "runtime/value/fence.h"
#include "runtime/value/json.h"
#include "runtime/value/json_of_others.h"
#include "runtime/value/layout.h"

namespace chain::sched {

using abi::ErrorKind;
using program::AgentTool;
using program::Effect;
using program::ExternalKind;
using program::TaskKind;
using program::TypeKind;

namespace {

/// Of arguments, in a sentence.
constexpr size_t kShortCall = 120;
/// Of arguments, for the model that wrote them.
constexpr size_t kShownCall = 480;

void give_up(ActCall::Slot& slot, std::string why) {
  slot.result.content = std::move(why);
  slot.result.is_error = true;
}

/// The task that a call of the tool is; null of a handoff.
const program::Task* task_of(const program::Program& program, const AgentTool& tool) {
  return tool.handoff ? nullptr : &program.regions[tool.region].tasks[0];
}

const program::External* external_of(const program::Program& program, const AgentTool& tool) {
  const program::Task* const task = task_of(program, tool);
  return task && task->kind == TaskKind::External ? &program.externals[task->target] : nullptr;
}

/// Whether each call waits for a person anyway.
bool asks_itself(const program::Program& program, const AgentTool& tool) {
  const program::External* const external = external_of(program, tool);
  return external && (external->approve || external->kind == ExternalKind::Ask ||
                      external->kind == ExternalKind::Approve);
}

/// An agent that is called with others' text asks about every write of its own.
bool is_agent(const program::Program& program, const AgentTool& tool) {
  const program::External* const external = external_of(program, tool);
  return external && external->kind == ExternalKind::Agent;
}

/// Whether the sentences of such failures are the scheduler's own.
bool is_own(ErrorKind kind) {
  return kind == ErrorKind::Budget || kind == ErrorKind::Cancelled;
}

/// What can be said of a failure without its sentence, which may quote a server, the last words of a program
/// or a model; empty if that is all there is to say.
std::string_view own_words(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Timeout: return "it took too long";
    case ErrorKind::RateLimited: return "it takes no more calls for the moment";
    default: return {};
  }
}

std::string names_of(const std::vector<AgentTool>& tools, const std::vector<uint32_t>& offered) {
  std::string names;
  for (const uint32_t place : offered) names += (names.empty() ? "`" : ", `") + tools[place].name + '`';
  return names.empty() ? "there are no tools" : "there are " + names;
}

/// What a tool gave, for a model to read.
std::string content_of(const program::TypeTable& types, program::TypeId type, const std::byte* value) {
  if (types[type].kind == TypeKind::Void) return "done";
  if (types.base_kind(type) == TypeKind::String) return std::string(value::load<value::Text>(value).view());
  std::string json;
  if (!value::write_json(types, type, value, json, {.models_view = true}))
    return "what it gave is nested too deeply to be shown";
  return json;
}

std::string origin_of(const ActCall::Slot& slot) {
  return "`" + slot.call.name + "` with " + shortened(slot.call.arguments, kShortCall);
}

/// Why a call cannot be carried out, for the model; empty if it may be, once its arguments are read.
std::string wrong_call(const ActCall& act, uint32_t place) {
  const ActCall::Slot& slot = act.slots[place];
  if (place >= model::kMostCalls)
    return "a turn can call " + std::to_string(model::kMostCalls) +
           " tools; this call and those behind it were not carried out. Make them in the next turn";
  const std::optional<std::string> wrong = model::wrong_arguments(slot.call);
  if (slot.call.name.empty())
    return "it cannot be told which tool was called" +
           (wrong ? " by " + shortened(*wrong, kShownCall) : std::string()) + "; nothing was done, and " +
           act.offered;
  if (!slot.tool) return "there is no tool `" + shortened(slot.call.name, 80) + "`; " + act.offered;
  if (wrong)
    return "the arguments of `" + slot.tool->name + "` are no JSON object: " + shortened(*wrong, kShownCall) +
           "; nothing was done. Call it again with that put right";
  return {};
}

/// What came of a call that is no step of its own, for who reads the run. Said once: not again by a process
/// that takes the run up.
void note_call(const ActCall& act, uint32_t place) {
  Journal* const journal = act.instance().run->options.journal;
  if (!journal) return;
  const ActCall::Slot& slot = act.slots[place];
  const std::string path = path_of(act.instance(), act.task()) + '[' + std::to_string(place) + "]/call";
  if (journal->find(path)) return;
  journal->begin({.path = path,
                  .kind = "call",
                  .name = slot.call.name,
                  .digest = {},
                  .model = {},
                  .request = slot.call.arguments},
                 nullptr);
  StepEnd end{.ok = !slot.result.is_error, .request = slot.call.arguments};
  end.completion.text = slot.result.content;
  if (!end.ok) end.failure = {.kind = ErrorKind::ToolFailed, .message = slot.result.content};
  journal->end(path, std::move(end));
}

}  // namespace

void Scheduler::State::call_act(Instance& instance, uint32_t index) {
  if (!instance.agent)
    return fail_at(
        instance, index, ErrorKind::Failed,
        "`model.act` carries out what the model of an agent calls: only the loop of one can call it");
  AgentCall& agent = *instance.agent;
  const program::Task& task = instance.region->tasks[index];
  const auto& fields = program.types[program.externals[task.target].parameters].fields;
  const auto* const input = reinterpret_cast<const std::byte*>(instance.frame) + task.input_offset;
  SpokenMessage turn = agent.prepared->conversation.read(value::load<Record>(input + fields[0].offset));
  auto made = std::make_unique<ActCall>(instance, index, agent);
  ActCall& act = *made;
  const std::vector<AgentTool>& tools = agent.speaker().tools;
  for (model::ToolCall& call : turn.calls) {
    ActCall::Slot slot{.call = std::move(call)};
    slot.result.id = slot.call.id;
    slot.result.name = slot.call.name;
    // What was not offered is not there: a text may name it.
    const auto found =
        std::ranges::find(agent.offered, slot.call.name, [&](uint32_t place) { return tools[place].name; });
    if (found != agent.offered.end()) {
      slot.tool = &tools[*found];
      slot.alone = slot.tool->effect == Effect::Writes || asks_itself(program, *slot.tool);
    }
    act.slots.push_back(std::move(slot));
  }
  act.offered = names_of(tools, agent.offered);
  instance.inner[index].act = &act;
  enlist(std::move(made));
  advance(act);
}

void Scheduler::State::advance(ActCall& act) {
  if (std::exchange(act.advancing, true)) return;
  const Instance& instance = act.instance();
  while (act.next < act.slots.size()) {
    const bool must_wait = act.running > 0 && (act.lonely || act.slots[act.next].alone);
    if (must_wait) break;
    const auto place = static_cast<uint32_t>(act.next++);
    act.lonely = act.slots[place].alone;
    ++act.running;
    begin_tool(act, place);
    if (dropped(instance)) return;  // and the act is gone
  }
  act.advancing = false;
  if (act.next == act.slots.size() && act.running == 0) end_act(act);
}

void Scheduler::State::slot_ended(ActCall& act) {
  --act.running;
  advance(act);
}

void Scheduler::State::begin_tool(ActCall& act, uint32_t place) {
  const ActCall::Slot& slot = act.slots[place];
  Run& run = *act.instance().run;
  const std::byte* arguments = nullptr;
  std::string wrong = wrong_call(act, place);
  if (wrong.empty()) {
    NativeConstraints constraints(program, run.context);
    const value::ReadResult read =
        value::from_json_of_others(program.types, slot.tool->parameters, slot.call.arguments,
                                   run.context.arena, &arguments, &constraints);
    if (run.context.arena.exhausted()) return out_of_memory(act.instance(), act.task());
    if (!read)
      wrong = "the arguments of `" + slot.tool->name + "` are wrong: " + read.sentence() +
              "; nothing was done. Call it again with that put right";
  }
  if (!wrong.empty()) {
    give_up(act.slots[place], std::move(wrong));
    note_call(act, place);
    return slot_ended(act);
  }
  if (slot.tool->handoff) return hand_over(act, place, arguments);
  const bool of_others = act.agent.is_untrusted() && !is_agent(program, *slot.tool);
  const bool asks = slot.tool->effect == Effect::Writes && !asks_itself(program, *slot.tool) &&
                    (of_others || act.agent.doubts.contains(slot.tool->name));
  asks ? ask_write(act, place, arguments) : run_tool(act, place, arguments);
}

void Scheduler::State::hand_over(ActCall& act, uint32_t place, const std::byte* arguments) {
  ActCall::Slot& slot = act.slots[place];
  Instance& instance = act.instance();
  Run& run = *instance.run;
  AgentCall& agent = act.agent;
  const program::Agent& target = program.agents[slot.tool->agent];
  const PreparedAgent* const fixed = prepared.agent(slot.tool->agent);
  if (std::exchange(act.handed_on, true) || !fixed) {
    give_up(slot, "the conversation has been handed on by another call");
    note_call(act, place);
    return slot_ended(act);
  }
  if (agent.is_untrusted()) arguments = fenced_copy(run, target.prompt.parameters, arguments);
  if (!arguments) return out_of_memory(instance, act.task());
  std::vector<std::string> texts;
  for (const PreparedPrompt::Message& part : fixed->prompt.messages) {
    if (part.role != program::Role::System) continue;
    value::Text text{std::string_view(part.text)};
    if (part.render.valid() && render(program, part.render, run.context, arguments, text) != abi::kOk)
      return fail(instance, act.task());
    texts.emplace_back(text.view());
  }
  if (texts.empty()) texts.emplace_back();
  add_format(texts.back(), fixed->format);
  agent.system.clear();
  for (const std::string& text : texts)
    agent.system.push_back(agent.prepared->conversation.message(run.context.arena, "system", text));
  if (run.context.arena.exhausted()) return out_of_memory(instance, act.task());
  agent.speaks = slot.tool->agent;
  agent.speaker_prepared = fixed;
  agent.in_words = false;
  agent.offered = picked_tools(program.types, target, agent.question);
  if (target.begins_untrusted) agent.taint("the instructions of `" + target.prompt.name + "`");
  slot.result.content = "the conversation goes on with `" + target.prompt.name + "`";
  note_call(act, place);
  slot_ended(act);
}

void Scheduler::State::ask_write(ActCall& act, uint32_t place, const std::byte* arguments) {
  const ActCall::Slot& slot = act.slots[place];
  Instance& instance = act.instance();
  const program::Task& task = *task_of(program, *slot.tool);
  std::string json;
  if (!value::write_json(program.types, slot.tool->parameters, &arguments, json)) json = slot.call.arguments;
  std::string before;
  if (const auto doubt = act.agent.doubts.find(slot.tool->name); doubt != act.agent.doubts.end())
    before = "Its last call failed: " + doubt->second + ".\n";
  Question question{
      .kind = Question::Kind::Approve,
      .path = path_of(instance, act.task()) + '[' + std::to_string(place) + "]/" + task.path + "/approve",
      .request = question_json(
          "what", "call `" + slot.tool->source + "` with " + json + ".\n" + before + act.agent.origins())};
  ask(instance, act.task(), std::move(question), slot.tool->source,
      [this, &act, place, arguments](const std::string& answer) {
        if (answer == "true") return run_tool(act, place, arguments);
        give_up(act.slots[place], kSaidNo);
        slot_ended(act);
      });
}

void Scheduler::State::run_tool(ActCall& act, uint32_t place, const std::byte* arguments) {
  Instance& instance = act.instance();
  const AgentTool& tool = *act.slots[place].tool;
  const program::Region& region = program.regions[tool.region];
  Scope* const scope = make_scope(instance, act.task(), place);
  Instance* const body = scope ? make_instance(*instance.run, region) : nullptr;
  if (!body) return out_of_memory(instance, act.task());
  body->scope = scope;
  link_inner(*body, instance);
  body->frame->index = place;
  std::memcpy(reinterpret_cast<std::byte*>(body->frame) + region.tasks[0].input_offset, arguments,
              program.types[tool.parameters].record_size);
  enter(*body, &instance, act.task());
}

void Scheduler::State::call_returned(Instance& body) {
  Instance& instance = *body.parent;
  ActCall& act = *instance.inner[body.parent_task].act;
  ActCall::Slot& slot = act.slots[body.scope->ordinal];
  const AgentTool& tool = *slot.tool;
  slot.result.content =
      content_of(program.types, tool.result,
                 reinterpret_cast<const std::byte*>(body.frame) + body.region->tasks[0].result_offset);
  // An agent's conversation knows what it has read, and a closed answer says nothing of it.
  slot.untrusted = tool.gives_untrusted && (body.untrusted || !is_agent(program, tool));
  if (!external_of(program, tool)) note_call(act, static_cast<uint32_t>(body.scope->ordinal));
  slot_ended(act);
}

bool Scheduler::State::call_raised(Scope& scope, const RunError& error) {
  Instance& instance = *scope.holder;
  if (instance.run->context.arena.exhausted()) return false;
  for (const Budget* each = instance.budget; each && error.refused_by; each = each->outer()) {
    if (each == error.refused_by) return false;  // nothing more can be done here
  }
  ActCall& act = *instance.inner[scope.task].act;
  const auto ordinal = static_cast<uint32_t>(scope.ordinal);
  ActCall::Slot& slot = act.slots[ordinal];
  drop(scope);
  // Its model may want to try again, which is for a person to decide.
  if (error.in_doubt) act.agent.doubts.insert_or_assign(slot.tool->name, error.message);
  const bool said_no = error.kind == ErrorKind::Denied && error.message == kSaidNo;
  // What a tool with a closed answer cannot say, its failures do not say for it.
  const bool closed = !slot.tool->gives_untrusted || is_agent(program, *slot.tool);
  const std::string_view own = closed ? own_words(error.kind) : std::string_view();
  const std::string_view words = own.empty() ? std::string_view(error.message) : own;
  give_up(slot, said_no ? std::string(kSaidNo)
                        : std::string(program::to_string(error.kind)) + ": " + std::string(words));
  slot.untrusted = !said_no && own.empty() && !is_own(error.kind);
  if (!external_of(program, *slot.tool)) note_call(act, ordinal);
  slot_ended(act);
  return true;
}

void Scheduler::State::end_act(ActCall& act) {
  Instance& instance = act.instance();
  const uint32_t index = act.task();
  AgentCall& agent = act.agent;
  // Many results share what two may take.
  const size_t share = agent.speaker_prepared->result_bytes;
  const size_t most =
      std::max<size_t>(1024, std::min(share, 2 * share / std::max<size_t>(1, act.slots.size())));
  std::vector<model::ToolResult> results;
  for (ActCall::Slot& slot : act.slots) {
    slot.result.content = trimmed(slot.result.content, most);
    if (slot.untrusted) {
      slot.result.content = value::fenced(slot.result.content);
      agent.taint(origin_of(slot));
    }
    results.push_back(std::move(slot.result));
  }
  const Record message = agent.prepared->conversation.results(instance.run->context.arena, results);
  if (!message) return out_of_memory(instance, index);
  value::store(reinterpret_cast<std::byte*>(instance.frame) + instance.region->tasks[index].result_offset,
               message);
  forget(act);
  task_ended(instance, index);
}

}  // namespace chain::sched
