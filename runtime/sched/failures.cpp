// What happens when something fails: who goes on, and what is dropped.
#include <cstring>
#include <tuple>

#include "runtime/abi/functions.h"
#include "runtime/sched/scheduler_state.h"

namespace chain::sched {

using program::Task;
using program::TaskKind;

void Scheduler::State::fail(Instance& instance, uint32_t task, const abi::Context& context) {
  if (context.arena.exhausted()) return out_of_memory(instance, task);
  RunError error{context.error_kind, std::string(context.error_message.view()), path_of(instance, task)};
  if (context.error_site < program.sites.size()) {
    const program::Site& site = program.sites[context.error_site];
    error.file = site.file;
    error.line = site.line;
    error.column = site.column;
  }
  raise(*instance.scope, std::move(error));
}

void Scheduler::State::fail_at(Instance& instance, uint32_t task, abi::ErrorKind kind, std::string message,
                               const Budget* refused_by) {
  const Task& at = instance.region->tasks[task];
  raise(*instance.scope,
        {kind, std::move(message), path_of(instance, task), at.file, at.line, at.column, refused_by});
}

void Scheduler::State::raise(Scope& inside, RunError error) {
  Scope* scope = &inside;
  while (scope->outer) {
    Instance& holder = *scope->holder;
    const Task& task = holder.region->tasks[scope->task];
    Scope* outer = scope->outer;
    if (task.kind == TaskKind::Try) {
      if (const uint32_t arm = task.catches[static_cast<size_t>(error.kind)]) {
        drop(*scope);
        return recover(holder, scope->task, arm, error);
      }
    } else if (task.kind == TaskKind::External) {
      if (call_raised(*scope, error)) return;
    } else if (!alternative_failed(*scope, error)) {
      return;
    }
    scope = outer;
  }
  end(*inside.run, std::move(error));
}

void Scheduler::State::drop(Scope& scope) {
  std::vector<Scope*> open{&scope};
  unlink(scope);
  while (!open.empty()) {
    Scope& at = *open.back();
    open.pop_back();
    at.ended = true;
    for (Scope* inner = at.inner; inner; inner = inner->next) open.push_back(inner);
    while (at.calls) {
      at.calls->cancel();
      forget(*at.calls);
    }
  }
}

void Scheduler::State::recover(Instance& holder, uint32_t index, uint32_t arm, const RunError& error) {
  const Task& task = holder.region->tasks[index];
  holder.inner[index].instance = nullptr;  // the queue may still name what was dropped: it is not used again
  Instance* instance = make_inner(holder, index, program.regions[task.regions[arm]]);
  value::Arena& arena = holder.run->context.arena;
  auto* memory = static_cast<std::byte*>(arena.allocate(sizeof(std::byte*) + program::kErrorRecordSize));
  if (!instance || !memory) return out_of_memory(holder, index);
  std::byte* record = memory + sizeof(std::byte*);
  const value::Text kind = arena.copy(program::to_string(error.kind));
  const value::Text message = arena.copy(error.message);
  std::memcpy(memory, &record, sizeof record);
  std::memcpy(record + program::kErrorKindField, &kind, sizeof kind);
  std::memcpy(record + program::kErrorMessageField, &message, sizeof message);
  link_inner(*instance, holder);
  instance->frame->input = memory;
  instance->frame->result = reinterpret_cast<std::byte*>(holder.frame) + task.result_offset;
  enter(*instance, &holder, index);
}

void Scheduler::State::out_of_memory(Instance& instance, uint32_t task) {
  RunError error = memory_used_up(*instance.run);
  error.path = path_of(instance, task);
  const Task* at = task != kNever    ? &instance.region->tasks[task]
                   : instance.parent ? &instance.parent->region->tasks[instance.parent_task]
                                     : nullptr;
  if (at) std::tie(error.file, error.line, error.column) = std::tie(at->file, at->line, at->column);
  end(*instance.run, std::move(error));
}

}  // namespace chain::sched
