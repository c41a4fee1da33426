// `try`, `race` and `sample`: what fails, and is dropped, by itself.
#include <algorithm>
#include <cstring>
#include <tuple>

#include "runtime/sched/scheduler_state.h"

namespace chain::sched {

using program::Task;
using program::TaskKind;

void Scheduler::State::attempt(Instance& instance, uint32_t index) {
  const Task& task = instance.region->tasks[index];
  Scope* scope = make_scope(instance, index, 0);
  Instance* body = scope ? make_inner(instance, index, program.regions[task.regions[0]]) : nullptr;
  if (!body) return out_of_memory(instance, index);
  body->scope = scope;
  link_inner(*body, instance);
  body->frame->result = reinterpret_cast<std::byte*>(instance.frame) + task.result_offset;
  enter(*body, &instance, index);
}

void Scheduler::State::begin_race(Instance& instance, uint32_t index) {
  const Task& task = instance.region->tasks[index];
  Alternatives* all = new_alternatives(instance, index, task.regions.size());
  if (!all) return out_of_memory(instance, index);
  auto* result = reinterpret_cast<std::byte*>(instance.frame) + task.result_offset;
  for (uint32_t arm = 0; arm < task.regions.size() && !dropped(instance); ++arm) {
    if (!begin_alternative(instance, index, program.regions[task.regions[arm]], arm, result)) return;
  }
}

void Scheduler::State::begin_samples(Instance& instance, uint32_t index) {
  const Task& task = instance.region->tasks[index];
  int64_t count;
  std::memcpy(&count, reinterpret_cast<std::byte*>(instance.frame) + task.input_offset, sizeof count);
  Alternatives* all = new_alternatives(instance, index, static_cast<uint64_t>(std::max<int64_t>(count, 0)));
  if (!all) return out_of_memory(instance, index);
  const program::TypeId element = program.types[task.result].element;
  value::Arena& arena = instance.run->context.arena;
  all->result_size = program.types[element].size;
  all->stride = program.types.stride(element);
  all->results = static_cast<std::byte*>(arena.allocate(all->size * all->stride));
  all->succeeded = static_cast<bool*>(arena.allocate(all->size));
  if (all->size > 0 && (!all->results || !all->succeeded)) return out_of_memory(instance, index);
  std::fill_n(all->succeeded, all->size, false);
  if (all->size == 0) return samples_ended(instance, index);
  for (uint32_t i = 0; i < all->size && !dropped(instance); ++i) {
    if (!begin_alternative(instance, index, program.regions[task.regions[0]], i,
                           all->results + i * all->stride))
      return;
  }
}

Alternatives* Scheduler::State::new_alternatives(Instance& instance, uint32_t index, uint64_t size) {
  void* memory = instance.run->context.arena.allocate(sizeof(Alternatives));
  if (!memory) return nullptr;
  auto* all = new (memory) Alternatives{.open = size, .size = size, .first_failed = kNever};
  return instance.inner[index].alternatives = all;
}

bool Scheduler::State::begin_alternative(Instance& instance, uint32_t index, const program::Region& region,
                                         uint32_t ordinal, std::byte* result) {
  Scope* scope = make_scope(instance, index, ordinal);
  Instance* body = scope ? make_instance(*instance.run, region) : nullptr;
  if (!body) return out_of_memory(instance, index), false;
  body->scope = scope;
  link_inner(*body, instance);
  body->frame->index = ordinal;
  body->frame->input = reinterpret_cast<const std::byte*>(&body->frame->index);
  body->frame->result = result;
  enter(*body, &instance, index);
  return true;
}

bool Scheduler::State::scope_succeeded(Instance& body) {
  Instance& instance = *body.parent;
  const uint32_t index = body.parent_task;
  unlink(*body.scope);
  const TaskKind kind = instance.region->tasks[index].kind;
  if (kind == TaskKind::Try) return false;
  if (kind == TaskKind::External) {
    call_returned(body);
    return true;
  }
  Alternatives& all = *instance.inner[index].alternatives;
  if (kind == TaskKind::Race) {
    drop_others(instance, index);
    task_ended(instance, index);
  } else {
    all.succeeded[body.scope->ordinal] = true;
    if (--all.open == 0) samples_ended(instance, index);
  }
  return true;
}

void Scheduler::State::drop_others(Instance& instance, uint32_t index) {
  for (Scope* scope = instance.scope->inner; scope;) {
    Scope* next = scope->next;
    if (scope->holder == &instance && scope->task == index) drop(*scope);
    scope = next;
  }
}

bool Scheduler::State::alternative_failed(Scope& scope, RunError& error) {
  Instance& instance = *scope.holder;
  const uint32_t index = scope.task;
  Alternatives& all = *instance.inner[index].alternatives;
  drop(scope);
  if (scope.ordinal < all.first_failed) {
    value::Arena& arena = instance.run->context.arena;
    all.first_failed = scope.ordinal;
    all.kind = error.kind;
    all.message = arena.copy(error.message);
    all.path = arena.copy(error.path);
    std::tie(all.file, all.line, all.column) = std::tie(error.file, error.line, error.column);
  }
  if (--all.open > 0) return false;
  const bool any =
      all.succeeded && std::any_of(all.succeeded, all.succeeded + all.size, [](bool b) { return b; });
  if (any) return samples_ended(instance, index), false;
  error = {all.kind,  std::string(all.message.view()), std::string(all.path.view()), all.file, all.line,
           all.column};
  return true;
}

void Scheduler::State::samples_ended(Instance& instance, uint32_t index) {
  Alternatives& all = *instance.inner[index].alternatives;
  uint64_t kept = 0;
  for (uint64_t i = 0; i < all.size; ++i) {
    if (!all.succeeded[i]) continue;
    if (kept != i)
      std::memcpy(all.results + kept * all.stride, all.results + i * all.stride, all.result_size);
    ++kept;
  }
  const value::List list{all.results, kept};
  std::memcpy(reinterpret_cast<std::byte*>(instance.frame) + instance.region->tasks[index].result_offset,
              &list, sizeof list);
  task_ended(instance, index);
}

}  // namespace chain::sched
