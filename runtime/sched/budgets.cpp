// Bounds on what the calls of a chain take, and on its time.
#include <algorithm>
#include <utility>

#include "runtime/sched/budget.h"
#include "runtime/sched/journal.h"
#include "runtime/sched/journalled_calls.h"
#include "runtime/sched/scheduler_state.h"
#include "runtime/value/text.h"

namespace chain::sched {

namespace {

/// The step of the journal that says that the time of the chain at `path` was up.
std::string time_step(const std::string& path) {
  return path + "/time";
}

}  // namespace

bool Scheduler::State::bound_calls(Instance& body, const program::Chain& chain, const Instance* caller,
                                   uint32_t task) {
  body.budget = caller ? caller->budget : nullptr;
  body.deadline = 0;
  if (body.run->options.test) return true;
  if (!add_budget(body, chain)) return false;
  bound_time(body, chain, caller, task);
  return true;
}

bool Scheduler::State::add_budget(Instance& body, const program::Chain& chain) {
  const program::Bounds& bounds = chain.bounds;
  if (bounds.cost < 0 && bounds.calls < 0 && bounds.tokens < 0 && bounds.steps < 0) return true;
  void* memory = body.run->context.arena.allocate(sizeof(Budget));
  if (!memory) return false;
  body.budget = new (memory) Budget(chain, body.budget);
  return true;
}

void Scheduler::State::bound_time(Instance& body, const program::Chain& chain, const Instance* caller,
                                  uint32_t task) {
  Run& run = *body.run;
  const program::Bounds& bounds = chain.bounds;
  if (bounds.time < 0) return;
  if (Journal* const journal = run.options.journal) {
    if (const Journal::Recorded* before =
            journal->find(time_step(caller ? path_of(*caller, task) : chain.name))) {
      static_cast<void>(client_of(run));
      run.journalled->at(before->order, [this, id = run.id, &body, &chain] { time_is_up(id, body, chain); });
      return;
    }
  }
  // What earlier processes took counts; whoever takes up a run that had no time left gives it the whole
  // again.
  const Journal* const journal = run.options.journal;
  const int64_t spent = journal ? journal->spent(caller ? path_of(*caller, task) : chain.name) : 0;
  body.deadline = loop.after(bounds.time - (spent < bounds.time ? spent : 0),
                             [weak = weak_from_this(), id = run.id, &body, &chain] {
                               if (const auto state = weak.lock()) state->time_is_up(id, body, chain);
                             });
  run.deadlines.push_back(body.deadline);
}

void Scheduler::State::time_is_up(RunId run, Instance& body, const program::Chain& chain) {
  if (!runs.contains(run) || dropped(body)) return;
  if (body.run->writing) {  // it ends first
    body.run->after_writing.push_back([this, run, &body, &chain] { time_is_up(run, body, chain); });
    return;
  }
  std::string bound;
  value::append_duration(bound, chain.bounds.time);
  RunError error{abi::ErrorKind::Budget,
                 "`" + chain.name + "` has taken the " + bound + " that its `within` gives it",
                 path_of(body, kNever)};
  // Whoever takes the run up must not wait for it, and what was asked before is dropped at the same point.
  Journal* const journal = body.run->options.journal;
  const std::string step = time_step(error.path);
  const StepBegin event{.path = step, .kind = "time", .name = chain.name, .digest = {}, .model = {}};
  const Journal::Recorded* const before = journal ? journal->find(step) : nullptr;
  if (before) {
    journal->took_over(event, *before);
  } else if (journal) {
    journal->note(event, {});
  }
  if (body.parent) {
    const program::Task& at = body.parent->region->tasks[body.parent_task];
    error.file = at.file;
    error.line = at.line;
    error.column = at.column;
  }
  raise(*body.scope, std::move(error));
  drain();
}

Tariff& Scheduler::State::tariff(const Run& run) {
  if (!tariff_) tariff_ = std::make_unique<Tariff>(program, run.options.prices);
  return *tariff_;
}

void Scheduler::State::wait(Call& call) {
  call.instance().run->waiting.push_back(&call);
}

void Scheduler::State::settled(Run& run) {
  if (!run.waiting.empty()) admitting.push_back(run.id);
}

void Scheduler::State::admit_waiting(RunId id) {
  const auto found = runs.find(id);
  if (found == runs.end()) return;
  Run& run = *found->second;
  // A call that is let in may fail, and end the run or others that wait.
  const std::vector<Call*> all = run.waiting;
  for (Call* each : all) {
    if (run.ended) return;
    if (std::erase(run.waiting, each) > 0) each->admit();
  }
}

}  // namespace chain::sched
