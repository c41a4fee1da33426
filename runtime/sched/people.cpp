// Questions to people. The run stops at one, and goes on in whichever process finds its answer in the
// journal.
#include <cstring>
#include <utility>

#include "runtime/sched/journal.h"
#include "runtime/sched/journalled_calls.h"
#include "runtime/sched/scheduler_state.h"

namespace chain::sched {

using program::ExternalKind;

std::string_view to_string(Question::Kind kind) {
  switch (kind) {
    case Question::Kind::Ask: return "ask";
    case Question::Kind::Approve: return "approve";
    case Question::Kind::Doubt: return "doubt";
  }
  return {};
}

void Scheduler::State::ask_person(Instance& instance, uint32_t index) {
  const program::External& callee = program.externals[instance.region->tasks[index].target];
  auto request = arguments_of(instance, index);
  if (!request)
    return fail_at(instance, index, abi::ErrorKind::InvalidValue, "the question is nested too deeply");
  Question question{.kind = callee.kind == ExternalKind::Ask ? Question::Kind::Ask : Question::Kind::Approve,
                    .path = path_of(instance, index),
                    .request = *std::move(request)};
  ask(instance, index, std::move(question), callee.name,
      [this, &instance, index](const std::string& answer) { person_answered(instance, index, answer); });
}

void Scheduler::State::ask(Instance& instance, uint32_t index, Question question, std::string_view name,
                           std::function<void(const std::string& answer)> answered) {
  Run& run = *instance.run;
  Journal* const journal = run.options.journal;
  if (!journal) {
    return fail_at(instance, index, abi::ErrorKind::Failed,
                   "`" + std::string(name) +
                       "` stops the run until a person answers, for which it must be written down: run it "
                       "where there is a journal, and without --no-journal");
  }
  const std::string digest = step_digest(question.request);
  const StepBegin step{.path = question.path,
                       .kind = to_string(question.kind),
                       .name = name,
                       .digest = digest,
                       .model = {},
                       .request = question.request};
  const Journal::Recorded* const recorded = journal->find(question.path);
  if (recorded && recorded->digest != digest && !journal->forks())
    return lose(run.id, other_question(question.path));
  static_cast<void>(client_of(run));
  if (recorded && recorded->digest == digest) {
    journal->took_over(step, *recorded);
    return run.journalled->at(recorded->order, [this, id = run.id, &instance, answered = std::move(answered),
                                                answer = recorded->end.completion.text] {
      if (runs.contains(id) && !dropped(instance)) answered(answer);
      drain();
    });
  }
  run.journalled->when_live(
      [this, id = run.id, &instance, question = std::move(question), name = std::string(name), digest] {
        if (!runs.contains(id) || dropped(instance)) return;
        const StepBegin begin{.path = question.path,
                              .kind = to_string(question.kind),
                              .name = name,
                              .digest = digest,
                              .model = {},
                              .request = question.request};
        instance.run->options.journal->begin(
            begin, [weak = weak_from_this(), id, question](std::string_view problem) {
              const auto state = weak.lock();
              if (!state) return;
              problem.empty() ? state->stop_for(id, question) : state->lose(id, problem);
            });
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
