// Walks the graphs of runs: counts down dependencies, starts what is ready, and ends regions, chains
// and runs. Everything happens on the event loop's thread, from one queue, so that no completion
// recurses into the next.
#include <algorithm>
#include <cassert>
#include <cstring>
#include <deque>
#include <tuple>
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
/// Of abi::Context::steps, what one turn of a loop takes that the scheduler carries out.
constexpr int64_t kStepsOfAnIteration = 64;

}  // namespace

struct Scheduler::State final : CallHost, std::enable_shared_from_this<State> {
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
    if (run.context.arena.exhausted()) return end(run, memory_used_up(run));
    if (!read) return end(run, {abi::ErrorKind::InvalidValue, read.sentence(), run.chain->name});
    run.result = static_cast<std::byte*>(
        run.context.arena.allocate(std::max<uint32_t>(program.types[run.chain->result].size, 1)));
    Instance* body = run.result ? make_instance(run, program.regions[run.chain->body]) : nullptr;
    if (!body) return end(run, memory_used_up(run));
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

  /// Ends the run at the queue's next turn, before anything else: whoever asks for it, an observer for one,
  /// may be called from the midst of one of the run's calls.
  void cancel(Run& run) {
    if (std::exchange(run.cancelled, true)) return;
    cancelled.push_back(run.id);
    if (draining || cancelled.size() > 1) return;
    loop.post([weak = weak_from_this()] {
      if (const auto state = weak.lock()) state->drain();
    });
  }

  void end_cancelled(RunId id) {
    if (auto found = runs.find(id); found != runs.end()) end(*found->second, cancellation(*found->second));
  }

  static RunError cancellation(const Run& run) {
    return {abi::ErrorKind::Cancelled, "the run was cancelled", run.chain->name};
  }

  static RunError memory_used_up(const Run& run) {
    return {abi::ErrorKind::Budget, run.memory_used_up(), run.chain->name};
  }

  void fail(Instance& instance, uint32_t task) { fail(instance, task, instance.run->context); }

  /// The error that native code left in `context`.
  void fail(Instance& instance, uint32_t task, const abi::Context& context) {
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

  void fail_at(Instance& instance, uint32_t task, abi::ErrorKind kind, std::string message) {
    const Task& at = instance.region->tasks[task];
    raise(*instance.scope, {kind, std::move(message), path_of(instance, task), at.file, at.line, at.column});
  }

  /// Something in `scope` has failed: the innermost `try` that catches it goes on, or else the run ends.
  void raise(Scope& inside, RunError error) {
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
      } else if (!alternative_failed(*scope, error)) {
        return;
      }
      scope = outer;
    }
    end(*inside.run, std::move(error));
  }

  /// Nothing in the scope counts any more: its calls are cancelled, what it has in the queue is passed over.
  static void drop(Scope& scope) {
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

  /// Runs what catches the error of a `try`.
  void recover(Instance& holder, uint32_t index, uint32_t arm, const RunError& error) {
    const Task& task = holder.region->tasks[index];
    holder.inner[index].instance =
        nullptr;  // the queue may still name what was dropped: it is not used again
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

  static bool dropped(const Instance& instance) { return instance.run->ended || instance.scope->ended; }

  // ---- Regions --------------------------------------------------------------------------------

  void enter(Instance& instance, Instance* parent, uint32_t parent_task) {
    instance.parent = parent;
    instance.parent_task = parent_task;
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

  /// All that counts in a region has ended. By way of `left`: chains may call one another thousands deep, and
  /// the end of the innermost can be the end of all.
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
    if (instance.scope != parent.scope && !instance.is_body && scope_succeeded(instance)) return;
    if (parent.region->tasks[task].kind == TaskKind::Loop) return end_iteration(parent, task, instance);
    if (returned && !instance.is_body) return task_returned(parent, task, instance.broke);
    task_ended(parent, task);
  }

  /// No `return` can come out of the region any more.
  void region_decided(Instance& instance) {
    if (instance.is_body || !instance.parent) return;
    const Task& task = instance.parent->region->tasks[instance.parent_task];
    // What is tried may yet fail, and what catches that may return.
    const bool tried = task.kind == TaskKind::Try && instance.region == &program.regions[task.regions[0]];
    const bool settles = task.kind == TaskKind::Branch || (task.kind == TaskKind::Try && !tried);
    if (settles && task.may_return) task_decided(*instance.parent, instance.parent_task);
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
    if (--instance.open == 0) left.push_back(&instance);
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

  /// The chain returns here, or the loop around ends. What stands before it in the text still runs, so that
  /// its errors count whatever the timing; what stands after it never starts.
  void task_returned(Instance& instance, uint32_t index, bool broke) {
    instance.state[index] = TaskState::Ended;
    instance.returned_at = index;
    instance.broke = broke;
    const auto earlier = instance.state + index;
    instance.open = static_cast<uint32_t>(
        std::count_if(instance.state, earlier, [](TaskState s) { return s != TaskState::Ended; }));
    if (instance.open == 0) left.push_back(&instance);
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
    const uint32_t model = task.model < program.models.size() ? task.model : prompt.model;
    if (run.observer()) run.observer()->started(path_of(instance, index), prompt, program.models[model]);
    if (run.cancelled) return;  // just now
    run.calls.push_back(std::make_unique<PromptCall>(*this, client, fixed, instance, index, model));
    run.calls.back()->place = run.calls.size() - 1;
    enlist(*run.calls.back());
    if (!run.calls.back()->start()) fail(instance, index, run.calls.back()->context());
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
    if (run.observer()) {
      const Task& at = instance.region->tasks[task];
      run.observer()->failed(path_of(instance, task), call.prompt(),
                             {kind, message, path_of(instance, task), at.file, at.line, at.column});
    }
    forget(call);
    fail_at(instance, task, kind, std::move(message));
    drain();
  }

  static void enlist(PromptCall& call) {
    PromptCall*& first = call.instance().scope->calls;
    call.next_in_scope = first;
    if (first) first->previous_in_scope = &call;
    first = &call;
  }

  static void forget(PromptCall& call) {
    (call.previous_in_scope ? call.previous_in_scope->next_in_scope : call.instance().scope->calls) =
        call.next_in_scope;
    if (call.next_in_scope) call.next_in_scope->previous_in_scope = call.previous_in_scope;
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
    Instance* body = make_inner(instance, index, program.regions[program.chains[task.target].body]);
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
    Instance* arm = make_inner(instance, index, program.regions[task.regions[selector]]);
    if (!arm) return out_of_memory(instance, index);
    link_inner(*arm, instance);
    arm->tail = instance.tail;
    arm->frame->result = frame + task.result_offset;
    enter(*arm, &instance, index);
  }

  void attempt(Instance& instance, uint32_t index) {
    const Task& task = instance.region->tasks[index];
    Scope* scope = make_scope(instance, index, 0);
    Instance* body = scope ? make_inner(instance, index, program.regions[task.regions[0]]) : nullptr;
    if (!body) return out_of_memory(instance, index);
    body->scope = scope;
    link_inner(*body, instance);
    body->frame->result = reinterpret_cast<std::byte*>(instance.frame) + task.result_offset;
    enter(*body, &instance, index);
  }

  void begin_race(Instance& instance, uint32_t index) {
    const Task& task = instance.region->tasks[index];
    Alternatives* all = new_alternatives(instance, index, task.regions.size());
    if (!all) return out_of_memory(instance, index);
    auto* result = reinterpret_cast<std::byte*>(instance.frame) + task.result_offset;
    for (uint32_t arm = 0; arm < task.regions.size() && !dropped(instance); ++arm) {
      if (!begin_alternative(instance, index, program.regions[task.regions[arm]], arm, result)) return;
    }
  }

  void begin_samples(Instance& instance, uint32_t index) {
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

  static Alternatives* new_alternatives(Instance& instance, uint32_t index, uint64_t size) {
    void* memory = instance.run->context.arena.allocate(sizeof(Alternatives));
    if (!memory) return nullptr;
    auto* all = new (memory) Alternatives{.open = size, .size = size, .first_failed = kNever};
    return instance.inner[index].alternatives = all;
  }

  bool begin_alternative(Instance& instance, uint32_t index, const program::Region& region, uint32_t ordinal,
                         std::byte* result) {
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

  /// What has a scope of its own has come to its end. False if that is nothing but the end of a region.
  bool scope_succeeded(Instance& body) {
    Instance& instance = *body.parent;
    const uint32_t index = body.parent_task;
    unlink(*body.scope);
    const TaskKind kind = instance.region->tasks[index].kind;
    if (kind == TaskKind::Try) return false;
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

  static void drop_others(Instance& instance, uint32_t index) {
    for (Scope* scope = instance.scope->inner; scope;) {
      Scope* next = scope->next;
      if (scope->holder == &instance && scope->task == index) drop(*scope);
      scope = next;
    }
  }

  /// An arm of several has failed. True once that is the failure of all of them: `error`, that of the first
  /// in the text, goes on outwards.
  bool alternative_failed(Scope& scope, RunError& error) {
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

  /// The list of what has succeeded, in the order of the ordinals.
  void samples_ended(Instance& instance, uint32_t index) {
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

  static void link_inner(Instance& inner, const Instance& outer) {
    inner.frame->parent = outer.frame;
    inner.frame->loop_result = outer.frame->loop_result;
    inner.frame->chain_result = outer.frame->chain_result;
  }

  void begin_loop(Instance& instance, uint32_t index) {
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

  static LoopState* new_loop(Run& run) {
    void* memory = run.context.arena.allocate(sizeof(LoopState));
    return memory ? new (memory) LoopState{} : nullptr;
  }

  void continue_loop(Instance& instance, uint32_t index) {
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

  static void begin_iteration(const Task& task, LoopState& state, abi::Frame& frame) {
    frame.index = state.next;
    frame.input = task.counted ? reinterpret_cast<const std::byte*>(&frame.index)
                               : state.data + state.next * task.stride;
    if (task.carries) {
      frame.state = state.state;
      frame.result = frame.loop_result = reinterpret_cast<std::byte*>(&state.state);
    } else {
      frame.result = state.results + state.next * state.result_stride;
    }
  }

  /// A cleared instance of the loop's body: that of an iteration that has ended, or a new one.
  Instance* next_iteration(Instance& instance, uint32_t index) {
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

  void end_iteration(Instance& instance, uint32_t index, Instance& body) {
    LoopState& state = *instance.inner[index].loop;
    --state.active;
    const bool left_early = body.returned_at != kNever;
    state.returned = state.returned || (left_early && !body.broke);
    state.broke = state.broke || (left_early && body.broke);
    body.parent = state.spare;
    state.spare = &body;
    if (!std::exchange(state.queued, true)) again.push_back({&instance, index});
  }

  /// At the task, or at the one that `instance` carries out.
  void out_of_memory(Instance& instance, uint32_t task) {
    RunError error = memory_used_up(*instance.run);
    error.path = path_of(instance, task);
    const Task* at = task != kNever    ? &instance.region->tasks[task]
                     : instance.parent ? &instance.parent->region->tasks[instance.parent_task]
                                       : nullptr;
    if (at) std::tie(error.file, error.line, error.column) = std::tie(at->file, at->line, at->column);
    end(*instance.run, std::move(error));
  }

  // ---- The queue ------------------------------------------------------------------------------

  /// Runs what is ready until nothing is. Called from outside only: never recursively.
  void drain() {
    if (draining) return;
    draining = true;
    while (take_turn()) {}
    ended.clear();
    draining = false;
  }

  /// One thing that is to be done, ends before beginnings; false if there is none.
  bool take_turn() {
    if (!cancelled.empty()) {
      end_cancelled(take_last(cancelled));
    } else if (!left.empty()) {
      Instance& instance = *left.front();
      left.pop_front();
      if (!dropped(instance)) leave(instance);
    } else if (!again.empty()) {
      const auto [instance, task] = take_last(again);
      if (dropped(*instance)) return true;
      instance->inner[task].loop->queued = false;
      continue_loop(*instance, task);
    } else if (!ready.empty()) {
      const auto [instance, task] = ready.front();
      ready.pop_front();
      if (!dropped(*instance)) run_task(*instance, task);
    } else {
      return false;
    }
    return true;
  }

  template <class T>
  static T take_last(std::vector<T>& from) {
    const T last = from.back();
    from.pop_back();
    return last;
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
  std::vector<RunId> cancelled;             // to be ended
  std::deque<Instance*> left;               // regions in which nothing is left to do
  std::vector<Ready> again;                 // loops that may go on
  std::deque<Ready> ready;                  // tasks that may start
  bool draining = false;
  RunId next_id = 1;
};

Scheduler::Scheduler(const program::Program& program, model::Client& client, EventLoop& loop)
    : state_(std::make_shared<State>(program, client, loop)) {}

Scheduler::~Scheduler() {
  assert(!state_->draining && "a scheduler is not destroyed by what it calls");
  while (!state_->runs.empty()) {
    Run& run = *state_->runs.begin()->second;
    state_->end(run, State::cancellation(run));
  }
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
  if (auto found = state_->runs.find(run); found != state_->runs.end()) state_->cancel(*found->second);
}

void Scheduler::cancel_all() {
  for (auto& [id, run] : state_->runs) state_->cancel(*run);
}

size_t Scheduler::running() const {
  return state_->runs.size();
}

}  // namespace chain::sched
