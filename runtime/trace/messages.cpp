#include "runtime/trace/messages.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace chain::trace {
namespace {

using nlohmann::json;

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json text_part(std::string_view text) {
  return {{"type", "text"}, {"content", text}};
}

std::string word(const json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

const json& member(const json& object, const char* name) {
  static const json kNone;
  if (!object.is_object()) return kNone;
  const auto found = object.find(name);
  return found == object.end() ? kNone : *found;
}

/// The parts of a message's content: a text, or a list whose elements have their text in `text`.
json parts_of(const json& content) {
  json parts = json::array();
  if (content.is_string()) {
    parts.push_back(text_part(content.get<std::string>()));
  } else if (content.is_array()) {
    for (const json& each : content) {
      if (const json& text = member(each, "text"); text.is_string()) {
        parts.push_back(text_part(text.get<std::string>()));
      } else {
        const std::string type = word(each, "type");
        parts.push_back({{"type", type.empty() || type == "text" ? "blob" : type}});
      }
    }
  }
  return parts;
}

/// The list of messages, whatever the provider calls it.
const json& messages_of(const json& body) {
  for (const char* name : {"messages", "contents", "input"}) {
    if (const json& list = member(body, name); list.is_array()) return list;
  }
  return member(body, "");
}

std::string role_of(const json& message) {
  const std::string role = word(message, "role");
  if (role == "model") return "assistant";  // Gemini's word
  return role == "developer" ? "system" : role;
}

void append(json& parts, const json& more) {
  for (const json& each : more) parts.push_back(each);
}

}  // namespace

AskedMessages asked_messages(std::string_view request) {
  const size_t head = request.find("\n\n");
  const json body = head == std::string_view::npos ? json(json::value_t::discarded)
                                                   : json::parse(request.substr(head + 2), nullptr, false);
  json system = json::array(), input = json::array();
  if (!body.is_object()) {
    if (!request.empty()) input.push_back({{"role", "user"}, {"parts", json::array({text_part(request)})}});
  } else {
    append(system, parts_of(member(body, "system")));
    append(system, parts_of(member(body, "instructions")));
    append(system, parts_of(member(member(body, "systemInstruction"), "parts")));
    for (const json& message : messages_of(body)) {
      const json& parts = member(message, "parts");
      json content = parts_of(parts.is_array() ? parts : member(message, "content"));
      if (role_of(message) == "system") {
        append(system, content);
      } else {
        input.push_back({{"role", role_of(message)}, {"parts", std::move(content)}});
      }
    }
  }
  return {system.empty() ? "" : dump(system), input.empty() ? "" : dump(input)};
}

std::string answer_message(const model::Completion& answer) {
  json parts = json::array();
  if (!answer.text.empty()) parts.push_back(text_part(answer.text));
  for (const model::ToolCall& call : answer.tool_calls) {
    const json arguments = json::parse(call.arguments, nullptr, false);
    parts.push_back({{"type", "tool_call"},
                     {"id", call.id},
                     {"name", call.name},
                     {"arguments", arguments.is_discarded() ? json(call.arguments) : arguments}});
  }
  if (parts.empty()) return {};
  json message = {{"role", "assistant"}, {"parts", std::move(parts)}};
  if (!answer.finish_reason.empty()) message["finish_reason"] = answer.finish_reason;
  return dump(json::array({message}));
}

AskedSearch asked_search(std::string_view arguments) {
  const json object = json::parse(arguments, nullptr, false);
  const json& top = member(object, "top");
  return {.query = word(object, "query"),
          .top = top.is_number_integer() ? std::optional(top.get<int64_t>()) : std::nullopt};
}

std::string found_documents(std::string_view passages) {
  const json found = json::parse(passages, nullptr, false);
  json documents = json::array();
  if (!found.is_array()) return {};
  for (const json& passage : found)
    documents.push_back({{"id", word(passage, "id")}, {"score", member(passage, "score")}});
  return documents.empty() ? std::string() : dump(documents);
}

Server server_of(std::string_view request) {
  std::string_view line = request.substr(0, request.find('\n'));
  const size_t scheme = line.find("://");
  if (!line.starts_with("POST http") || scheme == std::string_view::npos) return {};
  const bool secure = line.substr(0, scheme).ends_with("https");
  line.remove_prefix(scheme + 3);
  std::string_view authority = line.substr(0, line.find_first_of("/? "));
  authority.remove_prefix(authority.rfind('@') + 1);  // npos + 1 is 0
  Server server{.host = {}, .port = secure ? 443 : 80};
  // An address of IPv6 stands in brackets and has colons of its own.
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  server.host = authority.substr(0, colon);
  if (server.host.starts_with('[') && server.host.ends_with(']'))
    server.host = server.host.substr(1, server.host.size() - 2);
  if (colon != std::string_view::npos) {
    const std::string_view port = authority.substr(colon + 1);
    (void)std::from_chars(port.data(), port.data() + port.size(), server.port);
  }
  return server;
}

}  // namespace chain::trace
