#include "runtime/model/tool_messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "runtime/http/printable.h"
#include "runtime/model/json_reader.h"
#include "runtime/model/json_writer.h"
#include "runtime/model/mended_calls.h"

namespace chain::model {

namespace {

using Kind = ToolChoice::Kind;

constexpr std::string_view kNoParameters = R"({"type":"object","properties":{}})";

std::string_view parameters_of(const Tool& tool) {
  return tool.parameters.empty() ? kNoParameters : tool.parameters;
}

/// `,"name":"text"`, or without the comma behind a bracket.
void append_member(std::string& body, std::string_view name, std::string_view text) {
  if (body.back() != '{') body += ',';
  body.append(1, '"').append(name).append("\":");
  append_json_string(body, text);
}

/// `{"name":"...","description":"...",` and the parameters under `field`, without the closing brace.
void append_function(std::string& body, const Tool& tool, std::string_view field) {
  append_member(body, "name", tool.name);
  if (!tool.description.empty()) append_member(body, "description", tool.description);
  body.append(",\"").append(field).append("\":").append(parameters_of(tool));
}

/// Where an API has no word for it, the text says so.
std::string told(const ToolResult& result) {
  return result.is_error ? "Error: " + result.content : result.content;
}

/// Begins an element of a list.
std::string& next(std::string& body) {
  if (body.back() != '[') body += ',';
  return body;
}

std::string_view word(Kind kind, std::string_view required) {
  switch (kind) {
    case Kind::None: return "none";
    case Kind::Required: return required;
    case Kind::Auto:
    case Kind::Named: break;
  }
  return "auto";
}

/// The text and media of a message that has more to it; false if it has none.
bool append_rest(std::string& body, const Message& message, MediaLeft& media, const PartForm& form) {
  if (message.text.empty() && message.media.empty()) return false;
  body.append(R"({"role":")").append(role_name(message.role)).append(R"(","content":)");
  append_content(body, message, media, form);
  body += '}';
  return true;
}

std::string shown(std::string_view name) {
  return http::printable(name, 80);
}

/// What is wrong with the calls before, and with what came of them.
std::string turns_mistake(const Request& request) {
  std::set<std::string_view> open;  // calls of the turn before
  for (const Message& message : request.messages) {
    if (has_results(message)) {
      for (const ToolResult& result : message.turn->results) {
        if (open.erase(result.id) == 0)
          return fmt::format("there is a result of `{}`, and no call before it that it is of",
                             shown(result.name));
      }
    }
    if (!open.empty()) return "a call of a tool is not followed by what came of it";
    if (!has_calls(message)) continue;
    for (const ToolCall& call : message.turn->calls) open.insert(call.id);
  }
  return open.empty() ? "" : "a call of a tool is not followed by what came of it";
}

}  // namespace

std::string tools_mistake(const Request& request) {
  std::set<std::string_view> names;
  for (const Tool& tool : request.tools) {
    if (!is_tool_name(tool.name)) {
      return fmt::format("no tool can be called `{}`: letters, digits, `_` and `-`, 64 at most",
                         shown(tool.name));
    }
    if (!names.insert(tool.name).second) return fmt::format("two tools are called `{}`", shown(tool.name));
    if (!tool.parameters.empty() && !is_json_object(tool.parameters))
      return fmt::format("the parameters of the tool `{}` are no JSON Schema", shown(tool.name));
  }
  const ToolChoice& choice = request.tool_choice;
  if (choice.kind == Kind::Required && names.empty()) return "it is to call a tool, and there is none";
  if (choice.kind == Kind::Named && !names.contains(choice.name))
    return fmt::format("it is to call the tool `{}`, which is not among its tools", shown(choice.name));
  return turns_mistake(request);
}

std::string_view state_for(const Message& message, std::string_view api) {
  if (!message.turn || message.turn->state.api != api) return {};
  const std::string_view json = message.turn->state.json;
  JsonReader reader(json);  // it may come from a file
  if (reader.peek() != '[' || !reader.skip() || !reader.end()) return {};
  const size_t begin = json.find('[') + 1;
  return json.substr(begin, json.rfind(']') - begin);
}

bool has_calls(const Message& message) {
  return message.turn && !message.turn->calls.empty();
}

bool has_results(const Message& message) {
  return message.turn && !message.turn->results.empty();
}

bool read_arguments(JsonReader& reader, std::string& arguments) {
  if (reader.peek() == '"') return reader.string(arguments);
  std::string_view raw;
  const bool null = reader.at_null();
  const bool fine = reader.raw(raw);
  if (!null) arguments = raw;
  return fine;
}

// ---- Chat completions ------------------------------------------------------------------------

void append_chat_tools(std::string& body, const Request& request) {
  if (request.tools.empty()) return;
  body += R"(,"tools":[)";
  for (const Tool& tool : request.tools) {
    next(body) += R"({"type":"function","function":{)";
    append_function(body, tool, "parameters");
    body += tool.strict ? R"(,"strict":true}})" : "}}";
  }
  body += ']';
  const ToolChoice& choice = request.tool_choice;
  if (choice.kind == Kind::Auto) return;
  if (choice.kind == Kind::Named) {
    body += R"(,"tool_choice":{"type":"function","function":{)";
    append_member(body, "name", choice.name);
    body += "}}";
  } else {
    append_member(body, "tool_choice", word(choice.kind, "required"));
  }
}

void append_chat_turn(std::string& body, const Message& message, MediaLeft& media, const PartForm& form) {
  if (has_results(message)) {
    for (const ToolResult& result : message.turn->results) {
      next(body) += R"({"role":"tool")";
      append_member(body, "tool_call_id", result.id);
      append_member(body, "content", told(result));
      body += '}';
    }
    if (message.text.empty() && message.media.empty()) return;
    next(body);
    append_rest(body, message, media, form);
    return;
  }
  next(body).append(R"({"role":"assistant","content":)");
  if (message.text.empty()) {
    body += "null";
  } else {
    append_json_string(body, message.text);
  }
  if (const std::string_view thoughts = state_for(message, kChatState); !thoughts.empty())
    body.append(R"(,"reasoning_content":)").append(thoughts);
  if (has_calls(message)) {
    body += R"(,"tool_calls":[)";
    for (const ToolCall& call : message.turn->calls) {
      next(body) += R"({"type":"function")";
      append_member(body, "id", call.id);
      body += R"(,"function":{)";
      append_member(body, "name", name_to_send(call.name));
      append_member(body, "arguments", arguments_to_send(call));
      body += "}}";
    }
    body += ']';
  }
  body += '}';
}

// ---- Responses -------------------------------------------------------------------------------

void append_responses_tools(std::string& body, const Request& request, std::string_view hosted) {
  if (request.tools.empty() && hosted.empty()) return;
  body.append(R"(,"tools":[)").append(hosted);
  for (const Tool& tool : request.tools) {
    next(body) += R"({"type":"function")";
    append_function(body, tool, "parameters");
    body += tool.strict ? R"(,"strict":true})" : R"(,"strict":false})";  // it is, unless said
  }
  body += ']';
  // Nothing is kept there, so what it thought before a call comes along and goes back with it.
  if (!request.tools.empty()) body += R"(,"include":["reasoning.encrypted_content"])";
  const ToolChoice& choice = request.tool_choice;
  if (choice.kind == Kind::Auto) return;
  if (choice.kind == Kind::Named) {
    body += R"(,"tool_choice":{"type":"function")";
    append_member(body, "name", choice.name);
    body += '}';
  } else {
    append_member(body, "tool_choice", word(choice.kind, "required"));
  }
}

void append_responses_turn(std::string& body, const Message& message, MediaLeft& media,
                           const PartForm& form) {
  if (const std::string_view state = state_for(message, kResponsesState); !state.empty()) {
    next(body) += state;
    return;
  }
  if (has_results(message)) {
    for (const ToolResult& result : message.turn->results) {
      next(body) += R"({"type":"function_call_output")";
      append_member(body, "call_id", result.id);
      append_member(body, "output", told(result));
      body += '}';
    }
  }
  if (!message.text.empty() || !message.media.empty()) {
    next(body);
    append_rest(body, message, media, form);
  }
  for (const ToolCall& call : message.turn->calls) {
    next(body) += R"({"type":"function_call")";
    append_member(body, "call_id", call.id);
    append_member(body, "name", name_to_send(call.name));
    append_member(body, "arguments", arguments_to_send(call));
    body += '}';
  }
}

// ---- Anthropic -------------------------------------------------------------------------------

void append_anthropic_tools(std::string& body, const Request& request, std::string_view hosted) {
  if (request.tools.empty() && hosted.empty()) return;
  body.append(R"(,"tools":[)").append(hosted);
  for (const Tool& tool : request.tools) {
    next(body) += '{';
    append_function(body, tool, "input_schema");
    body += tool.strict ? R"(,"strict":true})" : "}";
  }
  body += ']';
  const ToolChoice& choice = request.tool_choice;
  if (choice.kind == Kind::Auto) return;
  body += R"(,"tool_choice":{)";
  append_member(body, "type", choice.kind == Kind::Named ? "tool" : word(choice.kind, "any"));
  if (choice.kind == Kind::Named) append_member(body, "name", choice.name);
  body += '}';
}

void append_anthropic_turn(std::string& body, const Message& message, MediaLeft& media,
                           const PartForm& form) {
  if (const std::string_view state = state_for(message, kAnthropicState); !state.empty()) {
    next(body).append(R"({"role":"assistant","content":[)").append(state) += "]}";
    return;
  }
  next(body).append(has_results(message) ? R"({"role":"user","content":[)"
                                         : R"({"role":"assistant","content":[)");
  for (const ToolResult& result : message.turn->results) {
    next(body) += R"({"type":"tool_result")";
    append_member(body, "tool_use_id", result.id);
    if (!result.content.empty()) append_member(body, "content", result.content);
    body += result.is_error ? R"(,"is_error":true})" : "}";
  }
  if (!message.text.empty() || !message.media.empty()) {
    std::string rest;
    append_parts(rest, message, media, form);
    next(body).append(rest, 1, rest.size() - 2);
  }
  for (const ToolCall& call : message.turn->calls) {
    next(body) += R"({"type":"tool_use")";
    append_member(body, "id", call.id);
    append_member(body, "name", name_to_send(call.name));
    body.append(R"(,"input":)").append(arguments_to_send(call)) += '}';
  }
  body += "]}";
}

// ---- Gemini ----------------------------------------------------------------------------------

void append_gemini_tools(std::string& body, const Request& request, std::string_view hosted) {
  if (request.tools.empty() && hosted.empty()) return;
  body.append(R"(,"tools":[)").append(hosted);
  if (!request.tools.empty()) {
    next(body) += R"({"functionDeclarations":[)";
    for (const Tool& tool : request.tools) {
      next(body) += '{';
      append_function(body, tool, "parametersJsonSchema");
      body += '}';
    }
    body += "]}";
  }
  body += ']';
  if (request.tools.empty()) return;
  const ToolChoice& choice = request.tool_choice;
  const bool strict = std::ranges::all_of(request.tools, &Tool::strict);
  if (choice.kind == Kind::Auto && !strict) return;
  const std::string_view mode = choice.kind == Kind::None   ? "NONE"
                                : choice.kind == Kind::Auto ? "VALIDATED"
                                                            : "ANY";
  body.append(R"(,"toolConfig":{"functionCallingConfig":{"mode":")").append(mode) += '"';
  if (choice.kind == Kind::Named) {
    body += R"(,"allowedFunctionNames":[)";
    append_json_string(body, choice.name);
    body += ']';
  }
  body += "}}";
}

void append_gemini_turn(std::string& body, const Message& message, MediaLeft& media, const PartForm& form) {
  if (const std::string_view state = state_for(message, kGeminiState); !state.empty()) {
    next(body).append(R"({"role":"model","parts":[)").append(state) += "]}";
    return;
  }
  next(body).append(has_results(message) ? R"({"role":"user","parts":[)" : R"({"role":"model","parts":[)");
  for (const ToolResult& result : message.turn->results) {
    next(body) += R"({"functionResponse":{)";
    if (!is_made_up(result.id)) append_member(body, "id", result.id);
    append_member(body, "name", name_to_send(result.name));
    body += R"(,"response":{)";
    append_member(body, result.is_error ? "error" : "output", result.content);
    body += "}}}";
  }
  if (!message.text.empty() || !message.media.empty()) {
    std::string rest;
    append_parts(rest, message, media, form);
    next(body).append(rest, 1, rest.size() - 2);
  }
  for (const ToolCall& call : message.turn->calls) {
    next(body) += R"({"functionCall":{)";
    if (!is_made_up(call.id)) append_member(body, "id", call.id);
    append_member(body, "name", name_to_send(call.name));
    body.append(R"(,"args":)").append(arguments_to_send(call)) += '}';
    // Another model's call has no signature, without which Gemini refuses the first of a turn.
    body += &call == message.turn->calls.data() ? R"(,"thoughtSignature":"skip_thought_signature_validator"})"
                                                : "}";
  }
  body += "]}";
}

// ---- Ollama ----------------------------------------------------------------------------------

void append_ollama_tools(std::string& body, const Request& request) {
  if (request.tools.empty() || request.tool_choice.kind == Kind::None) return;
  body += R"(,"tools":[)";
  for (const Tool& tool : request.tools) {
    next(body) += R"({"type":"function","function":{)";
    append_function(body, tool, "parameters");
    body += "}}";
  }
  body += ']';
}

bool append_ollama_turn(std::string& body, const Message& message) {
  if (has_results(message)) {
    for (const ToolResult& result : message.turn->results) {
      next(body) += R"({"role":"tool")";
      append_member(body, "tool_name", name_to_send(result.name));
      append_member(body, "content", told(result));
      body += '}';
    }
    return message.text.empty() && message.media.empty();
  }
  next(body) += R"({"role":"assistant","content":)";
  append_json_string(body, message.text);
  if (const std::string_view thoughts = state_for(message, kOllamaState); !thoughts.empty())
    body.append(R"(,"thinking":)").append(thoughts);
  if (has_calls(message)) {
    body += R"(,"tool_calls":[)";
    for (const ToolCall& call : message.turn->calls) {
      next(body) += R"({"function":{)";
      append_member(body, "name", name_to_send(call.name));
      body.append(R"(,"arguments":)").append(arguments_to_send(call)) += "}}";
    }
    body += ']';
  }
  body += '}';
  return true;
}

}  // namespace chain::model
