#include "tools.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "completion.h"

namespace mock {

namespace {

using nlohmann::ordered_json;

constexpr size_t kStep = 5;  // bytes of arguments in a delta

std::string text_at(const ordered_json& object, const char* name) {
  return object.is_object() && object.contains(name) && object[name].is_string()
             ? object[name].get<std::string>()
             : "";
}

bool is_name(const std::string& name) {
  const auto fits = [](char c) {
    return isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), fits);
}

/// Whether every object has all its properties and no others, as strict mode wants it.
bool is_strict(const ordered_json& schema) {
  if (!schema.is_structured()) return true;
  if (schema.is_object() && text_at(schema, "type") == "object") {
    if (!schema.contains("additionalProperties") || schema["additionalProperties"] != false) return false;
    const ordered_json required = schema.value("required", ordered_json::array());
    const ordered_json properties = schema.value("properties", ordered_json::object());
    for (const auto& [name, property] : properties.items()) {
      if (std::find(required.begin(), required.end(), name) == required.end()) return false;
    }
  }
  return std::all_of(schema.begin(), schema.end(), [](const ordered_json& part) { return is_strict(part); });
}

ordered_json functions(const ordered_json& request) {
  ordered_json list = ordered_json::array();
  const ordered_json tools = request.value("tools", ordered_json::array());
  for (const ordered_json& tool : tools) list.push_back(tool.value("function", ordered_json::object()));
  return list;
}

std::string wrong_tool(const ordered_json& tool) {
  if (!tool.is_object() || tool.size() != 2 || text_at(tool, "type") != "function" ||
      !tool.contains("function"))
    return "Missing required parameter: 'tools[0].function'.";
  const ordered_json& function = tool["function"];
  for (const auto& [key, value] : function.items()) {
    const std::set<std::string> known = {"name", "description", "parameters", "strict"};
    if (!known.contains(key)) return "Unknown parameter: 'tools[0].function." + key + "'.";
  }
  const std::string name = text_at(function, "name");
  if (!is_name(name)) return "Invalid 'tools[0].function.name': string does not match pattern.";
  const ordered_json parameters = function.value("parameters", ordered_json());
  const bool strict = function.value("strict", ordered_json(false)) == true;
  if (!parameters.is_null() && text_at(parameters, "type") != "object")
    return "Invalid schema for function '" + name + "': schema must be of type \"object\".";
  if (strict && !is_strict(parameters)) {
    return "Invalid schema for function '" + name +
           "': 'additionalProperties' is required to be supplied and to be false.";
  }
  return {};
}

std::string wrong_choice(const ordered_json& request) {
  if (!request.contains("tool_choice")) return {};
  const ordered_json& choice = request["tool_choice"];
  if (!request.contains("tools")) return "'tool_choice' is only allowed when 'tools' are specified.";
  if (choice == "auto" || choice == "none" || choice == "required") return {};
  const std::string name =
      choice.is_object() ? text_at(choice.value("function", ordered_json()), "name") : "";
  for (const ordered_json& function : functions(request)) {
    if (!name.empty() && text_at(choice, "type") == "function" && text_at(function, "name") == name)
      return {};
  }
  return "Invalid value for 'tool_choice': no function named '" + name +
         "' was specified in the 'tools' parameter.";
}

/// Each call of an assistant is answered by the messages right behind it, and nothing else is.
std::string wrong_turns(const ordered_json& messages) {
  std::set<std::string> open;
  for (const ordered_json& message : messages) {
    const std::string role = text_at(message, "role");
    if (role == "tool") {
      if (open.erase(text_at(message, "tool_call_id")) == 0)
        return "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
               "'tool_calls'.";
      continue;
    }
    if (!open.empty()) break;
    const ordered_json calls =
        message.is_object() ? message.value("tool_calls", ordered_json::array()) : ordered_json::array();
    if (!calls.empty() && role != "assistant") return "'tool_calls' is only allowed of an assistant.";
    for (const ordered_json& call : calls) {
      const ordered_json function = call.value("function", ordered_json::object());
      if (text_at(call, "type") != "function" || text_at(call, "id").empty() ||
          !is_name(text_at(function, "name")) || !function.contains("arguments") ||
          !function["arguments"].is_string())
        return "Missing required parameter: 'messages[0].tool_calls[0].function.arguments'.";
      open.insert(text_at(call, "id"));
    }
  }
  return open.empty()
             ? ""
             : "An assistant message with 'tool_calls' must be followed by tool messages responding to "
               "each 'tool_call_id'. The following tool_call_ids did not have response messages: " +
                   *open.begin();
}

}  // namespace

std::string wrong_tools(const ordered_json& request) {
  const ordered_json tools = request.value("tools", ordered_json::array());
  if (!tools.is_array() || (request.contains("tools") && tools.empty()))
    return "Invalid 'tools': empty array.";
  for (const ordered_json& tool : tools) {
    std::string wrong = wrong_tool(tool);
    if (!wrong.empty()) return wrong;
  }
  std::string wrong = wrong_choice(request);
  return wrong.empty() ? wrong_turns(request["messages"]) : wrong;
}

std::vector<ToolCall> called_tools(const ordered_json& request) {
  std::vector<ToolCall> calls;
  const ordered_json choice = request.value("tool_choice", ordered_json("auto"));
  if (choice == "none" || text_at(request["messages"].back(), "role") == "tool") return calls;
  const std::string chosen =
      choice.is_object() ? text_at(choice.value("function", ordered_json()), "name") : "";
  for (const ordered_json& function : functions(request)) {
    const std::string name = text_at(function, "name");
    if (!chosen.empty() && chosen != name) continue;
    const ordered_json parameters = function.value("parameters", ordered_json::object());
    const std::string arguments = instance_of(parameters);
    calls.push_back(
        {"call_mock_" + std::to_string(calls.size()), name, arguments == "null" ? "{}" : arguments});
  }
  return calls;
}

std::vector<ToolCall> obeyed_calls(std::string_view body) {
  std::vector<ToolCall> calls;
  const ordered_json request = ordered_json::parse(body);
  if (request.value("tool_choice", ordered_json("auto")) == "none") return calls;
  std::set<std::string> known;
  const auto key = [](const std::string& name, const std::string& arguments) {
    return name + ' ' + nlohmann::json::parse(arguments, nullptr, false).dump();
  };
  for (const ordered_json& message : request["messages"]) {
    for (const ordered_json& call : message.value("tool_calls", ordered_json::array()))
      known.insert(key(call["function"]["name"], call["function"]["arguments"]));
  }
  static const std::regex instruction(R"(DO (\w+) (\{[^{}]*\}))");
  for (const ordered_json& message : request["messages"]) {
    if (text_at(message, "role") == "assistant") continue;
    const ordered_json content = message.value("content", ordered_json());
    std::string text = content.is_string() ? content.get<std::string>() : std::string();
    for (const ordered_json& part : content.is_array() ? content : ordered_json::array())
      text += text_at(part, "text") + '\n';
    for (std::sregex_iterator at(text.begin(), text.end(), instruction), end; at != end; ++at) {
      const std::string name = (*at)[1], arguments = (*at)[2];
      if (!nlohmann::json::accept(arguments) || !known.insert(key(name, arguments)).second) continue;
      calls.push_back({"call_obeyed_" + std::to_string(known.size()), name, arguments});
    }
  }
  return calls;
}

ordered_json calls_of_message(const std::vector<ToolCall>& calls) {
  ordered_json list = ordered_json::array();
  for (const ToolCall& call : calls) {
    list.push_back({{"id", call.id},
                    {"type", "function"},
                    {"function", {{"name", call.name}, {"arguments", call.arguments}}}});
  }
  return list;
}

std::vector<ordered_json> calls_as_deltas(const std::vector<ToolCall>& calls) {
  std::vector<ordered_json> deltas;
  const auto add = [&](ordered_json call) {
    ordered_json delta;
    delta["tool_calls"].push_back(std::move(call));
    deltas.push_back(std::move(delta));
  };
  for (size_t i = 0; i < calls.size(); ++i) {
    const ToolCall& call = calls[i];
    add({{"index", i},
         {"id", call.id},
         {"type", "function"},
         {"function", {{"name", call.name}, {"arguments", ""}}}});
    for (size_t at = 0; at < call.arguments.size(); at += kStep)
      add({{"index", i}, {"function", {{"arguments", call.arguments.substr(at, kStep)}}}});
  }
  return deltas;
}

}  // namespace mock
