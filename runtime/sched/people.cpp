// Questions to people. The run stops at one, and goes on in whichever process finds its answer in the
// journal.
#include <cstring>
#include <utility>

#include "runtime/sched/journal.h"
#include "runtime/sched/journalled_calls.h"
#include "runtime/sched/scheduler_state.h"
#include "runtime/value/digest.h"
#include "runtime/value/json.h"

namespace chain::sched {

using program::ExternalKind;

void Scheduler::State::ask_person(Instance& instance, uint32_t index) {
  Run& run = *instance.run;
  const program::Task& task = instance.region->tasks[index];
  const program::External& callee = program.externals[task.target];
  Journal* const journal = run.options.journal;
  if (!journal) {
    return fail_at(instance, index, abi::ErrorKind::Failed,
                   "`" + callee.name +
                       "` stops the run until a person answers, for which it must be written down: run it "
                       "where there is a journal, and without --no-journal");
  }
  const bool approves = callee.kind == ExternalKind::Approve;
  Question question{.kind = approves ? Question::Kind::Approve : Question::Kind::Ask,
                    .path = path_of(instance, index),
                    .request = {}};
  const auto* arguments = reinterpret_cast<const std::byte*>(instance.frame) + task.input_offset;
  if (!value::write_json(program.types, callee.parameters, &arguments, question.request))
    return fail_at(instance, index, abi::ErrorKind::InvalidValue, "the question is nested too deeply");
  const std::string digest = value::hex(value::sha256(question.request)).substr(0, 16);
  const StepBegin step{.path = question.path,
                       .kind = approves ? "approve" : "ask",
                       .name = callee.name,
                       .digest = digest,
                       .model = {},
                       .request = question.request};
  const Journal::Recorded* const recorded = journal->find(question.path);
  if (recorded && recorded->digest != digest && !journal->forks())
    return lose(run.id, other_question(question.path));
  if (recorded && recorded->digest == digest) {
    static_cast<void>(client_of(run));
    journal->took_over(step, *recorded);
    return run.journalled->at(recorded->order,
                              [this, id = run.id, &instance, index, answer = recorded->end.completion.text] {
                                if (runs.contains(id) && !dropped(instance))
                                  person_answered(instance, index, answer);
                                drain();
                              });
  }
  journal->begin(step, [weak = weak_from_this(), id = run.id, question](std::string_view problem) {
    const auto state = weak.lock();
    if (!state) return;
    problem.empty() ? state->stop_for(id, question) : state->lose(id, problem);
  });
}

void Scheduler::State::person_answered(Instance& instance, uint32_t index, const std::string& answer) {
  const program::Task& task = instance.region->tasks[index];
  const program::External& callee = program.externals[task.target];
  auto* const result = reinterpret_cast<std::byte*>(instance.frame) + task.result_offset;
  if (callee.kind == ExternalKind::Approve) {
    if (answer != "true") return fail_at(instance, index, abi::ErrorKind::Denied, kSaidNo);
    *result = std::byte{1};
    return task_ended(instance, index);
  }
  const value::Text text = instance.run->context.arena.copy(answer);
  if (instance.run->context.arena.exhausted()) return out_of_memory(instance, index);
  std::memcpy(result, &text, sizeof text);
  task_ended(instance, index);
}

void Scheduler::State::stop_for(RunId id, Question question) {
  const auto found = runs.find(id);
  if (found == runs.end()) return;
  RunResult result;
  result.error = {abi::ErrorKind::Failed, "the run waits for a person's answer", question.path};
  result.question = std::move(question);
  finish(*found->second, std::move(result));
  drain();
}

}  // namespace chain::sched
