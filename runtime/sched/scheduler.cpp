// Runs: how they begin and end, and the queue that everything is done from.
#include <cassert>
#include <utility>

#include "runtime/sched/constraints.h"
#include "runtime/sched/journal.h"
#include "runtime/sched/scheduler_state.h"
#include "runtime/value/json.h"

namespace chain::sched {

using program::TypeKind;

void Scheduler::State::begin(Run& run, const std::string& arguments) {
  if (run.ended) return;
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
  bound_depth(*body, *run.chain, nullptr);
  if (!bound_calls(*body, *run.chain, nullptr, 0)) return end(run, memory_used_up(run));
  body->tail = true;
  body->frame->input = record;
  body->frame->result = body->frame->chain_result = run.result;
  enter(*body, nullptr, 0);
}

void Scheduler::State::end(Run& run, RunError error) {
  if (run.ended) return;
  RunResult result;
  result.error = std::move(error);
  finish(run, std::move(result));
}

void Scheduler::State::succeed(Run& run) {
  RunResult result;
  result.ok = true;
  const program::TypeId type = run.chain->result;
  if (program.types[type].kind == TypeKind::Void) {
    result.value_json = "null";
  } else {
    if (!value::write_json(program.types, type, run.result, result.value_json)) {
      RunError error;
      error.kind = abi::ErrorKind::InvalidValue;
      error.message = "what `" + run.chain->name + "` returns is nested too deeply to be written as JSON";
      return end(run, std::move(error));
    }
    if (program.types.base_kind(type) == TypeKind::String) {
      result.text = reinterpret_cast<const value::Text*>(run.result)->view();
    }
  }
  finish(run, std::move(result));
}

void Scheduler::State::finish(Run& run, RunResult result) {
  run.ended = true;
  const bool open = result.error.kind == abi::ErrorKind::Cancelled || run.lost || result.question.has_value();
  run.stays_open = !result.ok && open;
  for (const uint64_t timer : run.deadlines) loop.cancel_timer(timer);
  run.waiting.clear();
  run.writing = nullptr;
  run.after_writing.clear();
  for (auto& call : run.calls) call->cancel();
  run.calls.clear();
  result.expected = std::move(run.expected);
  result.unanswered = std::move(run.unanswered);
  const bool still_open = run.stays_open;
  auto found = runs.find(run.id);
  ended.push_back(std::move(found->second));
  runs.erase(found);
  Done done = std::move(run.done);
  Journal* const journal = run.options.journal;
  result.journal_lost = run.lost;
  if (journal && !still_open) return close_journal(*journal, std::move(result), std::move(done));
  if (done) done(std::move(result));
}

void Scheduler::State::close_journal(Journal& journal, RunResult result, Done done) {
  const auto shared = std::make_shared<RunResult>(std::move(result));  // std::function copies
  journal.finish(*shared, [shared, done = std::move(done)](std::string_view problem) {
    if (!problem.empty()) {
      shared->ok = false;
      shared->journal_lost = true;
      shared->error = {abi::ErrorKind::Failed, std::string(problem)};
    }
    if (done) done(std::move(*shared));
  });
}

void Scheduler::State::cancel(Run& run) {
  if (std::exchange(run.cancelled, true)) return;
  cancelled.push_back(run.id);
  if (draining || cancelled.size() > 1) return;
  loop.post([weak = weak_from_this()] {
    if (const auto state = weak.lock()) state->drain();
  });
}

void Scheduler::State::end_cancelled(RunId id) {
  if (auto found = runs.find(id); found != runs.end()) end(*found->second, cancellation(*found->second));
}

RunError Scheduler::State::cancellation(const Run& run) {
  return {abi::ErrorKind::Cancelled, "the run was cancelled", run.chain->name};
}

RunError Scheduler::State::memory_used_up(const Run& run) {
  return {abi::ErrorKind::Budget, run.memory_used_up(), run.chain->name};
}

void Scheduler::State::drain() {
  if (draining) return;
  draining = true;
  while (take_turn()) {}
  ended.clear();
  draining = false;
}

bool Scheduler::State::take_turn() {
  if (!cancelled.empty()) {
    end_cancelled(take_last(cancelled));
  } else if (!admitting.empty()) {
    admit_waiting(take_last(admitting));
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

Scheduler::Scheduler(const program::Program& program, model::Client& client, EventLoop& loop,
                     tool::Caller* tools, retrieve::Searches* searches, memory::Memories* memories)
    : state_(std::make_shared<State>(program, client, loop, tools, searches, memories)) {}

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
  run->context.history = &run->options.history;
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
