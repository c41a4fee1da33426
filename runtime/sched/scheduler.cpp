// Walks the graphs of runs: counts down dependencies, starts what is ready, and ends regions, chains
// and runs. Everything happens on the event loop's thread, from one queue, so that no completion
// recurses into the next.
#include <algorithm>
#include <cstring>
#include <deque>
#include <unordered_map>
#include <utility>

#include "runtime/abi/functions.h"
#include "runtime/sched/constraints.h"
#include "runtime/sched/event_loop.h"
#include "runtime/sched/prompt_call.h"
#include "runtime/sched/run.h"
#include "runtime/sched/run_state.h"
#include "runtime/value/json.h"

namespace chain::sched {

using program::Task;
using program::TaskKind;
using program::TypeKind;

namespace {

/// Elements of one loop at once where it names no limit: the model's own cap decides, this bounds memory.
constexpr uint64_t kLoopWindow = 10'000;
constexpr uint32_t kNever = UINT32_MAX;

}  // namespace

struct Scheduler::State final : CallHost {
  State(const program::Program& program, model::Client& client, EventLoop& loop)
      : program(program), client(client), loop(loop), prepared(program) {}

  // ---- Runs -----------------------------------------------------------------------------------

  void begin(Run& run, const std::string& arguments) {
    if (run.ended) return;
    if (is_bounded(run, *run.chain))
      return end(run, {abi::ErrorKind::Failed, not_enforced(*run.chain), run.chain->name});
    const std::byte* record = nullptr;
    NativeConstraints constraints(program, run.context);
    const value::ReadResult read = value::from_json(program.types, run.chain->parameters, arguments,
                                                    run.context.arena, &record, &constraints);
    if (!read) return end(run, {abi::ErrorKind::InvalidValue, read.sentence(), run.chain->name});
    run.result = static_cast<std::byte*>(
        run.context.arena.allocate(std::max<uint32_t>(program.types[run.chain->result].size, 1)));
    Instance* body = run.result ? make_instance(run, program.regions[run.chain->body]) : nullptr;
    if (!body) return end(run, {abi::ErrorKind::Budget, "the run's memory is used up", run.chain->name});
    body->is_body = true;
    body->tail = true;
    body->frame->input = record;
    body->frame->result = body->frame->chain_result = run.result;
    enter(*body, nullptr, 0);
  }

  /// Ends a run once; what is in flight is dropped. Its memory goes when the queue is empty.
  void end(Run& run, RunError error) {
    if (run.ended) return;
    RunResult result;
    result.error = std::move(error);
    finish(run, std::move(result));
  }

  void succeed(Run& run) {
    RunResult result;
    result.ok = true;
    const program::TypeId type = run.chain->result;
    if (program.types[type].kind == TypeKind::Void) {
      result.value_json = "null";
    } else {
      value::write_json(program.types, type, run.result, result.value_json);
      if (program.types.base_kind(type) == TypeKind::String) {
        result.text = reinterpret_cast<const value::Text*>(run.result)->view();
      }
    }
    finish(run, std::move(result));
  }

  void finish(Run& run, RunResult result) {
    run.ended = true;
    for (auto& call : run.calls) call->cancel();
    run.calls.clear();
    result.expected = std::move(run.expected);
    auto found = runs.find(run.id);
    ended.push_back(std::move(found->second));
    runs.erase(found);
    Done done = std::move(run.done);
    if (done) done(std::move(result));
  }

  /// The error that native code left in the context.
  void fail(Instance& instance, uint32_t task) {
    Run& run = *instance.run;
    RunError error{run.context.error_kind, std::string(run.context.error_message.view()),
                   path_of(instance, task)};
    if (run.context.error_site < program.sites.size()) {
      const program::Site& site = program.sites[run.context.error_site];
      error.file = site.file;
      error.line = site.line;
      error.column = site.column;
    }
    end(run, std::move(error));
  }

  void fail_at(Instance& instance, uint32_t task, abi::ErrorKind kind, std::string message) {
    const Task& at = instance.region->tasks[task];
    end(*instance.run, {kind, std::move(message), path_of(instance, task), at.file, at.line, at.column});
  }

  // ---- Regions --------------------------------------------------------------------------------

  void enter(Instance& instance, Instance* parent, uint32_t parent_task) {
    instance.parent = parent;
    instance.parent_task = parent_task;
    instance.frame->instance = &instance;
    instance.returned_at = kNever;
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
    if (instance.open == 0) leave(instance);
  }

  void leave(Instance& instance) {
    Run& run = *instance.run;
    const bool returned = instance.returned_at != kNever;
    if (!returned && instance.region->yield.valid()) {
      const abi::Status status = step(instance, instance.region->yield);
      if (status == abi::kFailed) return fail(instance, kNever);
    }
    if (!instance.parent) return succeed(run);
    Instance& parent = *instance.parent;
    const uint32_t task = instance.parent_task;
    if (parent.region->tasks[task].kind == TaskKind::Loop)
      return end_iteration(parent, task, instance, returned);
    if (returned && !instance.is_body) return task_returned(parent, task);
    task_ended(parent, task);
  }

  /// No `return` can come out of the region any more.
  void region_decided(Instance& instance) {
    if (instance.is_body || !instance.parent) return;
    const Task& task = instance.parent->region->tasks[instance.parent_task];
    if (task.kind == TaskKind::Branch && task.may_return)
      task_decided(*instance.parent, instance.parent_task);
  }

  // ---- Tasks ----------------------------------------------------------------------------------

  void push(Instance& instance, uint32_t task) {
    instance.state[task] = TaskState::Queued;
    ready.push_back({&instance, task});
  }

  void release(Instance& instance, const std::vector<uint32_t>& tasks) {
    for (uint32_t task : tasks) {
      if (--instance.waiting[task] == 0 && task < instance.returned_at) push(instance, task);
    }
  }

  abi::Status step(Instance& instance, program::FunctionId function) {
    return reinterpret_cast<abi::StepFn>(program.functions[function.index])(instance.frame,
                                                                            &instance.run->context);
  }

  void run_task(Instance& instance, uint32_t index) {
    const Task& task = instance.region->tasks[index];
    if (index >= instance.returned_at) return;
    instance.state[index] = TaskState::Running;
    if (task.start.valid()) {
      const abi::Status status = step(instance, task.start);
      if (status == abi::kReturned) return task_returned(instance, index);
      if (status != abi::kOk) return fail(instance, index);
    }
    switch (task.kind) {
      case TaskKind::Compute: return task_ended(instance, index);
      case TaskKind::Prompt: return call_prompt(instance, index);
      case TaskKind::Call: return call_chain(instance, index);
      case TaskKind::Branch: return take_branch(instance, index);
      case TaskKind::Loop: return begin_loop(instance, index);
      case TaskKind::External: return call_external(instance, index);
    }
  }

  void task_ended(Instance& instance, uint32_t index) {
    const Task& task = instance.region->tasks[index];
    if (task.finish.valid() && step(instance, task.finish) != abi::kOk) return fail(instance, index);
    if (task.may_return) {
      task_decided(instance, index);
    } else {
      release(instance, task.after_decided);
    }
    instance.state[index] = TaskState::Ended;
    release(instance, task.after_done);
    if (--instance.open == 0) leave(instance);
  }

  /// The task can no longer return; said once.
  void task_decided(Instance& instance, uint32_t index) {
    uint32_t& mark = instance.waiting[index];
    if (mark == kNever) return;
    mark = kNever;  // its own count is no longer needed
    const Task& task = instance.region->tasks[index];
    release(instance, task.after_decided);
    if (--instance.undecided == 0) region_decided(instance);
  }

  /// The chain returns here. What stands before it in the text still runs, so that its errors count
  /// whatever the timing; what stands after it never starts.
  void task_returned(Instance& instance, uint32_t index) {
    instance.state[index] = TaskState::Ended;
    instance.returned_at = index;
    const auto earlier = instance.state + index;
    instance.open = static_cast<uint32_t>(
        std::count_if(instance.state, earlier, [](TaskState s) { return s != TaskState::Ended; }));
    if (instance.open == 0) leave(instance);
  }

  // ---- Kinds of tasks -------------------------------------------------------------------------

  void call_prompt(Instance& instance, uint32_t index) {
    Run& run = *instance.run;
    const Task& task = instance.region->tasks[index];
    const program::Prompt& prompt = program.prompts[task.target];
    if (run.options.test) {
      auto given = run.given.find(task.target);
      if (given == run.given.end()) {
        return fail_at(instance, index, abi::ErrorKind::NotFound,
                       "a test calls no model: say what `" + prompt.name + "` answers with `given " +
                           prompt.name + " returns ...`");
      }
      std::memcpy(reinterpret_cast<std::byte*>(instance.frame) + task.result_offset, given->second,
                  program.types[prompt.result].size);
      return task_ended(instance, index);
    }
    const PreparedPrompt& fixed = prepared.prompt(task.target);
    if (!fixed.error.empty()) return fail_at(instance, index, abi::ErrorKind::InvalidValue, fixed.error);
    if (run.options.observer) run.options.observer->started(path_of(instance, index), prompt);
    run.calls.push_back(std::make_unique<PromptCall>(*this, client, fixed, instance, index));
    run.calls.back()->place = run.calls.size() - 1;
    if (!run.calls.back()->start()) fail(instance, index);
  }

  void call_succeeded(PromptCall& call) override {
    Instance& instance = call.instance();
    const uint32_t task = call.task();
    forget(call);
    task_ended(instance, task);
    drain();
  }

  void call_failed(PromptCall& call, abi::ErrorKind kind, std::string message) override {
    Instance& instance = call.instance();
    const uint32_t task = call.task();
    Run& run = *instance.run;
    if (run.options.observer) {
      const Task& at = instance.region->tasks[task];
      run.options.observer->failed(path_of(instance, task), call.prompt(),
                                   {kind, message, path_of(instance, task), at.file, at.line, at.column});
    }
    forget(call);
    fail_at(instance, task, kind, std::move(message));
    drain();
  }

  static void forget(PromptCall& call) {
    auto& calls = call.instance().run->calls;
    const size_t place = call.place;
    calls.back()->place = place;
    std::swap(calls[place], calls.back());
    calls.pop_back();
  }

  /// What nobody here can answer yet, but a test.
  void call_external(Instance& instance, uint32_t index) {
    Run& run = *instance.run;
    const Task& task = instance.region->tasks[index];
    const program::External& callee = program.externals[task.target];
    if (!run.options.test) {
      return fail_at(instance, index, abi::ErrorKind::Failed,
                     "`" + callee.name + "` cannot be called in this version yet; in a test `given " +
                         callee.name + " returns ...` answers for it");
    }
    if (program.types[callee.result].kind == TypeKind::Void) return task_ended(instance, index);
    auto given = run.given.find(static_cast<uint32_t>(program.prompts.size()) + task.target);
    if (given == run.given.end()) {
      return fail_at(instance, index, abi::ErrorKind::NotFound,
                     "a test calls nothing outside: say what `" + callee.name + "` answers with `given " +
                         callee.name + " returns ...`");
    }
    if (callee.kind == program::ExternalKind::Approve && given->second[0] == std::byte{0}) {
      return fail_at(instance, index, abi::ErrorKind::Denied, "a person said no");
    }
    std::memcpy(reinterpret_cast<std::byte*>(instance.frame) + task.result_offset, given->second,
                program.types[callee.result].size);
    task_ended(instance, index);
  }

  /// Whether the chain has bounds that only a test may pass over.
  static bool is_bounded(const Run& run, const program::Chain& chain) {
    return !run.options.test && chain.bounds != program::Bounds{};
  }
  static std::string not_enforced(const program::Chain& chain) {
    return "`" + chain.name + "` says `within`, which this version cannot enforce yet";
  }

  void call_chain(Instance& instance, uint32_t index) {
    const Task& task = instance.region->tasks[index];
    const program::Chain& chain = program.chains[task.target];
    if (is_bounded(*instance.run, chain))
      return fail_at(instance, index, abi::ErrorKind::Failed, not_enforced(chain));
    Instance* body = make_instance(*instance.run, program.regions[program.chains[task.target].body]);
    if (!body) return out_of_memory(instance, index);
    auto* frame = reinterpret_cast<std::byte*>(instance.frame);
    body->is_body = true;
    body->tail = instance.tail && task.tail;
    body->frame->input = frame + task.input_offset;
    body->frame->result = body->frame->chain_result = frame + task.result_offset;
    enter(*body, &instance, index);
  }

  void take_branch(Instance& instance, uint32_t index) {
    const Task& task = instance.region->tasks[index];
    auto* frame = reinterpret_cast<std::byte*>(instance.frame);
    uint32_t selector;
    std::memcpy(&selector, frame + task.input_offset, sizeof selector);
    if (selector >= task.regions.size()) return task_ended(instance, index);
    Instance* arm = make_instance(*instance.run, program.regions[task.regions[selector]]);
    if (!arm) return out_of_memory(instance, index);
    link_inner(*arm, instance);
    arm->tail = instance.tail;
    arm->frame->result = frame + task.result_offset;
    enter(*arm, &instance, index);
  }

  static void link_inner(Instance& inner, const Instance& outer) {
    inner.frame->parent = outer.frame;
    inner.frame->chain_result = outer.frame->chain_result;
  }

  void begin_loop(Instance& instance, uint32_t index) {
    const Task& task = instance.region->tasks[index];
    auto* frame = reinterpret_cast<std::byte*>(instance.frame);
    value::List list;
    std::memcpy(&list, frame + task.input_offset, sizeof list);
    auto* state = static_cast<LoopState*>(instance.run->context.arena.allocate(sizeof(LoopState)));
    if (!state) return out_of_memory(instance, index);
    *state = {};
    state->data = list.data;
    state->size = list.size;
    state->limit = task.ordered ? 1 : task.parallel ? task.parallel : kLoopWindow;
    if (program.types[task.result].kind == TypeKind::List) {
      state->result_stride = program.types.stride(program.types[task.result].element);
      const uint64_t bytes = state->size * state->result_stride;
      state->results = static_cast<std::byte*>(instance.run->context.arena.allocate(bytes));
      if (!state->results && bytes > 0) return out_of_memory(instance, index);
      const value::List results{state->results, list.size};
      std::memcpy(frame + task.result_offset, &results, sizeof results);
    }
    instance.loops[index] = state;
    continue_loop(instance, index);
  }

  void continue_loop(Instance& instance, uint32_t index) {
    const Task& task = instance.region->tasks[index];
    LoopState& state = *instance.loops[index];
    Run& run = *instance.run;
    while (!run.ended && !state.returned && state.next < state.size && state.active < state.limit) {
      Instance* body = next_iteration(instance, index);
      if (!body) return out_of_memory(instance, index);
      body->frame->input = state.data + state.next * task.stride;
      body->frame->index = state.next;
      body->frame->result = state.results + state.next * state.result_stride;
      ++state.next;
      ++state.active;
      enter(*body, &instance, index);
    }
    if (run.ended || state.active > 0 || state.queued) return;
    if (state.returned) return task_returned(instance, index);
    if (state.next == state.size) task_ended(instance, index);
  }

  /// A cleared instance of the loop's body: that of an iteration that has ended, or a new one.
  Instance* next_iteration(Instance& instance, uint32_t index) {
    const program::Region& region = program.regions[instance.region->tasks[index].regions[0]];
    LoopState& state = *instance.loops[index];
    Instance* body = state.spare;
    if (body) {
      state.spare = body->parent;
      recycle(*body);
    } else {
      body = make_instance(*instance.run, region);
    }
    if (body) link_inner(*body, instance);
    return body;
  }

  static void recycle(Instance& instance) {
    const size_t tasks = instance.region->tasks.size();
    instance.undecided = 0;
    std::memset(instance.loops, 0, tasks * sizeof(LoopState*));
    std::memset(instance.state, 0, tasks);
    std::memset(static_cast<void*>(instance.frame), 0, instance.region->frame_size);
  }

  void end_iteration(Instance& instance, uint32_t index, Instance& body, bool returned) {
    LoopState& state = *instance.loops[index];
    --state.active;
    state.returned = state.returned || returned;
    body.parent = state.spare;
    state.spare = &body;
    if (!std::exchange(state.queued, true)) again.push_back({&instance, index});
  }

  void out_of_memory(Instance& instance, uint32_t task) {
    fail_at(instance, task, abi::ErrorKind::Budget, "the run's memory is used up");
  }

  // ---- The queue ------------------------------------------------------------------------------

  /// Runs what is ready until nothing is. Called from outside only: never recursively.
  void drain() {
    if (draining) return;
    draining = true;
    while (!ready.empty() || !again.empty()) {
      if (!again.empty()) {
        const auto [instance, task] = again.back();
        again.pop_back();
        if (instance->run->ended) continue;
        instance->loops[task]->queued = false;
        continue_loop(*instance, task);
        continue;
      }
      const auto [instance, task] = ready.front();
      ready.pop_front();
      if (!instance->run->ended) run_task(*instance, task);
    }
    ended.clear();
    draining = false;
  }

  struct Ready {
    Instance* instance;
    uint32_t task;
  };

  const program::Program& program;
  model::Client& client;
  EventLoop& loop;
  Prepared prepared;
  std::unordered_map<RunId, std::unique_ptr<Run>> runs;
  std::vector<std::unique_ptr<Run>> ended;  // whose memory the queue may still name
  std::deque<Ready> ready;
  std::vector<Ready> again;  // loops that may go on
  bool draining = false;
  RunId next_id = 1;
};

Scheduler::Scheduler(const program::Program& program, model::Client& client, EventLoop& loop)
    : state_(std::make_shared<State>(program, client, loop)) {}

Scheduler::~Scheduler() {
  cancel_all();
}

Scheduler::RunId Scheduler::start(uint32_t chain, std::string_view arguments_json, RunOptions options,
                                  Done done) {
  auto run = std::make_unique<Run>(options);
  const RunId id = run->id = state_->next_id++;
  run->program = &state_->program;
  run->context.program = &state_->program;
  run->context.run = run.get();
  run->chain = &state_->program.chains[chain];
  run->done = std::move(done);
  state_->runs.emplace(id, std::move(run));
  // `done` never comes from within `start`.
  state_->loop.post([weak = std::weak_ptr(state_), id, arguments = std::string(arguments_json)] {
    const auto state = weak.lock();
    if (!state) return;
    auto found = state->runs.find(id);
    if (found != state->runs.end()) state->begin(*found->second, arguments);
    state->drain();
  });
  return id;
}

void Scheduler::cancel(RunId run) {
  auto found = state_->runs.find(run);
  if (found == state_->runs.end()) return;
  Run& cancelled = *found->second;
  state_->end(cancelled, {abi::ErrorKind::Cancelled, "the run was cancelled", cancelled.chain->name});
  state_->drain();
}

void Scheduler::cancel_all() {
  while (!state_->runs.empty()) cancel(state_->runs.begin()->first);
}

size_t Scheduler::running() const {
  return state_->runs.size();
}

}  // namespace chain::sched
