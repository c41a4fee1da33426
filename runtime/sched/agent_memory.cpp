// What an agent remembers of earlier conversations stands at the beginning of this one, and this one's end is
// kept. What was remembered is a step of the run: whoever takes it up goes on with the same.
#include <utility>

#include "runtime/sched/ambient.h"
#include "runtime/sched/budget.h"
#include "runtime/sched/journal.h"
#include "runtime/sched/journalled_calls.h"
#include "runtime/sched/scheduler_state.h"
#include "runtime/value/fence.h"
#include "runtime/value/json.h"

namespace chain::sched {

using memory::Entry;
using memory::Opening;
using program::Role;

namespace {

constexpr std::string_view kRemembered = "From earlier conversations you remember:\n";

std::string shown(const std::string& text, bool untrusted) {
  return untrusted ? value::fenced(text) : text;
}

void append_entry(std::string& json, const Entry& entry) {
  json += entry.role == Role::Assistant ? R"({"said":true,"untrusted":)" : R"({"said":false,"untrusted":)";
  json += entry.untrusted ? "true" : "false";
  json += R"(,"text":)";
  value::append_json_string(json, entry.text);
  json += R"(,"source":)";
  value::append_json_string(json, entry.source);
  json += '}';
}

void append_entries(std::string& json, const std::vector<Entry>& entries) {
  json += '[';
  for (const Entry& each : entries) {
    if (json.back() != '[') json += ',';
    append_entry(json, each);
  }
  json += ']';
}

std::string opening_json(const Opening& opening) {
  std::string json = R"({"summary":)";
  value::append_json_string(json, opening.summary);
  json += opening.summary_untrusted ? R"(,"summary_untrusted":true)" : "";
  json += R"(,"window":)";
  append_entries(json, opening.window);
  json += R"(,"recalled":)";
  append_entries(json, opening.recalled);
  return json + '}';
}

std::vector<Entry> read_entries(std::string_view json) {
  std::vector<Entry> entries;
  std::string mistake;
  for (const std::string_view item :
       value::json_items(json, mistake).value_or(std::vector<std::string_view>())) {
    Entry entry;
    for (const value::JsonMember& each :
         value::json_members(item, mistake).value_or(std::vector<value::JsonMember>())) {
      if (each.key == "said" && each.value == "true") entry.role = Role::Assistant;
      if (each.key == "untrusted") entry.untrusted = each.value != "false";
      if (each.key == "text") entry.text = value::json_string(each.value).value_or("");
      if (each.key == "source") entry.source = value::json_string(each.value).value_or("");
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

Opening read_opening(std::string_view json) {
  Opening opening;
  std::string mistake;
  for (const value::JsonMember& each :
       value::json_members(json, mistake).value_or(std::vector<value::JsonMember>())) {
    if (each.key == "summary") opening.summary = value::json_string(each.value).value_or("");
    if (each.key == "summary_untrusted") opening.summary_untrusted = true;
    if (each.key == "window") opening.window = read_entries(each.value);
    if (each.key == "recalled") opening.recalled = read_entries(each.value);
  }
  return opening;
}

}  // namespace

void Scheduler::State::open_memory(AgentCall& agent) {
  Instance& instance = agent.instance();
  Run& run = *instance.run;
  Journal* const journal = run.options.journal;
  if (!journal) return ask_memory(agent);
  const std::string path = agent.path() + "/opening", digest = step_digest(agent.question);
  const std::string& name = program.resources[agent.agent().memory].name;
  const StepBegin step{.path = path, .kind = "recall", .name = name, .digest = digest, .model = {}};
  static_cast<void>(client_of(run));
  const Journal::Recorded* const before = journal->find(path);
  if (before && before->end.ok && (before->digest == digest || !journal->forks())) {
    if (before->digest != digest) return lose(run.id, other_question(path));
    journal->took_over(step, *before);
    return run.journalled->at(before->order,
                              [this, id = run.id, &instance, &agent, text = before->end.completion.text] {
                                if (runs.contains(id) && !dropped(instance))
                                  memory_opened(agent, read_opening(text));
                                drain();
                              });
  }
  run.journalled->when_live([this, id = run.id, &instance, &agent] {
    if (runs.contains(id) && !dropped(instance)) ask_memory(agent);
  });
}

void Scheduler::State::ask_memory(AgentCall& agent) {
  Run& run = *agent.instance().run;
  Journal* const journal = run.options.journal;
  const std::string path = agent.path() + "/opening";
  if (journal)
    journal->begin({.path = path,
                    .kind = "recall",
                    .name = program.resources[agent.agent().memory].name,
                    .digest = step_digest(agent.question),
                    .model = {}},
                   nullptr);
  agent.remembering =
      memories->open(agent.agent().memory, owner_of(run), agent.question,
                     {.done =
                          [this, &agent, journal, path](Opening opening) {
                            agent.remembering = 0;
                            StepEnd end;
                            end.completion.text = opening_json(opening);
                            charge_memory(agent, end);
                            if (journal) journal->end(path, std::move(end));
                            memory_opened(agent, opening);
                            drain();
                          },
                      .failed =
                          [this, &agent, journal, path](model::Failure failure) {
                            agent.remembering = 0;
                            if (journal) journal->end(path, {.ok = false, .failure = failure, .request = {}});
                            fail_at(agent.instance(), agent.task(), failure.kind, std::move(failure.message));
                            drain();
                          }});
}

/// What the call of a memory that has just ended took of models: bounds and the journal count it.
void Scheduler::State::charge_memory(const AgentCall& agent, StepEnd& end) {
  Tariff& tariff = this->tariff(*agent.instance().run);
  for (const memory::Taken& taken : memories->taken()) {
    const int64_t cost = tariff.cost(taken.model, taken.usage).value_or(0);
    end.completion.usage.input_tokens += taken.usage.input_tokens;
    end.completion.usage.output_tokens += taken.usage.output_tokens;
    end.asked = program.models[taken.model].provider + '/' + program.models[taken.model].id;
    end.cost = end.cost.value_or(0) + cost;
    if (Budget* const budget = agent.instance().budget)
      budget->settle({}, {.cost = cost, .tokens = taken.usage.input_tokens + taken.usage.output_tokens});
  }
}

void Scheduler::State::memory_opened(AgentCall& agent, const Opening& opening) {
  if (!put_before(agent, opening, "the memory `" + program.resources[agent.agent().memory].name + "`"))
    return out_of_memory(agent.instance(), agent.task());
  begin_conversation(agent);
}

bool Scheduler::State::put_history(AgentCall& agent) {
  Opening opening;
  size_t asked = 0;
  for (const program::HistoryTurn& turn : agent.instance().run->options.history) {
    asked += turn.role == Role::User ? 1 : 0;
    opening.window.push_back(
        {.role = turn.role,
         .text = turn.text,
         .source = (turn.role == Role::User ? "what was asked in turn " : "the answer of turn ") +
                   std::to_string(asked) + " of this conversation",
         .untrusted = turn.untrusted});
  }
  return put_before(agent, opening, {});
}

/// Behind the system messages: what it says of earlier stands before what is asked now. `name`: of the
/// memory; empty if each entry says itself where it is from.
bool Scheduler::State::put_before(AgentCall& agent, const Opening& opening, const std::string& name) {
  value::Arena& arena = agent.instance().run->context.arena;
  const Conversation& conversation = agent.prepared->conversation;
  std::vector<Record> remembered;
  std::string text;
  const auto add = [&](const std::string& more, bool untrusted, const std::string& origin) {
    if (more.empty()) return;
    text += (text.empty() ? std::string(kRemembered) : "\n") + shown(more, untrusted);
    if (untrusted) agent.taint(origin);
  };
  const auto origin_of = [&](const Entry& entry) {
    if (name.empty() || entry.source.empty()) return name.empty() ? entry.source : name;
    return name + ", kept by " + entry.source;
  };
  add(opening.summary, opening.summary_untrusted, name + ", which sums up what was said");
  for (const Entry& each : opening.recalled) add(each.text, each.untrusted, origin_of(each));
  if (!text.empty()) remembered.push_back(conversation.message(arena, "user", text));
  for (const Entry& each : opening.window) {
    const bool said = each.role == Role::Assistant;
    if (each.untrusted) agent.taint(origin_of(each));
    remembered.push_back(
        conversation.message(arena, said ? "assistant" : "user", shown(each.text, each.untrusted)));
  }
  if (arena.exhausted()) return false;
  auto at = agent.opening.begin();
  while (at != agent.opening.end() && conversation.role(*at) == "system") ++at;
  agent.opening.insert(at, remembered.begin(), remembered.end());
  return true;
}

void Scheduler::State::remember(AgentCall& agent) {
  Run& run = *agent.instance().run;
  const int64_t now = run.options.now ? run.options.now() : wall_clock();
  const std::string source = "agent " + agent.agent().prompt.name;
  const std::string id = run.options.journal ? run.options.journal->run_id() : std::string();
  const Entry asked{.time = now,
                    .role = Role::User,
                    .text = agent.question,
                    .source = source,
                    .run = id,
                    .untrusted = agent.asked_untrusted};
  const Entry said{.time = now,
                   .role = Role::Assistant,
                   .text = agent.answer,
                   .source = source,
                   .run = id,
                   .untrusted = agent.is_untrusted()};
  agent.remembering = memories->remember(
      agent.agent().memory, owner_of(run), {asked, said}, id.empty() ? id : id + ':' + agent.path(),
      {.done =
           [this, &agent](bool) {
             agent.remembering = 0;
             StepEnd taken;
             charge_memory(agent, taken);
             end_agent(agent);
             drain();
           },
       .failed =
           [this, &agent](model::Failure failure) {
             agent.remembering = 0;
             fail_at(agent.instance(), agent.task(), failure.kind, std::move(failure.message));
             drain();
           }});
}

}  // namespace chain::sched
