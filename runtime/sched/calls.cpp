// Calls of prompts and chains, and branches.
#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/sched/journalled_calls.h"
#include "runtime/sched/scheduler_state.h"

namespace chain::sched {

using program::Task;
using program::TypeKind;

namespace {

/// Whether a cassette answers for the prompt in the test that runs.
bool is_taped(const program::Program& program, const program::Chain* chain, uint32_t prompt) {
  for (const program::Test& test : program.tests) {
    if (&program.chains[test.chain] != chain) continue;
    return std::ranges::find(test.taped, prompt, &program::Taped::callee) != test.taped.end();
  }
  return false;
}

}  // namespace

void Scheduler::State::call_prompt(Instance& instance, uint32_t index) {
  Run& run = *instance.run;
  const Task& task = instance.region->tasks[index];
  const program::Prompt& prompt = program.prompts[task.target];
  if (run.options.test) {
    auto given = run.given.find(task.target);
    if (given != run.given.end()) {
      std::memcpy(reinterpret_cast<std::byte*>(instance.frame) + task.result_offset, given->second,
                  program.types[prompt.result].size);
      return task_ended(instance, index);
    }
    if (!is_taped(program, run.chain, task.target))
      return not_given(instance, index, prompt.name, "a test calls no model");
  }
  const PreparedPrompt& fixed = prepared.prompt(task.target);
  if (!fixed.error.empty()) return fail_at(instance, index, abi::ErrorKind::InvalidValue, fixed.error);
  const uint32_t model = task.model < program.models.size() ? task.model : prompt.model;
  if (run.observer()) run.observer()->started(path_of(instance, index), prompt, program.models[model]);
  if (run.cancelled) return;  // just now
  auto made = std::make_unique<PromptCall>(*this, client_of(run), fixed, tariff(run), instance, index, model);
  PromptCall& call = *made;
  enlist(std::move(made));
  if (!call.start()) fail(instance, index, call.context());
}

model::Client& Scheduler::State::client_of(Run& run) {
  if (run.journalled) return *run.journalled;
  if (!run.options.journal) return client;
  run.journalled =
      std::make_shared<JournalledCalls>(client, *run.options.journal, loop, tariff(run),
                                        [this, id = run.id](std::string_view problem) { lose(id, problem); });
  return *run.journalled;
}

void Scheduler::State::lose(RunId id, std::string_view problem) {
  if (const auto found = runs.find(id); found != runs.end()) {
    found->second->lost = true;
    end(*found->second, journal_lost(*found->second, problem));
    drain();
  }
}

RunError Scheduler::State::journal_lost(const Run& run, std::string_view problem) {
  return {abi::ErrorKind::Failed, std::string(problem), run.chain->name};
}

void Scheduler::State::call_succeeded(ModelCall& call) {
  Instance& instance = call.instance();
  const uint32_t task = call.task();
  forget(call);
  task_ended(instance, task);
  drain();
}

void Scheduler::State::call_failed(ModelCall& call, abi::ErrorKind kind, std::string message) {
  Instance& instance = call.instance();
  const uint32_t task = call.task();
  Run& run = *instance.run;
  if (run.observer()) {
    const Task& at = instance.region->tasks[task];
    run.observer()->failed(path_of(instance, task), call.prompt(),
                           {kind, message, path_of(instance, task), at.file, at.line, at.column});
  }
  const Budget* const refused_by = call.refused_by;
  forget(call);
  fail_at(instance, task, kind, std::move(message), refused_by);
  drain();
}

void Scheduler::State::enlist(std::unique_ptr<Call> made) {
  Call& call = *made;
  std::vector<std::unique_ptr<Call>>& calls = call.instance().run->calls;
  call.place = calls.size();
  calls.push_back(std::move(made));
  Call*& first = call.instance().scope->calls;
  call.next_in_scope = first;
  if (first) first->previous_in_scope = &call;
  first = &call;
}

void Scheduler::State::forget(Call& call) {
  (call.previous_in_scope ? call.previous_in_scope->next_in_scope : call.instance().scope->calls) =
      call.next_in_scope;
  if (call.next_in_scope) call.next_in_scope->previous_in_scope = call.previous_in_scope;
  auto& calls = call.instance().run->calls;
  const size_t place = call.place;
  calls.back()->place = place;
  std::swap(calls[place], calls.back());
  calls.pop_back();
}

/// Counts `body`, one of `chain`, among those of its chain around it.
void Scheduler::State::bound_depth(Instance& body, const program::Chain& chain, Instance* around) {
  body.bounded = around;
  if (chain.bounds.depth < 0) return;
  while (around && around->region != body.region) around = around->outer_bounded;
  body.depth = around ? around->depth + 1 : 1;
  body.outer_bounded = body.bounded;
  body.bounded = &body;
}

void Scheduler::State::call_chain(Instance& instance, uint32_t index) {
  const Task& task = instance.region->tasks[index];
  const program::Chain& chain = program.chains[task.target];
  Instance* body = make_inner(instance, index, program.regions[program.chains[task.target].body]);
  if (!body) return out_of_memory(instance, index);
  auto* frame = reinterpret_cast<std::byte*>(instance.frame);
  body->is_body = true;
  bound_depth(*body, chain, instance.bounded);
  if (chain.bounds.depth >= 0 && body->depth > chain.bounds.depth) {
    return fail_at(instance, index, abi::ErrorKind::Budget,
                   "`" + chain.name + "` is called more than " + std::to_string(chain.bounds.depth) +
                       " deep within itself, the most that its `within` allows");
  }
  if (!bound_calls(*body, chain, &instance, index)) return out_of_memory(instance, index);
  body->agent = instance.agent;
  body->tail = instance.tail && task.tail;
  body->frame->input = frame + task.input_offset;
  body->frame->result = body->frame->chain_result = frame + task.result_offset;
  enter(*body, &instance, index);
}

void Scheduler::State::take_branch(Instance& instance, uint32_t index) {
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

}  // namespace chain::sched
