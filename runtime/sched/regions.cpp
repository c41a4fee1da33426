// Regions and their tasks: what waits for what. The part of the scheduler that every node goes through.
#include <algorithm>
#include <utility>

#include "runtime/sched/scheduler_state.h"

namespace chain::sched {

using program::Task;
using program::TaskKind;

void Scheduler::State::enter(Instance& instance, Instance* parent, uint32_t parent_task) {
  instance.parent = parent;
  instance.parent_task = parent_task;
  if (!instance.is_body) {
    instance.bounded = parent->bounded;
    instance.budget = parent->budget;
    instance.agent = parent->agent;
  }
  instance.frame->instance = &instance;
  instance.returned_at = kNever;
  instance.broke = false;
  const auto& tasks = instance.region->tasks;
  instance.open = static_cast<uint32_t>(tasks.size());
  for (uint32_t i = 0; i < tasks.size(); ++i) {
    instance.waiting[i] = tasks[i].dependencies;
    if (tasks[i].may_return) ++instance.undecided;
  }
  if (instance.region->enter.valid()) {
    const abi::Status status = step(instance, instance.region->enter);
    if (status != abi::kOk) return fail(instance, kNever);
  }
  if (instance.undecided == 0) region_decided(instance);
  for (uint32_t task : instance.region->ready) push(instance, task);
  if (instance.open == 0) left.push_back(&instance);
}

void Scheduler::State::leave(Instance& instance) {
  Run& run = *instance.run;
  const bool returned = instance.returned_at != kNever;
  if (!returned && instance.region->yield.valid()) {
    const abi::Status status = step(instance, instance.region->yield);
    if (status == abi::kFailed) return fail(instance, kNever);
  }
  if (is_agent_body(instance)) return agent_returned(*instance.agent);
  if (instance.is_body && instance.deadline != 0) loop.cancel_timer(std::exchange(instance.deadline, 0));
  if (!instance.parent) return succeed(run);
  Instance& parent = *instance.parent;
  const uint32_t task = instance.parent_task;
  if (instance.scope != parent.scope && !instance.is_body && scope_succeeded(instance)) return;
  if (parent.region->tasks[task].kind == TaskKind::Loop) return end_iteration(parent, task, instance);
  if (returned && !instance.is_body) return task_returned(parent, task, instance.broke);
  task_ended(parent, task);
}

void Scheduler::State::region_decided(Instance& instance) {
  if (instance.is_body || !instance.parent) return;
  const Task& task = instance.parent->region->tasks[instance.parent_task];
  // What is tried may yet fail, and what catches that may return.
  const bool tried = task.kind == TaskKind::Try && instance.region == &program.regions[task.regions[0]];
  const bool settles = task.kind == TaskKind::Branch || (task.kind == TaskKind::Try && !tried);
  if (settles && task.may_return) task_decided(*instance.parent, instance.parent_task);
}

void Scheduler::State::push(Instance& instance, uint32_t task) {
  instance.state[task] = TaskState::Queued;
  ready.push_back({&instance, task});
}

void Scheduler::State::release(Instance& instance, const std::vector<uint32_t>& tasks) {
  for (uint32_t task : tasks) {
    if (--instance.waiting[task] == 0 && task < instance.returned_at) push(instance, task);
  }
}

abi::Status Scheduler::State::step(Instance& instance, program::FunctionId function) {
  return reinterpret_cast<abi::StepFn>(const_cast<void*>(program.functions[function.index]))(
      instance.frame, &instance.run->context);
}

void Scheduler::State::run_task(Instance& instance, uint32_t index) {
  const Task& task = instance.region->tasks[index];
  if (index >= instance.returned_at) return;
  // Or else it stood in the queue when its instance ended, and the instance has begun anew since.
  if (instance.state[index] != TaskState::Queued) return;
  instance.state[index] = TaskState::Running;
  if (task.start.valid()) {
    const abi::Status status = step(instance, task.start);
    if (status == abi::kReturned || status == abi::kBroke) {
      return task_returned(instance, index, status == abi::kBroke);
    }
    if (status != abi::kOk) return fail(instance, index);
  }
  switch (task.kind) {
    case TaskKind::Compute: return task_ended(instance, index);
    case TaskKind::Prompt: return call_prompt(instance, index);
    case TaskKind::Call: return call_chain(instance, index);
    case TaskKind::Branch: return take_branch(instance, index);
    case TaskKind::Loop: return begin_loop(instance, index);
    case TaskKind::Try: return attempt(instance, index);
    case TaskKind::Race: return begin_race(instance, index);
    case TaskKind::Sample: return begin_samples(instance, index);
    case TaskKind::External: return call_external(instance, index);
  }
}

void Scheduler::State::task_ended(Instance& instance, uint32_t index) {
  const Task& task = instance.region->tasks[index];
  if (task.finish.valid() && step(instance, task.finish) != abi::kOk) return fail(instance, index);
  if (task.may_return) {
    task_decided(instance, index);
  } else {
    release(instance, task.after_decided);
  }
  instance.state[index] = TaskState::Ended;
  release(instance, task.after_done);
  if (--instance.open == 0) left.push_back(&instance);
}

void Scheduler::State::task_decided(Instance& instance, uint32_t index) {
  uint32_t& mark = instance.waiting[index];
  if (mark == kNever) return;
  mark = kNever;  // its own count is no longer needed
  const Task& task = instance.region->tasks[index];
  release(instance, task.after_decided);
  if (--instance.undecided == 0) region_decided(instance);
}

void Scheduler::State::task_returned(Instance& instance, uint32_t index, bool broke) {
  instance.state[index] = TaskState::Ended;
  instance.returned_at = index;
  instance.broke = broke;
  const auto earlier = instance.state + index;
  instance.open = static_cast<uint32_t>(
      std::count_if(instance.state, earlier, [](TaskState s) { return s != TaskState::Ended; }));
  if (instance.open == 0) left.push_back(&instance);
}

}  // namespace chain::sched
