// Steps of agents: a conversation goes to the model, its next turn comes back.
#include <algorithm>
#include <cctype>
#include <memory>
#include <utility>

#include "runtime/program/schema.h"
#include "runtime/program/versioned.h"
#include "runtime/sched/scheduler_state.h"
#include "runtime/sched/tool_text.h"
#include "runtime/sched/untrusted.h"
#include "runtime/value/fence.h"
#include "runtime/value/layout.h"

namespace chain::sched {

using program::Role;

namespace {

Role role_named(std::string_view name) {
  if (name == "system") return Role::System;
  return name == "assistant" ? Role::Assistant : Role::User;
}

/// Whether a provider says that its model, or the server that it is, knows no tools: "... does not support
/// tools" (Ollama), "requires --enable-auto-tool-choice" (vLLM), "tools param requires --jinja flag"
/// (llama.cpp), "No endpoints found that support tool use" (OpenRouter).
bool refuses_tools(const model::Failure& failure) {
  if (failure.kind == abi::ErrorKind::RateLimited || failure.kind == abi::ErrorKind::Timeout) return false;
  std::string text = failure.message;
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const size_t at = text.find("tool");
  if (at == std::string::npos) return false;
  constexpr std::string_view kWords[] = {"not support", "unsupported",   "no endpoints found that support",
                                         "requires --", "not available", "not enabled"};
  return std::ranges::any_of(kWords,
                             [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

/// Tokens are about four bytes; a quarter of the window is left for what is not counted, and the answer.
size_t conversation_bytes(const PreparedAgent& agent) {
  return agent.result_bytes * 8 / 4 * 3;  // a result may have an eighth
}

size_t size_of(const model::Message& message) {
  size_t size = message.text.size();
  if (!message.turn) return size;
  size += message.turn->state.json.size();
  for (const model::ToolCall& call : message.turn->calls) size += call.name.size() + call.arguments.size();
  for (const model::ToolResult& result : message.turn->results) size += result.content.size();
  return size;
}

bool has_results(const model::Message& message) {
  return message.turn && !message.turn->results.empty();
}

/// Of what a model was given last, this stays whole.
constexpr size_t kLastMessages = 4;

}  // namespace

StepCall::StepCall(CallHost& host, StepHost& steps, model::Client& client, Tariff& tariff, Instance& instance,
                   uint32_t task, AgentCall& agent)
    : ModelCall(host, client, tariff, instance, task, agent.speaker().prompt, agent.speaker().prompt.model),
      steps_(steps),
      agent_(agent) {
  budget_ = &instance == &agent.instance() ? agent.body->budget : instance.budget;
  const Instance& caller = agent.instance();
  streams_ = instance.run->options.stream && caller.tail && caller.region->tasks[agent.task()].tail;
}

void StepCall::start(const std::vector<Record>& messages, std::vector<uint32_t> tools) {
  may_call_ = !tools.empty();
  in_words_ = agent_.in_words;
  asked_ = messages;
  add_tools(may_call_ ? tools : agent_.offered);
  add(messages);
  shorten();
  count_memory();
  if (own_.arena.exhausted()) return fail_out_of_memory();
  send();
}

void StepCall::start_again(const std::vector<Record>& messages, const std::string& said,
                           const std::string& complaint) {
  repair_ = true;
  may_call_ = false;
  in_words_ = agent_.in_words;
  add_tools(agent_.offered);
  add(messages);
  shorten();
  add(Role::Assistant, keep(value::without_reserved(said)));
  add(Role::User, keep(ask_for_correction(complaint)));
  count_memory();
  if (own_.arena.exhausted()) return fail_out_of_memory();
  send();
}

bool StepCall::calls_tools() const {
  return agent_.speaker_prepared->calls_tools && !in_words_;
}

bool StepCall::calls_in_words() const {
  return may_call_ && !tools_.empty() && !calls_tools();
}

void StepCall::shorten() {
  size_t bytes = 0, tools = 0;
  for (const model::Message& message : messages_) bytes += size_of(message);
  for (const model::Tool& tool : tools_) tools += tool.description.size() + tool.parameters.size();
  const size_t whole = conversation_bytes(*agent_.speaker_prepared);
  const size_t most = whole - std::min(tools, whole / 2);
  if (bytes > most) leave_out_results(bytes, most);
  if (bytes > most) leave_out_messages(bytes, most);
}

/// The oldest first.
void StepCall::leave_out_results(size_t& bytes, size_t most) {
  const size_t end = messages_.size() - std::min(messages_.size(), kLastMessages);
  for (size_t i = 0; i < end && bytes > most; ++i) {
    if (!has_results(messages_[i])) continue;
    auto made = std::make_shared<model::Turn>(*messages_[i].turn);
    for (model::ToolResult& result : made->results) {
      std::string note = "what this gave, " + with_commas(result.content.size()) +
                         " bytes, is left out: the conversation is longer than your window";
      if (note.size() >= result.content.size()) continue;
      bytes -= result.content.size() - note.size();
      result.content = std::move(note);
    }
    messages_[i].turn = std::move(made);
  }
}

/// The oldest first, a turn together with what its calls gave. What is asked stays, and says how many.
void StepCall::leave_out_messages(size_t& bytes, size_t most) {
  const Conversation& conversation = agent_.prepared->conversation;
  const auto is_system = [](const model::Message& message) { return message.role == Role::System; };
  const auto opening = static_cast<size_t>(std::ranges::count_if(
      agent_.opening, [&](Record each) { return conversation.role(each) != "system"; }));
  const auto systems = static_cast<size_t>(std::ranges::count_if(messages_, is_system));
  const size_t asked = systems + std::max<size_t>(opening, 1) - 1;  // its place, if the loop began with it
  const size_t end = messages_.size() - std::min(messages_.size(), kLastMessages);
  std::vector<model::Message> kept;
  size_t left_out = 0, place_of_note = SIZE_MAX;
  bool with_last = false;  // what a turn that is left out called goes with it
  for (size_t i = 0; i < messages_.size(); ++i) {
    const bool belongs = has_results(messages_[i]);
    const bool stays =
        is_system(messages_[i]) || i == asked || (belongs ? !with_last : i >= end || bytes <= most);
    with_last = !stays && (with_last || !belongs);
    if (stays) {
      if (i == asked) place_of_note = kept.size();
      kept.push_back(messages_[i]);
      continue;
    }
    bytes -= size_of(messages_[i]);
    ++left_out;
  }
  if (left_out == 0) return;
  const std::string note = "[" + std::to_string(left_out) + (left_out == 1 ? " message" : " messages") +
                           " of this conversation left out: it is longer than your window]";
  if (place_of_note < kept.size()) {
    kept[place_of_note].text = keep(std::string(kept[place_of_note].text) + "\n\n" + note);
  } else {
    const auto at = std::ranges::find_if_not(kept, is_system);
    kept.insert(at, {Role::User, keep(note), {}});
  }
  messages_ = std::move(kept);
}

std::string_view StepCall::keep(std::string_view text) {
  return own_.arena.copy(text).view();
}

void StepCall::add_tools(const std::vector<uint32_t>& tools) {
  for (const uint32_t place : tools) {
    const program::AgentTool& tool = agent_.speaker().tools[place];
    tools_.push_back({.name = tool.name,
                      .description = tool.doc,
                      .parameters = agent_.speaker_prepared->schemas[place],
                      .strict = program::schema_is_strict(instance_.run->program->types, tool.parameters)});
  }
}

void StepCall::add(const std::vector<Record>& messages) {
  const Conversation& conversation = agent_.prepared->conversation;
  for (const Record each : agent_.system) add(each);
  for (const Record each : messages) {
    const bool replaced = !agent_.system.empty() && conversation.role(each) == "system";
    if (!replaced) add(each);
  }
  if (!calls_in_words()) return;
  const std::string_view words = keep(tools_in_words(tools_));
  const auto system = std::ranges::find(messages_, Role::System, &model::Message::role);
  if (system == messages_.end()) {
    messages_.insert(messages_.begin(), {Role::System, words, {}});
  } else {
    system->text = keep(std::string(system->text) + "\n\n" + std::string(words));
  }
}

void StepCall::add(Record message) {
  SpokenMessage spoken = agent_.prepared->conversation.read(message);
  const Role role = role_named(spoken.role);
  if (!calls_tools()) add_in_words(spoken);
  const std::string_view text = keep(spoken.text);
  model::Message made{role, text, std::move(spoken.media)};
  if (calls_tools() && (!spoken.calls.empty() || !spoken.results.empty() || !spoken.state.api.empty()))
    made.turn = agent_.turn(message, spoken);
  messages_.push_back(std::move(made));
}

void StepCall::add_in_words(SpokenMessage& spoken) {
  if (!spoken.calls.empty() && spoken.text.find("\"arguments\"") == std::string::npos) {
    if (!spoken.text.empty()) spoken.text += '\n';
    spoken.text += calls_as_text(spoken.calls);
  }
  if (!spoken.results.empty()) {
    if (!spoken.text.empty()) spoken.text += '\n';
    spoken.text += results_as_text(spoken.results);
  }
}

void StepCall::add(Role role, std::string_view text) {
  messages_.push_back({role, text, {}});
}

model::Request StepCall::request() const {
  const Run& run = *instance_.run;
  model::Request request;
  request.model = model_;
  request.messages = messages_;
  // APIs want to know of the tools that a conversation has called.
  const auto has_turn = [](const model::Message& message) { return message.turn != nullptr; };
  if (calls_tools() && (may_call_ || std::ranges::any_of(messages_, has_turn))) {
    request.tools = tools_;
    if (!may_call_ && !tools_.empty()) request.tool_choice.kind = model::ToolChoice::Kind::None;
  }
  if (repair_) {
    const PreparedPrompt& fixed = agent_.prepared->prompt;
    if (!fixed.schema.empty()) request.schema_name = prompt_.name, request.schema = fixed.schema;
  }
  request.stream = streams_ || run.options.stream_all;
  request.again = repair_;
  request.run = &run;
  request.program = run.program;
  request.prompt = &agent_.agent().prompt;
  request.arguments = agent_.arguments();
  return request;
}

void StepCall::name_step(model::Request& request) const {
  request.step = path();
  if (repair_) request.step += "/repair[" + std::to_string(agent_.repairs) + ']';
  if (once_more_) request.step += "/in_words";
  request.step_name = program::versioned(prompt_.name, prompt_.version);
  request.row = instance_.run->options.row;
}

/// Where a provider does not take the tools, they are said in words, now and in the turns that follow.
/// Whoever takes the run up finds the refusal in its journal, and goes the same way.
void StepCall::failed(model::Failure failure) {
  if (repair_ || tools_.empty() || !calls_tools() || !refuses_tools(failure))
    return ModelCall::failed(std::move(failure));
  settle(model::Completion{});
  agent_.in_words = in_words_ = once_more_ = true;
  messages_.clear();
  add(asked_);
  shorten();
  count_memory();
  if (own_.arena.exhausted()) return fail_out_of_memory();
  send();
}

/// What may be a call in words is shown once it is known to be none.
void StepCall::delta(std::string_view text) {
  if (!calls_in_words()) ModelCall::delta(text);
}

void StepCall::done(model::Completion completion) {
  settle(completion);
  const bool in_words = calls_in_words();
  if (in_words) completion.tool_calls = calls_in_text(completion.text, tools_);
  if (in_words && completion.tool_calls.empty() && (streams_ || instance_.run->options.stream_all))
    ModelCall::delta(completion.text);
  if (streamed_ && !completion.tool_calls.empty()) take_back();  // it was not the last answer
  if (observer()) observer()->ended(path(), prompt_, completion);
  if (instance_.run->cancelled) return;  // just now
  steps_.step_answered(*this, std::move(completion));
}

void Scheduler::State::call_step(Instance& instance, uint32_t index) {
  if (!instance.agent)
    return fail_at(instance, index, abi::ErrorKind::Failed,
                   "`model.step` asks the model of an agent: only the loop of one can call it");
  Run& run = *instance.run;
  AgentCall& agent = *instance.agent;
  const auto* input =
      reinterpret_cast<const std::byte*>(instance.frame) + instance.region->tasks[index].input_offset;
  const auto& fields =
      program.types[program.externals[instance.region->tasks[index].target].parameters].fields;
  const auto messages = Conversation::records(value::load<value::List>(input + fields[0].offset));
  const auto given = Conversation::records(value::load<value::List>(input + fields[1].offset));
  std::vector<uint32_t> tools;
  const auto& own = agent.agent().tools;
  for (const Record each : given) {
    const std::string_view name = agent.prepared->conversation.tool_name(each);
    const auto found = std::ranges::find(own, name, &program::AgentTool::name);
    if (found == own.end())
      return fail_at(
          instance, index, abi::ErrorKind::Failed,
          "`" + std::string(name) + "` is no tool of the agent `" + agent.agent().prompt.name + "`");
    const auto place = static_cast<uint32_t>(found - own.begin());
    if (std::ranges::find(tools, place) == tools.end()) tools.push_back(place);
  }
  // Whoever has the conversation now has other tools.
  if (agent.speaks != agent.index && !tools.empty()) tools = agent.offered;
  agent.said = messages;
  if (run.observer()) {
    const program::Prompt& prompt = agent.speaker().prompt;
    run.observer()->started(path_of(instance, index), prompt, program.models[prompt.model]);
  }
  if (run.cancelled) return;  // just now
  auto made = std::make_unique<StepCall>(*this, *this, client_of(run), tariff(run), instance, index, agent);
  StepCall& call = *made;
  enlist(std::move(made));
  call.start(messages, std::move(tools));
}

void Scheduler::State::step_answered(StepCall& call, model::Completion completion) {
  Instance& instance = call.instance();
  AgentCall& agent = call.agent();
  const uint32_t task = call.task();
  const bool repair = call.is_repair();
  forget(call);
  if (repair) {
    read_final(agent, completion.text);
    return drain();
  }
  const Record turn = agent.prepared->conversation.turn(instance.run->context.arena, completion);
  if (!turn) {
    out_of_memory(instance, task);
    return drain();
  }
  value::store(reinterpret_cast<std::byte*>(instance.frame) + instance.region->tasks[task].result_offset,
               turn);
  task_ended(instance, task);
  drain();
}

}  // namespace chain::sched
