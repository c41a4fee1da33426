// Calls of what is outside: tools, indexes, people, the clock. In a test what it says answers for them.
#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/sched/scheduler_state.h"
#include "runtime/value/json.h"

namespace chain::sched {

using program::ExternalKind;
using program::Task;
using program::TypeKind;

void Scheduler::State::call_external(Instance& instance, uint32_t index) {
  const program::External& callee = program.externals[instance.region->tasks[index].target];
  const bool test = instance.run->options.test;
  if ((!test || callee.kind == ExternalKind::Log) && call_effect(instance, index)) return;
  if (test) return answer_given(instance, index);
  if (callee.kind == ExternalKind::Ask || callee.kind == ExternalKind::Approve)
    return ask_person(instance, index);
  if (callee.kind == ExternalKind::Agent && callee.agent < program.agents.size())
    return call_agent(instance, index);
  if (callee.kind == ExternalKind::Step) return call_step(instance, index);
  if (callee.kind == ExternalKind::Act) return call_act(instance, index);
  if ((callee.kind == ExternalKind::Tool || callee.kind == ExternalKind::Remote) && tools)
    return call_tool(instance, index);
  if (callee.kind == ExternalKind::Search && searches) return call_search(instance, index);
  if ((callee.kind == ExternalKind::Remember || callee.kind == ExternalKind::Recall) && memories)
    return call_memory(instance, index);
  fail_at(instance, index, abi::ErrorKind::Failed,
          "`" + callee.name + "` cannot be called in this version yet; in a test `given " + callee.name +
              " returns ...` answers for it");
}

void Scheduler::State::answer_given(Instance& instance, uint32_t index) {
  Run& run = *instance.run;
  const Task& task = instance.region->tasks[index];
  const program::External& callee = program.externals[task.target];
  if (program.types[callee.result].kind == TypeKind::Void) return task_ended(instance, index);
  auto given = run.given.find(static_cast<uint32_t>(program.prompts.size()) + task.target);
  if (given == run.given.end())
    return not_given(instance, index, callee.name, "a test calls nothing outside");
  if (callee.kind == ExternalKind::Approve && given->second[0] == std::byte{0})
    return fail_at(instance, index, abi::ErrorKind::Denied, kSaidNo);
  std::memcpy(reinterpret_cast<std::byte*>(instance.frame) + task.result_offset, given->second,
              program.types[callee.result].size);
  task_ended(instance, index);
}

void Scheduler::State::not_given(Instance& instance, uint32_t index, const std::string& name,
                                 std::string_view why) {
  const Task& at = instance.region->tasks[index];
  RunError error{abi::ErrorKind::NotFound,
                 std::string(why) + ": say what `" + name + "` answers with `given " + name + " returns ...`",
                 path_of(instance, index),
                 at.file,
                 at.line,
                 at.column};
  std::vector<RunError>& all = instance.run->unanswered;
  const auto is_it = [&](const RunError& other) {
    return other.file == at.file && other.line == at.line && other.column == at.column &&
           other.message == error.message;
  };
  if (std::ranges::none_of(all, is_it)) all.push_back(error);
  raise(*instance.scope, std::move(error));
}

std::optional<std::string> Scheduler::State::arguments_of(const Instance& instance, uint32_t index) const {
  const Task& task = instance.region->tasks[index];
  const auto* arguments = reinterpret_cast<const std::byte*>(instance.frame) + task.input_offset;
  std::string json;
  if (!value::write_json(program.types, program.externals[task.target].parameters, &arguments, json))
    return std::nullopt;
  return json;
}

}  // namespace chain::sched
