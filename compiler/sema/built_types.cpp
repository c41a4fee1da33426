// The records that the language itself has: what searches give, and the turns of conversations.
#include <initializer_list>

#include "compiler/sema/context.h"

namespace chain::sema {

namespace {

using program::TypeKind;

struct BuiltField {
  std::string_view name;
  std::string_view doc = {};
  TypeId type;
  bool untrusted = false;
  std::optional<Constant> fallback = std::nullopt;
};

/// A record that the language itself has.
TypeId add_record(Context& context, std::string_view name, std::string_view doc,
                  std::initializer_list<BuiltField> fields) {
  program::TypeTable& types = context.module.types;
  program::Type type;
  type.kind = TypeKind::Record;
  type.name = name;
  type.doc = doc;
  Slots slots;
  for (const BuiltField& field : fields) {
    slots.by_name.emplace(field.name, static_cast<uint32_t>(slots.items.size()));
    slots.items.push_back({field.name, field.type, {}});
    slots.items.back().untrusted = field.untrusted;
    slots.items.back().value = field.fallback;
    type.fields.push_back(
        {.name = std::string(field.name), .doc = std::string(field.doc), .type = field.type});
    if (field.fallback) type.fields.back().default_json = to_json(types, *field.fallback);
  }
  slots.type = types.add(std::move(type));
  types.layout_record(slots.type);
  const TypeId record = slots.type;
  context.records.emplace(record.index, std::move(slots));
  return record;
}

}  // namespace

TypeId passage_type(Context& context) {
  if (context.passage) return *context.passage;
  const program::TypeTable& types = context.module.types;
  context.passage = add_record(
      context, "Passage", "A part of a document that a search found.",
      {{.name = "id", .type = types.string_type},
       {.name = "text", .type = types.string_type, .untrusted = true},  // what the document's author wrote
       {.name = "source", .doc = "the file it stands in", .type = types.string_type},
       {.name = "score", .doc = "how well it answers; higher is better", .type = types.float_type},
       {.name = "meta", .type = context.module.types.map_of(types.string_type), .untrusted = true}});
  return *context.passage;
}

TypeId tool_call_type(Context& context) {
  if (context.tool_call) return *context.tool_call;
  const program::TypeTable& types = context.module.types;
  context.tool_call =
      add_record(context, "ToolCall", "What a model wants done.",
                 {{.name = "id", .doc = "unlike the others of its turn", .type = types.string_type},
                  {.name = "name", .doc = "of the tool", .type = types.string_type},
                  {.name = "arguments", .doc = "an object", .type = types.json_type, .untrusted = true}});
  return *context.tool_call;
}

TypeId tool_result_type(Context& context) {
  if (context.tool_result) return *context.tool_result;
  const program::TypeTable& types = context.module.types;
  context.tool_result =
      add_record(context, "ToolResult", "What came of a call.",
                 {{.name = "id", .doc = "of the call", .type = types.string_type, .untrusted = true},
                  {.name = "name", .doc = "of the tool", .type = types.string_type, .untrusted = true},
                  {.name = "content", .doc = "for the model", .type = types.string_type, .untrusted = true},
                  {.name = "is_error", .doc = "the call failed", .type = types.bool_type}});
  return *context.tool_result;
}

TypeId tool_type(Context& context) {
  if (context.tool) return *context.tool;
  const program::TypeTable& types = context.module.types;
  context.tool = add_record(
      context, "Tool", "What a model may call.",
      {{.name = "name", .doc = "as models say it", .type = types.string_type},
       {.name = "doc", .doc = "what it is for", .type = types.string_type},
       {.name = "parameters", .doc = "a JSON Schema of an object", .type = types.json_type},
       {.name = "writes", .doc = "it may change something in the world", .type = types.bool_type}});
  return *context.tool;
}

TypeId message_type(Context& context) {
  if (context.message) return *context.message;
  const TypeId calls = context.module.types.list_of(tool_call_type(context));
  const TypeId results = context.module.types.list_of(tool_result_type(context));
  program::TypeTable& types = context.module.types;
  const TypeId role = types.literal_of(
      {std::string("system"), std::string("user"), std::string("assistant"), std::string("tool")});
  const TypeId part = types.union_of(
      {types.image_type, types.audio_type, types.video_type, types.file_type, types.string_type});
  context.message = add_record(context, "Message", "A turn of a conversation.",
                               {{.name = "role", .doc = "who speaks", .type = role},
                                {.name = "parts",
                                 .doc = "texts and media, in their order",
                                 .type = types.list_of(part),
                                 .untrusted = true},  // whoever spoke
                                {.name = "calls",
                                 .doc = "of an assistant's turn: what it wants done",
                                 .type = calls,
                                 .fallback = Constant{calls, Constant::Parts{}}},
                                {.name = "results",
                                 .doc = "of a tool's turn: what came of the calls before it",
                                 .type = results,
                                 .fallback = Constant{results, Constant::Parts{}}},
                                {.name = "state",
                                 .doc = "what the model's provider wants to see again; nothing else reads it",
                                 .type = types.string_type,
                                 .fallback = Constant{types.string_type, std::string()}}});
  return *context.message;
}

std::optional<TypeId> built_type(Context& context, std::string_view name) {
  if (name == "Passage") return passage_type(context);
  if (name == "Message") return message_type(context);
  if (name == "messages") return context.module.types.list_of(message_type(context));
  if (name == "Tool") return tool_type(context);
  if (name == "ToolCall") return tool_call_type(context);
  if (name == "ToolResult") return tool_result_type(context);
  return std::nullopt;
}

}  // namespace chain::sema
