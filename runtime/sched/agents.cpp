// Agents from their beginning to their end: the first messages, the loop, the answer.
#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/program/versioned.h"
#include "runtime/sched/constraints.h"
#include "runtime/sched/journal.h"
#include "runtime/sched/journalled_calls.h"
#include "runtime/sched/pick.h"
#include "runtime/sched/scheduler_state.h"
#include "runtime/sched/untrusted.h"
#include "runtime/value/fence.h"
#include "runtime/value/json.h"
#include "runtime/value/layout.h"

namespace chain::sched {

using program::Role;
using program::Task;
using program::TypeKind;

namespace {

/// Paths of steps grow with each agent within another: at most so many, and a journal stays linear.
constexpr size_t kMostNested = 64;

/// How many agents are at work around this one.
size_t around_of(const AgentCall& agent) {
  size_t count = 0;
  for (const AgentCall* each = agent.around; each; each = each->around) ++count;
  return count;
}

std::string_view name_of(Role role) {
  switch (role) {
    case Role::System: return "system";
    case Role::User: return "user";
    case Role::Assistant: return "assistant";
  }
  return {};
}

/// What is asked of an agent whose text does not say it: its only argument, if that is a text, or all as
/// JSON.
std::string question_of(const program::TypeTable& types, program::TypeId parameters,
                        const std::byte* arguments) {
  const auto& fields = types[parameters].fields;
  if (fields.size() == 1 && types[fields[0].type].kind == TypeKind::String)
    return std::string(value::load<value::Text>(arguments + fields[0].offset).view());
  std::string json;
  if (!value::write_json(types, parameters, &arguments, json)) json = "{}";
  return json;
}

/// "`text` or `photo`, which `desk` was asked with": the arguments that can be text of others.
std::string asked_with(const program::TypeTable& types, const program::External& agent) {
  std::string names;
  for (const program::Field& field : types[agent.parameters].fields) {
    switch (types.base_kind(field.type)) {
      case TypeKind::Bool:
      case TypeKind::Enum: break;
      default: names += (names.empty() ? "`" : " or `") + field.name + '`';
    }
  }
  return (names.empty() ? "what" : names + ", which") + (" `" + agent.name + "` was asked with");
}

/// Of the sentence that `AgentCall::origins` is: "from `fetch` with ...".
std::string places_of(const std::string& origins) {
  return origins.substr(std::min(origins.find("from "), origins.size()));
}

/// What follows is read by nobody but the model: an answer that can be read as the type.
std::string wanted(const std::string& format) {
  return "Your last answer, the one after which you call no tool:\n" + format;
}

}  // namespace

void Scheduler::State::call_agent(Instance& instance, uint32_t index) {
  const program::External& callee = program.externals[instance.region->tasks[index].target];
  const PreparedAgent* const fixed = prepared.agent(callee.agent);
  if (!fixed)
    return fail_at(instance, index, abi::ErrorKind::Failed,
                   "the loop of `" + callee.name + "` takes and gives no messages");
  if (!fixed->prompt.error.empty())
    return fail_at(instance, index, abi::ErrorKind::InvalidValue, fixed->prompt.error);
  auto made = std::make_unique<AgentCall>(instance, index, callee.agent, *fixed, instance.agent, memories);
  AgentCall& agent = *made;
  enlist(std::move(made));
  const int64_t most = fixed->bounded.bounds.depth;
  if (most >= 0 && agent.depth() > most)
    return fail_at(instance, index, abi::ErrorKind::Budget,
                   "`" + callee.name + "` is called more than " + std::to_string(most) +
                       " deep within itself, the most that its `within` allows");
  if (agent.agent().begins_untrusted) agent.taint(asked_with(program.types, callee));
  if (around_of(agent) > kMostNested)
    return fail_at(instance, index, abi::ErrorKind::Budget,
                   "agents call each other more than " + std::to_string(kMostNested) +
                       " deep; a smaller `within { depth: }` or `within { steps: }` ends that sooner");
  if (agent.around && agent.around->is_untrusted())
    agent.taint("the conversation of `" + agent.around->agent().prompt.name + "`, which has it " +
                places_of(agent.around->origins()));
  agent.asked_untrusted = agent.is_untrusted();
  note_begin(agent);
  if (!render_opening(agent)) return;
  if (agent.agent().memory != UINT32_MAX && memories) return open_memory(agent);
  // The agent that a conversation is with goes on with it; those that it calls know nothing of that.
  if (!agent.around && !put_history(agent)) return out_of_memory(instance, index);
  begin_conversation(agent);
}

void Scheduler::State::note_begin(const AgentCall& agent) {
  const Run& run = *agent.instance().run;
  Journal* const journal = run.options.journal;
  if (!journal) return;
  const std::string path = agent.path(),
                    name = program::versioned(agent.external().name, agent.external().version);
  const std::string arguments = arguments_of(agent.instance(), agent.task()).value_or("{}");
  const std::string digest = step_digest(arguments);
  const StepBegin step{
      .path = path, .kind = "agent", .name = name, .digest = digest, .model = {}, .request = arguments};
  journal->begin(step, [weak = weak_from_this(), id = run.id](std::string_view problem) {
    const auto state = weak.lock();
    if (state && !problem.empty()) state->lose(id, problem);
  });
}

bool Scheduler::State::render_opening(AgentCall& agent) {
  Run& run = *agent.instance().run;
  value::Arena& arena = run.context.arena;
  const Conversation& conversation = agent.prepared->conversation;
  const program::TypeId parameters = agent.agent().prompt.parameters;
  const std::byte* arguments = agent.arguments();
  // What another agent's model says in a conversation of others may be in their words.
  if (agent.around && agent.around->is_untrusted()) {
    arguments = fenced_copy(run, parameters, arguments);
    if (!arguments) return out_of_memory(agent.instance(), agent.task()), false;
  }
  bool asks = false, says_format = agent.prepared->format.empty();
  struct Part {
    Role role;
    std::string text;
    std::vector<abi::Attachment> media;
  };
  std::vector<Part> parts;
  for (const PreparedPrompt::Message& part : agent.prepared->prompt.messages) {
    value::Text text{std::string_view(part.text)};
    std::vector<abi::Attachment> media;
    run.context.attachments = &media;
    const bool rendered =
        !part.render.valid() || render(program, part.render, run.context, arguments, text) == abi::kOk;
    run.context.attachments = nullptr;
    if (!rendered) return fail(agent.instance(), agent.task()), false;
    says_format = says_format || text.view().find(agent.prepared->format) != std::string_view::npos;
    asks = asks || (part.role == Role::User && part.render.valid());
    if (part.role == Role::User && part.render.valid()) agent.question = text.view();
    parts.push_back(
        {part.role, std::string(text.view()), part.render.valid() ? std::move(media) : part.media});
  }
  if (!asks) {
    agent.question = question_of(program.types, parameters, agent.arguments());
    parts.push_back({Role::User, agent.is_untrusted() ? value::fenced(agent.question) : agent.question, {}});
  }
  if (!says_format) {
    auto first = std::ranges::find(parts, Role::System, &Part::role);
    if (first == parts.end()) first = parts.insert(parts.begin(), {Role::System, {}, {}});
    add_format(first->text, agent.prepared->format);
  }
  for (const Part& part : parts)
    agent.opening.push_back(conversation.message(arena, name_of(part.role), part.text, part.media));
  if (!arena.exhausted()) return true;
  out_of_memory(agent.instance(), agent.task());
  return false;
}

void Scheduler::State::add_format(std::string& system, const std::string& format) {
  if (format.empty() || system.find(format) != std::string::npos) return;
  if (!system.empty()) system += "\n\n";
  system += wanted(format);
}

const std::byte* Scheduler::State::fenced_copy(Run& run, program::TypeId record, const std::byte* arguments) {
  std::string json;
  const std::byte* copy = nullptr;
  value::Arena& arena = run.context.arena;
  if (!value::write_json(program.types, record, &arguments, json) ||
      !value::from_json(program.types, record, json, arena, &copy))
    return nullptr;
  fence_texts(program.types, record, reinterpret_cast<std::byte*>(&copy), arena);
  return arena.exhausted() ? nullptr : copy;
}

void Scheduler::State::begin_conversation(AgentCall& agent) {
  Instance& instance = agent.instance();
  const uint32_t index = agent.task();
  value::Arena& arena = instance.run->context.arena;
  const Conversation& conversation = agent.prepared->conversation;
  agent.offered = picked_tools(program.types, agent.agent(), agent.question);
  agent.said = agent.opening;
  std::vector<Record> tools;
  for (const uint32_t place : agent.offered) {
    const program::AgentTool& tool = agent.agent().tools[place];
    tools.push_back(conversation.tool(arena, {.name = tool.name,
                                              .doc = tool.doc,
                                              .parameters = agent.prepared->schemas[place],
                                              .writes = tool.effect == program::Effect::Writes}));
  }
  const program::Chain& loop_chain = program.chains[agent.agent().loop];
  std::byte* const parameters = conversation.parameters(arena, agent.opening, tools);
  agent.returned = static_cast<std::byte*>(arena.allocate(sizeof(Record)));
  Instance* const body = make_inner(instance, index, program.regions[loop_chain.body]);
  if (!parameters || !agent.returned || !body || arena.exhausted()) return out_of_memory(instance, index);
  body->is_body = true;
  body->agent = &agent;
  body->tail = false;
  agent.body = body;
  bound_depth(*body, loop_chain, instance.bounded);
  if (!bound_calls(*body, agent.prepared->bounded, &instance, index) || !add_budget(*body, loop_chain))
    return out_of_memory(instance, index);
  if (body->deadline == 0) bound_time(*body, loop_chain, &instance, index);
  body->frame->input = parameters;
  body->frame->result = body->frame->chain_result = agent.returned;
  enter(*body, &instance, index);
}

bool Scheduler::State::is_agent_body(const Instance& instance) {
  return instance.is_body && instance.agent && instance.agent->body == &instance;
}

void Scheduler::State::agent_returned(AgentCall& agent) {
  const auto message = value::load<Record>(agent.returned);
  const Conversation& conversation = agent.prepared->conversation;
  const std::string text = conversation.text(message);
  if (text.empty() && conversation.has_calls(message))
    return ask_again(agent, text, "it calls tools and says nothing; no tool can be called any more");
  read_final(agent, text);
}

void Scheduler::State::read_final(AgentCall& agent, const std::string& text) {
  Instance& instance = agent.instance();
  Run& run = *instance.run;
  auto* const out =
      reinterpret_cast<std::byte*>(instance.frame) + instance.region->tasks[agent.task()].result_offset;
  const std::string complaint =
      read_reply(run, agent.agent().prompt, *agent.prepared->prompt.plan, text, out);
  if (run.context.arena.exhausted()) return out_of_memory(instance, agent.task());
  if (!complaint.empty()) return ask_again(agent, text, complaint);
  agent.answer = text;
  if (agent.agent().memory != UINT32_MAX && memories) return remember(agent);
  end_agent(agent);
}

void Scheduler::State::ask_again(AgentCall& agent, const std::string& text, const std::string& complaint) {
  Instance& instance = agent.instance();
  Run& run = *instance.run;
  const program::Prompt& prompt = agent.agent().prompt;
  if (agent.repairs >= prompt.repair) {
    const std::string asked = agent.repairs == 0 ? ""
                                                 : " (after asking again " + std::to_string(agent.repairs) +
                                                       (agent.repairs == 1 ? " time)" : " times)");
    return fail_at(instance, agent.task(), abi::ErrorKind::InvalidOutput,
                   "the answer of `" + prompt.name + "` is no " + program.types.to_string(prompt.result) +
                       asked + ": " + complaint);
  }
  ++agent.repairs;
  if (run.observer()) run.observer()->repaired(agent.path(), complaint);
  if (run.observer())
    run.observer()->started(agent.path(), agent.speaker().prompt,
                            program.models[agent.speaker().prompt.model]);
  if (run.cancelled) return;  // just now
  auto made =
      std::make_unique<StepCall>(*this, *this, client_of(run), tariff(run), instance, agent.task(), agent);
  StepCall& call = *made;
  enlist(std::move(made));
  call.start_again(agent.said, text, complaint);
}

/// What an agent gives is as untrusted as its conversation, for the tool of another that it is.
void Scheduler::State::taint_call_of(const AgentCall& agent) {
  if (!agent.is_untrusted()) return;
  for (Instance* at = &agent.instance(); at && at->parent; at = at->parent) {
    const Task& task = at->parent->region->tasks[at->parent_task];
    if (task.kind == program::TaskKind::External && !at->is_body) {
      at->untrusted = true;
      return;
    }
  }
}

void Scheduler::State::end_agent(AgentCall& agent) {
  Instance& instance = agent.instance();
  const uint32_t index = agent.task();
  Run& run = *instance.run;
  if (agent.body->deadline != 0) loop.cancel_timer(std::exchange(agent.body->deadline, 0));
  taint_call_of(agent);
  Journal* const journal = run.options.journal;
  const std::string path = agent.path();
  if (journal) {
    StepEnd end;
    end.completion.text = agent.answer;
    journal->end(path, std::move(end));
  }
  forget(agent);
  task_ended(instance, index);
}

}  // namespace chain::sched
