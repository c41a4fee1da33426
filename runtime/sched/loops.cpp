// Loops, side by side and in order.
#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/sched/scheduler_state.h"

namespace chain::sched {

using program::Task;
using program::TypeKind;

namespace {

/// Elements of one loop at once where it names no limit: the model's own cap decides, this bounds memory.
constexpr uint64_t kLoopWindow = 10'000;
/// Of abi::Context::steps, what one turn of a loop takes that the scheduler carries out.
constexpr int64_t kStepsOfAnIteration = 64;

}  // namespace

void Scheduler::State::begin_loop(Instance& instance, uint32_t index) {
  const Task& task = instance.region->tasks[index];
  auto* frame = reinterpret_cast<std::byte*>(instance.frame);
  value::List list{};
  if (task.counted) {
    int64_t often;
    std::memcpy(&often, frame + task.input_offset, sizeof often);
    list.size = static_cast<uint64_t>(std::max<int64_t>(often, 0));
  } else {
    std::memcpy(&list, frame + task.input_offset, sizeof list);
  }
  LoopState*& state = instance.inner[index].loop;
  if (!state) state = new_loop(*instance.run);
  if (!state) return out_of_memory(instance, index);
  *state = {.spare = state->spare};
  state->data = list.data;
  state->size = list.size;
  state->limit = task.ordered ? 1 : task.parallel ? task.parallel : kLoopWindow;
  if (task.carries) {
    std::memcpy(&state->state, frame + task.input_offset + program::kStateOffset, sizeof state->state);
  } else if (program.types[task.result].kind == TypeKind::List) {
    state->result_stride = program.types.stride(program.types[task.result].element);
    const uint64_t bytes = state->size * state->result_stride;
    state->results = static_cast<std::byte*>(instance.run->context.arena.allocate(bytes));
    if (!state->results && bytes > 0) return out_of_memory(instance, index);
    const value::List results{state->results, list.size};
    std::memcpy(frame + task.result_offset, &results, sizeof results);
  }
  continue_loop(instance, index);
}

LoopState* Scheduler::State::new_loop(Run& run) {
  void* memory = run.context.arena.allocate(sizeof(LoopState));
  return memory ? new (memory) LoopState{} : nullptr;
}

void Scheduler::State::continue_loop(Instance& instance, uint32_t index) {
  const Task& task = instance.region->tasks[index];
  LoopState& state = *instance.inner[index].loop;
  Run& run = *instance.run;
  while (!dropped(instance) && !state.over() && state.next < state.size && state.active < state.limit) {
    if (task.carries && (run.context.steps -= kStepsOfAnIteration) < 0) {
      return fail_at(instance, index, abi::ErrorKind::Budget,
                     "this loop takes too many steps; bound it lower, or split the input");
    }
    Instance* body = next_iteration(instance, index);
    if (!body) return out_of_memory(instance, index);
    begin_iteration(task, state, *body->frame);
    ++state.next;
    ++state.active;
    enter(*body, &instance, index);
  }
  if (dropped(instance) || state.active > 0 || state.queued) return;
  if (state.returned) return task_returned(instance, index, false);
  if (state.next < state.size && !state.broke) return;
  if (task.carries) {
    std::memcpy(reinterpret_cast<std::byte*>(instance.frame) + task.result_offset, &state.state,
                sizeof state.state);
  }
  task_ended(instance, index);
}

void Scheduler::State::begin_iteration(const Task& task, LoopState& state, abi::Frame& frame) {
  frame.index = state.next;
  frame.input =
      task.counted ? reinterpret_cast<const std::byte*>(&frame.index) : state.data + state.next * task.stride;
  if (task.carries) {
    frame.state = state.state;
    frame.result = frame.loop_result = reinterpret_cast<std::byte*>(&state.state);
  } else {
    frame.result = state.results + state.next * state.result_stride;
  }
}

Instance* Scheduler::State::next_iteration(Instance& instance, uint32_t index) {
  const program::Region& region = program.regions[instance.region->tasks[index].regions[0]];
  LoopState& state = *instance.inner[index].loop;
  Instance* body = state.spare;
  if (body) {
    state.spare = body->parent;
    recycle(*body);
  } else {
    body = make_instance(*instance.run, region);
  }
  if (body) link_inner(*body, instance);
  if (body) body->scope = instance.scope;
  return body;
}

void Scheduler::State::end_iteration(Instance& instance, uint32_t index, Instance& body) {
  LoopState& state = *instance.inner[index].loop;
  --state.active;
  const bool left_early = body.returned_at != kNever;
  state.returned = state.returned || (left_early && !body.broke);
  state.broke = state.broke || (left_early && body.broke);
  body.parent = state.spare;
  state.spare = &body;
  if (!std::exchange(state.queued, true)) again.push_back({&instance, index});
}

}  // namespace chain::sched
