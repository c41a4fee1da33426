#include "runtime/sched/tool_text.h"

#include <algorithm>

#include "runtime/model/mended_calls.h"
#include "runtime/value/fence.h"
#include "runtime/value/json.h"
#include "runtime/value/layout.h"
#include "runtime/value/reply_parser.h"

namespace chain::sched {

using program::TypeId;
using program::TypeKind;

namespace {

/// {tool: string, arguments: json}[], and how replies are read as that. Made once.
struct CallForm {
  CallForm() : types(), list(make(types)), plan(types, list) {}

  static TypeId make(program::TypeTable& types) {
    program::Type record{.kind = TypeKind::Record, .name = "ToolCall"};
    record.fields.push_back({.name = "tool", .type = types.string_type});
    record.fields.push_back({.name = "arguments", .type = types.json_type});
    const TypeId id = types.add(std::move(record));
    types.layout_record(id);
    return types.list_of(id);
  }

  program::TypeTable types;
  TypeId list;
  value::ReplyPlan plan;
};

const CallForm& call_form() {
  static const CallForm form;
  return form;
}

constexpr uint64_t kReadingBytes = uint64_t{64} << 20;

/// What stands between the outermost braces or brackets.
std::string_view from_first_bracket(std::string_view reply) {
  const size_t from = reply.find_first_of("{[");
  const size_t to = reply.find_last_of("}]");
  if (from == std::string_view::npos || to == std::string_view::npos || to < from) return {};
  return reply.substr(from, to - from + 1);
}

/// Whether `json` is meant to be a call, and is no answer that speaks of tools and arguments.
bool begins_call(std::string_view json) {
  const size_t key = json.find_first_not_of("{[ \t\r\n\"'");
  return key != std::string_view::npos && json.substr(key).starts_with("tool");
}

}  // namespace

std::string tools_in_words(std::span<const model::Tool> tools) {
  std::string text =
      "You have tools. To use one, answer with nothing but this JSON, or a list of several:\n"
      "{\"tool\": \"NAME\", \"arguments\": {...}}\n"
      "What comes of it is said to you in the next message. When you need no tool any more, give your answer "
      "without such JSON.\n"
      "The tools, each with the JSON Schema of its arguments:";
  for (const model::Tool& tool : tools) {
    text += "\n- " + std::string(tool.name);
    if (!tool.description.empty()) text += ": " + std::string(tool.description);
    text += "\n  " + std::string(tool.parameters.empty() ? "{}" : tool.parameters);
  }
  return text;
}

std::vector<model::ToolCall> calls_in_text(std::string_view reply, std::span<const model::Tool> tools) {
  std::vector<model::ToolCall> calls;
  if (reply.find("tool") == std::string_view::npos || reply.find("arguments") == std::string_view::npos)
    return calls;
  const std::string_view json = from_first_bracket(reply);
  if (json.empty() || tools.empty()) return calls;
  const CallForm& form = call_form();
  value::Arena arena(kReadingBytes);
  value::List list;
  value::ReplyParser parser(form.plan);
  parser.feed(json);
  const size_t first = reply.find_first_not_of(" \t\r\n");
  const bool bare =
      first != std::string_view::npos && std::string_view("{[`").find(reply[first]) != std::string_view::npos;
  if (!parser.finish(arena, &list).ok || list.size == 0) return calls;
  const program::Type& record = form.types[form.types[form.list].element];
  for (uint64_t i = 0; i < std::min<uint64_t>(list.size, model::kMostCalls + 1); ++i) {
    const auto* const call = value::load<const std::byte*>(list.data + i * sizeof(std::byte*));
    const auto name = value::load<value::Text>(call + record.fields[0].offset);
    const auto arguments = value::load<value::Text>(call + record.fields[1].offset);
    // Arguments as the text of JSON, as other protocols have them.
    const auto inner = value::json_string(arguments.view());
    calls.push_back({"call_" + std::to_string(i + 1), std::string(name.view()),
                     inner ? *inner : std::string(arguments.view())});
  }
  // What only looks like one: an answer in JSON, or prose around JSON, that names no tool.
  const auto is_known = [&](const model::ToolCall& call) {
    return std::ranges::find(tools, call.name, &model::Tool::name) != tools.end();
  };
  if (!(bare && begins_call(json)) && std::ranges::none_of(calls, is_known)) calls.clear();
  static_cast<void>(model::mend_calls(calls, /*cut_off=*/false));
  return calls;
}

std::string calls_as_text(std::span<const model::ToolCall> calls) {
  std::string text = "[";
  for (const model::ToolCall& call : calls) {
    if (text.size() > 1) text += ", ";
    text += "{\"tool\": ";
    value::append_json_string(text, call.name);
    text += ", \"arguments\": " + call.arguments + '}';
  }
  return text + ']';
}

std::string results_as_text(std::span<const model::ToolResult> results) {
  std::string text;
  for (const model::ToolResult& result : results) {
    if (!text.empty()) text += "\n\n";
    text += (result.is_error ? "The call of `" : "What `") + value::without_reserved(result.name) +
            (result.is_error ? "` failed:\n" : "` gave:\n");
    text += value::is_fenced(result.content) ? result.content : value::fenced(result.content);
  }
  return text;
}

}  // namespace chain::sched
