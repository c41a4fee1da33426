#include "runtime/mcp/message.h"

#include <algorithm>
#include <array>

#include "runtime/model/json_reader.h"
#include "runtime/value/json.h"

namespace chain::mcp {

namespace {

/// What this client can be asked for. Roots are answered with none: servers know their folders from their
/// own arguments, and take ours in their place.
constexpr std::string_view kCapabilities = R"({"elicitation":{"form":{},"url":{}},"roots":{}})";
constexpr std::string_view kClientInfo = R"({"name":"chain","version":")" CHAIN_VERSION R"("})";
constexpr std::array<std::string_view, 4> kSessionVersions = {kSessionsVersion, "2025-06-18", "2025-03-26",
                                                              "2024-11-05"};

bool read_error(model::JsonReader& reader, Message& message) {
  return reader.object([&](std::string_view key) {
    if (key == "code") return reader.integer(message.code);
    if (key == "message") return reader.string(message.error);
    if (key == "data") return reader.raw(message.data);
    return reader.skip();
  });
}

Message::Kind kind_of(const Message& message, bool has_result, bool has_error) {
  if (!message.method.empty())
    return message.id.empty() ? Message::Kind::Notification : Message::Kind::Request;
  if (has_error) return Message::Kind::Error;
  return has_result && !message.id.empty() ? Message::Kind::Result : Message::Kind::Invalid;
}

}  // namespace

Message read_message(std::string_view json) {
  Message message;
  bool has_result = false;
  bool has_error = false;
  model::JsonReader reader(json);
  if (reader.peek() != '{') return {};
  const bool whole = reader.object([&](std::string_view key) {
    if (key == "id") return reader.at_null() ? reader.skip() : reader.raw(message.id);
    if (key == "method") return reader.string(message.method);
    if (key == "params") return reader.raw(message.params);
    if (key == "result") {
      has_result = reader.peek() == '{';
      return reader.raw(message.result);
    }
    if (key == "error") {
      has_error = reader.peek() == '{';
      return read_error(reader, message);
    }
    return reader.skip();
  });
  if (whole && reader.end()) message.kind = kind_of(message, has_result, has_error);
  return message;
}

std::string quoted(std::string_view text) {
  std::string json;
  value::append_json_string(json, text);
  return json;
}

std::string with_members(std::string_view json, const Members& members) {
  std::string out = "{";
  const auto add = [&out](std::string_view key, std::string_view value) {
    if (out.size() > 1) out += ',';
    value::append_json_string(out, key);
    out += ':';
    out += value;
  };
  if (!json.empty()) {
    model::JsonReader reader(json);
    if (reader.peek() != '{') return {};
    const bool whole = reader.object([&](std::string_view key) {
      const std::string name(key);
      std::string_view value;
      if (!reader.raw(value)) return false;
      if (std::ranges::none_of(members, [&](const auto& each) { return each.first == name; }))
        add(name, value);
      return true;
    });
    if (!whole || !reader.end()) return {};
  }
  for (const auto& [name, value] : members) add(name, value);
  return out + '}';
}

std::string_view member_of(std::string_view json, std::string_view name) {
  std::string_view found;
  model::JsonReader reader(json);
  if (reader.peek() != '{') return {};
  reader.object([&](std::string_view key) { return key == name ? reader.raw(found) : reader.skip(); });
  return found;
}

std::string text_of(std::string_view json, std::string_view name) {
  std::string text;
  model::JsonReader(member_of(json, name)).string(text);
  return text;
}

std::string request_message(uint64_t id, std::string_view method, std::string_view params) {
  std::string json = R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"method":)" + quoted(method);
  if (!params.empty()) json.append(R"(,"params":)").append(params);
  return json + '}';
}

std::string notification_message(std::string_view method, std::string_view params) {
  std::string json = R"({"jsonrpc":"2.0","method":)" + quoted(method);
  if (!params.empty()) json.append(R"(,"params":)").append(params);
  return json + '}';
}

std::string result_message(std::string_view id, std::string_view result) {
  return std::string(R"({"jsonrpc":"2.0","id":)").append(id).append(R"(,"result":)").append(result) + '}';
}

std::string error_message(std::string_view id, int64_t code, std::string_view text) {
  return std::string(R"({"jsonrpc":"2.0","id":)").append(id) + R"(,"error":{"code":)" + std::to_string(code) +
         R"(,"message":)" + quoted(text) + "}}";
}

std::string enveloped(std::string_view params, Era era, uint64_t progress_token, bool logs) {
  Members meta;
  if (progress_token != 0) meta.emplace_back("progressToken", std::to_string(progress_token));
  if (era == Era::Stateless) {
    meta.emplace_back("io.modelcontextprotocol/protocolVersion", quoted(kStatelessVersion));
    meta.emplace_back("io.modelcontextprotocol/clientInfo", kClientInfo);
    meta.emplace_back("io.modelcontextprotocol/clientCapabilities", kCapabilities);
    if (logs) meta.emplace_back("io.modelcontextprotocol/logLevel", quoted("info"));
  }
  if (meta.empty()) return with_members(params, {});
  const std::string_view given = member_of(params, "_meta");
  const std::string whole = with_members(given.starts_with('{') ? given : std::string_view(), meta);
  return with_members(params, {{"_meta", whole}});
}

std::string initialize_params() {
  return std::string(R"({"protocolVersion":)") + quoted(kSessionsVersion) + R"(,"capabilities":)" +
         std::string(kCapabilities) + R"(,"clientInfo":)" + std::string(kClientInfo) + '}';
}

bool knows_session_version(std::string_view version) {
  return std::ranges::find(kSessionVersions, version) != kSessionVersions.end();
}

}  // namespace chain::mcp
