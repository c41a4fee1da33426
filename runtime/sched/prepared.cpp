#include "runtime/sched/prepared.h"

#include <algorithm>

#include "runtime/model/abilities.h"
#include "runtime/program/schema.h"
#include "runtime/value/json.h"

namespace chain::sched {

using program::Prompt;
using program::Role;
using program::TypeKind;

namespace {

constexpr uint64_t kExampleBytes = uint64_t{64} << 20;

// What a tool gave may take an eighth of the model's window, at four bytes a token.
constexpr size_t kUnknownWindow = size_t{64} << 10;
constexpr size_t kLeastShown = 2048;

/// Of what a tool gives, for a model with a window of `context` tokens; 0 if that is unknown.
size_t shown_bytes(int64_t context) {
  if (context <= 0) return kUnknownWindow;
  return std::max(kLeastShown, static_cast<size_t>(context) / 8 * 4);
}

/// The user part that examples are rendered with: the last one.
program::FunctionId last_user_part(const Prompt& prompt) {
  program::FunctionId render;
  for (const program::MessagePart& part : prompt.messages) {
    if (part.role == Role::User && part.example < 0) render = part.render;
  }
  return render;
}

/// A result as the model should have written it.
std::string as_reply(const program::TypeTable& types, program::TypeId type, const void* value) {
  std::string text;
  if (types.base_kind(type) == TypeKind::String)
    return std::string(static_cast<const value::Text*>(value)->view());
  value::write_json(types, type, value, text, {.models_view = true});
  // A bare word, as `output.format` asks for it.
  if (types[type].kind == TypeKind::Enum && text.size() >= 2) text = text.substr(1, text.size() - 2);
  return text;
}

}  // namespace

abi::Status render(const program::Program& program, program::FunctionId function, abi::Context& context,
                   const std::byte* arguments, value::Text& out) {
  return reinterpret_cast<abi::RenderFn>(const_cast<void*>(program.functions[function.index]))(
      &context, arguments, &out);
}

const PreparedPrompt& Prepared::prompt(uint32_t index) {
  std::unique_ptr<PreparedPrompt>& known = prompts_[index];
  if (!known) known = std::make_unique<PreparedPrompt>(prepare(program_.prompts[index]));
  return *known;
}

const PreparedAgent* Prepared::agent(uint32_t index) {
  std::unique_ptr<PreparedAgent>& known = agents_.at(index);
  if (known) return known.get();
  const program::Agent& agent = program_.agents[index];
  const auto conversation = Conversation::of(program_.types, program_.chains[agent.loop].parameters);
  if (!conversation) return nullptr;
  known = std::make_unique<PreparedAgent>(
      PreparedAgent{.prompt = prepare(agent.prompt), .conversation = *conversation, .bounded = {}});
  known->bounded.name = agent.prompt.name;
  known->bounded.bounds = agent.bounds;
  for (const program::AgentTool& tool : agent.tools)
    known->schemas.push_back(program::json_schema(program_.types, tool.parameters));
  if (program_.types[agent.prompt.result].kind != TypeKind::String)
    known->format = program::describe(program_.types, agent.prompt.result);
  const program::Model& model = program_.models[agent.prompt.model];
  const model::Abilities abilities = model::abilities_of(model.provider, model.id);
  known->calls_tools = abilities.tools != model::Does::No;
  known->result_bytes = shown_bytes(abilities.context);
  return known.get();
}

PreparedPrompt Prepared::prepare(const Prompt& prompt) {
  PreparedPrompt made;
  made.plan = std::make_unique<const value::ReplyPlan>(program_.types, prompt.result);
  for (const program::MessagePart& part : prompt.messages) {
    const auto place = static_cast<uint32_t>(&part - prompt.messages.data());
    if (place <= prompt.prefix.parts) made.constant_messages = static_cast<uint32_t>(made.messages.size());
    if (part.example >= 0) {
      add_example(made, prompt, prompt.examples[static_cast<size_t>(part.example)]);
    } else {
      made.messages.push_back({part.role, part.render, {}, {}});
    }
  }
  if (prompt.prefix.parts >= prompt.messages.size()) {
    made.constant_messages = static_cast<uint32_t>(made.messages.size());
  } else {
    made.constant_bytes = prompt.prefix.bytes;
  }
  const TypeKind kind = program_.types[prompt.result].kind;
  if (kind != TypeKind::String && kind != TypeKind::Media) {
    made.schema = program::json_schema(program_.types, prompt.result);
  }
  return made;
}

void Prepared::add_example(PreparedPrompt& prepared, const Prompt& prompt, const program::Example& example) {
  abi::Context& context = *prepared.examples.emplace_back(std::make_unique<abi::Context>(kExampleBytes));
  std::vector<abi::Attachment> media;
  context.attachments = &media;
  context.program = &program_;
  const std::byte* record = nullptr;
  std::vector<std::byte> result(program_.types[prompt.result].size);
  const auto read = [&](program::TypeId type, const std::string& json, void* out) {
    const value::ReadResult read = value::from_json(program_.types, type, json, context.arena, out);
    if (!read) prepared.error = "an example of `" + prompt.name + "` cannot be read: " + read.sentence();
    return read.ok();
  };
  if (!read(prompt.parameters, example.arguments_json, &record) ||
      !read(prompt.result, example.result_json, result.data()))
    return;
  value::Text input;
  const program::FunctionId part = last_user_part(prompt);
  if (part.valid() && render(program_, part, context, record, input) != abi::kOk) {
    prepared.error = "an example of `" + prompt.name +
                     "` cannot be rendered: " + std::string(context.error_message.view());
    return;
  }
  context.attachments = nullptr;
  prepared.messages.push_back({Role::User, {}, std::string(input.view()), std::move(media)});
  prepared.messages.push_back(
      {Role::Assistant, {}, as_reply(program_.types, prompt.result, result.data()), {}});
}

}  // namespace chain::sched
