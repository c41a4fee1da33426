// Calls of memories. What is to be remembered is kept once under the call's own name, so that one in doubt is
// simply made again.
#include <charconv>
#include <utility>

#include "runtime/memory/memories.h"
#include "runtime/sched/ambient.h"
#include "runtime/sched/journal.h"
#include "runtime/sched/journalled_calls.h"
#include "runtime/sched/memory_call.h"
#include "runtime/sched/scheduler_state.h"
#include "runtime/value/json.h"

namespace chain::sched {

using program::ExternalKind;

namespace {

constexpr int64_t kMostRecalled = 1000;

std::string_view kind_of(const program::External& callee) {
  return callee.kind == ExternalKind::Recall ? "recall" : "remember";
}

/// `arguments` is {"text": "..."} or {"query": "...", "top": 5}. False, and why, for a number out of bounds.
bool read_arguments(const program::External& callee, std::string_view arguments, MemoryRequest& request,
                    std::string& error) {
  std::string ignored;
  for (const value::JsonMember& member :
       value::json_members(arguments, ignored).value_or(std::vector<value::JsonMember>())) {
    if (member.key == "text" || member.key == "query")
      request.text = value::json_string(member.value).value_or("");
    if (member.key != "top") continue;
    int64_t top = -1;
    std::from_chars(member.value.data(), member.value.data() + member.value.size(), top);
    if (top < 1 || top > kMostRecalled) {
      error = "`top` of `" + callee.name + "` is from 1 to " + std::to_string(kMostRecalled) + "; found " +
              std::string(member.value);
      return false;
    }
    request.top = static_cast<uint32_t>(top);
  }
  return true;
}

}  // namespace

memory::Owner Scheduler::State::owner_of(Run& run) {
  Journal* const journal = run.options.journal;
  if (run.key.empty()) run.key = journal ? journal->run_id() : std::to_string(fresh_seed());
  return {.user = run.options.user.empty() ? "local" : run.options.user,
          .session = run.options.session.empty() ? run.key : run.options.session};
}

void Scheduler::State::call_memory(Instance& instance, uint32_t index) {
  Run& run = *instance.run;
  const program::External& callee = program.externals[instance.region->tasks[index].target];
  const auto arguments = arguments_of(instance, index);
  if (!arguments)
    return fail_at(instance, index, abi::ErrorKind::InvalidValue, "the arguments are nested too deeply");
  MemoryRequest request{.owner = owner_of(run)};
  std::string error;
  if (!read_arguments(callee, *arguments, request, error))
    return fail_at(instance, index, abi::ErrorKind::InvalidValue, std::move(error));
  const std::string path = path_of(instance, index);
  // What a chain hands over may hold what others wrote: nobody knows here.
  const AgentCall* const agent = instance.agent;
  request.entry = {.source = agent ? "agent " + agent->agent().prompt.name : "chain " + run.chain->name,
                   .run = run.key,
                   .untrusted = true};
  request.key = run.key + '/' + path;
  if (!run.options.journal) {
    request.entry.run.clear();
    return begin_memory(instance, index, path, *arguments, std::move(request));
  }
  const std::string digest = step_digest(*arguments);
  if (answered_before(instance, index,
                      {.path = path,
                       .kind = kind_of(callee),
                       .name = callee.name,
                       .digest = digest,
                       .model = {},
                       .request = *arguments}))
    return;
  run.journalled->when_live([this, id = run.id, &instance, index, path, arguments, request] {
    if (runs.contains(id) && !dropped(instance)) begin_memory(instance, index, path, *arguments, request);
  });
}

void Scheduler::State::begin_memory(Instance& instance, uint32_t index, const std::string& path,
                                    const std::string& arguments, MemoryRequest request) {
  Run& run = *instance.run;
  const program::External& callee = program.externals[instance.region->tasks[index].target];
  Journal* const journal = run.options.journal;
  if (run.observer()) run.observer()->called(path, callee);
  if (run.cancelled) return;  // just now
  auto made =
      std::make_unique<MemoryCall>(*this, *memories, tariff(run), instance, index, path, std::move(request));
  MemoryCall& call = *made;
  enlist(std::move(made));
  if (!journal) return call.send();
  const std::string digest = step_digest(arguments);
  journal->begin({.path = path,
                  .kind = kind_of(callee),
                  .name = callee.name,
                  .digest = digest,
                  .model = {},
                  .request = arguments},
                 [weak = weak_from_this(), id = run.id, &instance, &call](std::string_view problem) {
                   const auto state = weak.lock();
                   if (!state || !state->runs.contains(id)) return;
                   if (!problem.empty()) return state->lose(id, problem);
                   if (!dropped(instance)) call.send();
                 });
}

void Scheduler::State::memory_ended(MemoryCall& call, model::Completion completion) {
  Instance& instance = call.instance();
  Run& run = *instance.run;
  const uint32_t task = call.task();
  if (run.observer()) run.observer()->returned(call.path(), call.callee(), completion);
  const std::string answer = completion.text;
  if (Journal* const journal = run.options.journal) {
    StepEnd end{.completion = std::move(completion), .request = {}};
    const uint32_t model = program.resources[call.callee().resource].embed_model;
    const model::Usage& usage = end.completion.usage;
    if (model < program.models.size() && usage.input_tokens + usage.output_tokens > 0) {
      end.asked = program.models[model].provider + '/' + program.models[model].id;
      end.cost = tariff(run).cost(model, usage);
    }
    journal->end(call.path(), std::move(end));
  }
  forget(call);
  if (!dropped(instance)) tool_answered(instance, task, answer);
  drain();
}

void Scheduler::State::memory_failed(MemoryCall& call, model::Failure failure) {
  Instance& instance = call.instance();
  Run& run = *instance.run;
  const uint32_t task = call.task();
  if (run.observer()) run.observer()->failed(call.path(), call.callee(), error_at(instance, task, failure));
  if (Journal* const journal = run.options.journal)
    journal->end(call.path(), {.ok = false, .failure = failure, .request = {}});
  forget(call);
  if (!dropped(instance)) fail_at(instance, task, failure.kind, std::move(failure.message));
  drain();
}

void Scheduler::State::memory_waits(MemoryCall& call) {
  wait(call);
}

void Scheduler::State::memory_settled(Run& run) {
  settled(run);
}

}  // namespace chain::sched
