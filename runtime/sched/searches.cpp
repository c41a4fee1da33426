// Searches of indexes. They read, so one that is in doubt is simply made again.
#include <utility>

#include "runtime/sched/budget.h"
#include "runtime/sched/journal.h"
#include "runtime/sched/journalled_calls.h"
#include "runtime/sched/scheduler_state.h"
#include "runtime/sched/search_query.h"

namespace chain::sched {

namespace {

/// As the journal and observers have it: the passages as JSON, and in the place of a model the state of the
/// index that they come from.
model::Completion completion_of(const retrieve::SearchResult& result) {
  model::Completion completion;
  completion.text = passages_json(result.passages);
  completion.model = result.content;
  completion.usage = result.usage;
  completion.attempts = 1;
  return completion;
}

bool is_used(const model::Usage& usage) {
  return usage.input_tokens > 0 || usage.output_tokens > 0;
}

}  // namespace

void Scheduler::State::call_search(Instance& instance, uint32_t index) {
  Run& run = *instance.run;
  const program::External& search = program.externals[instance.region->tasks[index].target];
  const auto arguments = arguments_of(instance, index);
  if (!arguments)
    return fail_at(instance, index, abi::ErrorKind::InvalidValue, "the arguments are nested too deeply");
  std::string error;
  const auto request = search_request(search, *arguments, error);
  if (!request) return fail_at(instance, index, abi::ErrorKind::InvalidValue, std::move(error));
  const std::string path = path_of(instance, index);
  if (!run.options.journal) return begin_search(instance, index, path, *arguments, *request);
  const std::string digest = step_digest(*arguments);
  if (answered_before(instance, index,
                      {.path = path,
                       .kind = "search",
                       .name = search.name,
                       .digest = digest,
                       .model = {},
                       .request = *arguments}))
    return;
  run.journalled->when_live([this, id = run.id, &instance, index, path, arguments, request] {
    if (runs.contains(id) && !dropped(instance)) begin_search(instance, index, path, *arguments, *request);
  });
}

void Scheduler::State::begin_search(Instance& instance, uint32_t index, const std::string& path,
                                    const std::string& arguments, retrieve::SearchRequest request) {
  Run& run = *instance.run;
  const program::External& search = program.externals[instance.region->tasks[index].target];
  Journal* const journal = run.options.journal;
  if (run.observer()) run.observer()->called(path, search);
  if (run.cancelled) return;  // just now
  request.run = &run;
  auto made = std::make_unique<SearchCall>(*this, *searches, tariff(run), instance, index, path);
  SearchCall& call = *made;
  enlist(std::move(made));
  if (!journal) return call.send(std::move(request));
  const std::string digest = step_digest(arguments);
  journal->begin({.path = path,
                  .kind = "search",
                  .name = search.name,
                  .digest = digest,
                  .model = {},
                  .request = arguments},
                 [weak = weak_from_this(), id = run.id, &instance, &call,
                  request = std::move(request)](std::string_view problem) {
                   const auto state = weak.lock();
                   if (!state || !state->runs.contains(id)) return;
                   if (!problem.empty()) return state->lose(id, problem);
                   if (!dropped(instance)) call.send(request);
                 });
}

void Scheduler::State::search_ended(SearchCall& call, retrieve::SearchResult result) {
  Instance& instance = call.instance();
  Run& run = *instance.run;
  const uint32_t task = call.task();
  model::Completion completion = completion_of(result);
  if (run.observer()) run.observer()->returned(call.path(), call.search(), completion);
  const std::string answer = completion.text;
  if (Journal* const journal = run.options.journal) {
    StepEnd end{.completion = std::move(completion), .request = {}};
    const uint32_t model = program.resources[call.search().resource].embed_model;
    if (model < program.models.size() && is_used(result.usage)) {
      end.asked = program.models[model].provider + '/' + program.models[model].id;
      end.cost = tariff(run).cost(model, result.usage);
    }
    journal->end(call.path(), std::move(end));
  }
  forget(call);
  if (!dropped(instance)) tool_answered(instance, task, answer);
  drain();
}

void Scheduler::State::search_waits(SearchCall& call) {
  wait(call);
}

void Scheduler::State::search_settled(Run& run) {
  settled(run);
}

void Scheduler::State::charge_search(const Instance& instance, const program::External& search,
                                     const model::Usage& usage) {
  const uint32_t model = program.resources[search.resource].embed_model;
  if (instance.budget && model < program.models.size() && is_used(usage))
    instance.budget->settle({}, tariff(*instance.run).embedded(model, {}, usage));
}

void Scheduler::State::search_failed(SearchCall& call, model::Failure failure) {
  Instance& instance = call.instance();
  Run& run = *instance.run;
  const uint32_t task = call.task();
  if (run.observer()) run.observer()->failed(call.path(), call.search(), error_at(instance, task, failure));
  if (Journal* const journal = run.options.journal)
    journal->end(call.path(), {.ok = false, .failure = failure, .request = {}});
  const Budget* const refused_by = call.refused_by;
  forget(call);
  if (!dropped(instance)) fail_at(instance, task, failure.kind, std::move(failure.message), refused_by);
  drain();
}

}  // namespace chain::sched
