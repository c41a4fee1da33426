// `chain mcp call`, `read`, `prompt`: one request to a server, by hand.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "cli/mcp.h"
#include "cli/mcp_arguments.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "compiler/sema/schema_names.h"

namespace chain::cli {
namespace {

using nlohmann::ordered_json;

std::string text_of(const ordered_json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>()
                                                                           : std::string();
}

/// The object of `--args`; nothing, with all said, if it is none.
std::optional<ordered_json> given_object(const McpCommand& command) {
  if (command.arguments.empty()) return ordered_json::object();
  std::string error;
  const auto text = command.arguments == "-" ? read_stdin(error) : std::optional(command.arguments);
  if (!text) return say_error(error), std::nullopt;
  ordered_json object = ordered_json::parse(*text, nullptr, false);
  if (object.is_object()) return object;
  usage_error("mcp", "--args takes a JSON object, as in --args '{\"id\": \"7\"}'");
  return std::nullopt;
}

/// Whether the schema of a property says that it is a text.
bool takes_text(const ordered_json& property) {
  if (!property.is_object()) return false;
  const auto type = property.find("type");
  if (type == property.end()) return property.contains("enum");
  return *type == "string" || (type->is_array() && std::ranges::find(*type, "string") != type->end());
}

/// `name=value` of each `-a` into the object. What is no text is JSON.
bool add_settings(const McpCommand& command, const ordered_json& properties, bool texts,
                  ordered_json& object) {
  std::vector<std::string> names;
  if (properties.is_object()) {
    for (const auto& [name, ignored] : properties.items()) names.push_back(name);
  }
  for (const std::string& setting : command.settings) {
    const size_t equals = setting.find('=');
    const std::string name = setting.substr(0, equals);
    if (equals == std::string::npos || name.empty()) {
      usage_error("mcp", fmt::format("`{}` is not of the form name=value", setting));
      return false;
    }
    const bool known = std::ranges::find(names, name) != names.end();
    if (!known && !texts && !names.empty()) {
      usage_error("mcp", fmt::format("it takes no `{}`{}", name,
                                     meant(name, std::vector<std::string_view>(names.begin(), names.end()))));
      return false;
    }
    const std::string value = setting.substr(equals + 1);
    ordered_json json = ordered_json::parse(value, nullptr, false);
    const bool text = texts || (known && takes_text(properties[name])) || json.is_discarded();
    object[name] = text ? ordered_json(value) : std::move(json);
  }
  return true;
}

/// What lies in a part of content, as text.
std::string shown_part(const ordered_json& part) {
  const std::string type = text_of(part, "type");
  if (type == "text") return text_of(part, "text");
  if (type == "resource_link") return fmt::format("[{} {}]", text_of(part, "name"), text_of(part, "uri"));
  const ordered_json& held = type == "resource" && part.contains("resource") ? part["resource"] : part;
  const std::string text = text_of(held, "text");
  if (!text.empty()) return text;
  const std::string data = text_of(held, type == "resource" ? "blob" : "data");
  return fmt::format("[{} {}, {} bytes of base64]", type.empty() ? "content" : type,
                     text_of(held, "mimeType"), data.size());
}

std::string joined(const ordered_json& parts) {
  std::string text;
  if (!parts.is_array()) return text;
  for (const ordered_json& part : parts) text += (text.empty() ? "" : "\n") + shown_part(part);
  return text;
}

/// Makes one request and shows what came of it by `show`.
int request(const McpTarget& target, const McpCommand& command, McpSession& session,
            const std::string& method, const ordered_json& params, int (*show)(const ordered_json& result)) {
  mcp::Client* client = session.client(target.chosen.front());
  if (!client) return kFailed;
  mcp::Answer answer;
  const std::string text = params.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  const auto call = client->request(method, text, [&](mcp::Answer came) {
    answer = std::move(came);
    session.finish();
  });
  session.on_interrupt([client, call] { client->cancel(call); });
  if (!session.run() || !session.close()) return kInterrupted;
  if (!answer.ok) return say_error(answer.error), kFailed;
  const ordered_json result = ordered_json::parse(answer.json, nullptr, false);
  if (command.json) {
    const bool failed =
        result.is_object() && result.value("isError", ordered_json(false)) == ordered_json(true);
    return answer_json(answer.json + '\n') && !failed ? kOk : kFailed;
  }
  return show(result);
}

bool print(std::string text) {
  if (!text.ends_with('\n')) text += '\n';
  return answer_text(text);
}

int show_call(const ordered_json& result) {
  const bool has_content = result.is_object() && result.contains("content");
  const bool is_result =
      has_content ? result["content"].is_array() : result.is_object() && result.contains("structuredContent");
  if (!is_result) return say_error("the server answered with what is no result of a tool"), kFailed;
  const bool failed = result.contains("isError") && result["isError"] == true;
  std::string text = has_content ? joined(result["content"]) : std::string();
  if (failed) return say_error(text.empty() ? "the tool failed and does not say why" : text), kFailed;
  if (result.contains("structuredContent"))
    text = result["structuredContent"].dump(2, ' ', false, ordered_json::error_handler_t::replace);
  return print(std::move(text)) ? kOk : kFailed;
}

int show_read(const ordered_json& result) {
  std::string text;
  if (result.is_object() && result.contains("contents") && result["contents"].is_array()) {
    for (const ordered_json& each : result["contents"])
      text += (text.empty() ? "" : "\n") + shown_part({{"type", "resource"}, {"resource", each}});
  }
  return print(std::move(text)) ? kOk : kFailed;
}

int show_prompt(const ordered_json& result) {
  std::string text;
  if (result.is_object() && result.contains("messages") && result["messages"].is_array()) {
    for (const ordered_json& each : result["messages"]) {
      if (!each.is_object()) continue;
      const ordered_json content = each.value("content", ordered_json());
      text += fmt::format("{}{}: {}", text.empty() ? "" : "\n", text_of(each, "role"),
                          content.is_array() ? joined(content) : shown_part(content));
    }
  }
  return print(std::move(text)) ? kOk : kFailed;
}

/// The tool by its own name or by that of programs; null, with all said, if there is none.
const mcp::Tool* find_tool(const std::vector<mcp::Tool>& tools, const std::string& name) {
  std::vector<std::string_view> names;
  for (const mcp::Tool& tool : tools) {
    if (tool.name == name) return &tool;
    names.push_back(tool.name);
  }
  const auto found = std::ranges::find_if(
      tools, [&](const mcp::Tool& tool) { return sema::callable_name(tool.name) == name; });
  if (found != tools.end()) return &*found;
  usage_error("mcp", fmt::format("the server has no tool `{}`{}", name, meant(name, names)));
  return nullptr;
}

}  // namespace

int mcp_call(const McpCommand& command) {
  int exit = kOk;
  const auto target = open_servers(command, /*one=*/true, exit);
  if (!target) return exit;
  auto arguments = given_object(command);
  if (!arguments) return kUsage;
  McpSession session(*target, command);
  const uint32_t place = target->chosen.front();
  const auto offers = offers_of(session, place, /*tools_alone=*/true, exit);
  if (!offers) return exit;
  const mcp::Tool* tool = find_tool(offers->tools, target->what);
  if (!tool) return kUsage;
  const auto known = target->lock.remote.find(target->prefix(place) + tool->name);
  if (known != target->lock.remote.end() && known->second.hash != pinned(*tool).hash) {
    say_error(
        fmt::format("server `{}` has changed its tool `{}` since it was pinned; `chain mcp pin {}` shows how",
                    target->resource(place).name, tool->name, shell_word(target->file)));
    return kFailed;
  }
  const ordered_json schema = ordered_json::parse(tool->input_schema, nullptr, false);
  const ordered_json properties =
      schema.is_object() ? schema.value("properties", ordered_json()) : ordered_json();
  if (!add_settings(command, properties, /*texts=*/false, *arguments)) return kUsage;
  if (const std::string wrong = wrong_arguments(schema, *arguments); !wrong.empty())
    return usage_error("mcp", fmt::format("`{}`: {}", tool->name, wrong));
  return request(*target, command, session, "tools/call", {{"name", tool->name}, {"arguments", *arguments}},
                 show_call);
}

int mcp_read(const McpCommand& command) {
  int exit = kOk;
  const auto target = open_servers(command, /*one=*/true, exit);
  if (!target) return exit;
  McpSession session(*target, command);
  return request(*target, command, session, "resources/read", {{"uri", target->what}}, show_read);
}

int mcp_prompt(const McpCommand& command) {
  int exit = kOk;
  const auto target = open_servers(command, /*one=*/true, exit);
  if (!target) return exit;
  auto arguments = given_object(command);
  if (!arguments || !add_settings(command, {}, /*texts=*/true, *arguments)) return kUsage;
  McpSession session(*target, command);
  return request(*target, command, session, "prompts/get",
                 {{"name", target->what}, {"arguments", *arguments}}, show_prompt);
}

}  // namespace chain::cli
