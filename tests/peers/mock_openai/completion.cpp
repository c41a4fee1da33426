#include "completion.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "parts.h"

namespace mock {

using nlohmann::ordered_json;

namespace {

constexpr size_t kHuge = size_t{6} << 20;

std::string dump(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

/// The simplest value that `schema` allows: the first case, empty lists, null where it may be.
ordered_json instance(const ordered_json& root, const ordered_json& schema, int depth) {
  if (depth > 32 || !schema.is_object()) return nullptr;
  if (schema.contains("$ref")) {
    const auto reference = schema["$ref"].get<std::string>();
    const ordered_json::json_pointer pointer(reference.substr(1));
    return root.contains(pointer) ? instance(root, root.at(pointer), depth + 1) : ordered_json();
  }
  if (schema.contains("enum") && !schema["enum"].empty()) return schema["enum"][0];
  if (schema.contains("const")) return schema["const"];
  if (schema.contains("anyOf") && !schema["anyOf"].empty())
    return instance(root, schema["anyOf"][0], depth + 1);
  const ordered_json type = schema.value("type", ordered_json("null"));
  const std::string name = type.is_array() && !type.empty() ? type[0].get<std::string>()
                           : type.is_string()               ? type.get<std::string>()
                                                            : "null";
  if (name == "string") return "text";
  if (name == "integer") return 1;
  if (name == "number") return 0.5;
  if (name == "boolean") return true;
  if (name == "array") return ordered_json::array();
  if (name != "object") return nullptr;
  ordered_json object = ordered_json::object();
  const ordered_json properties = schema.value("properties", ordered_json::object());
  for (const auto& [key, property] : properties.items()) {
    object[key] = instance(root, property, depth + 1);
  }
  return object;
}

std::string content_text(const ordered_json& content) {
  if (content.is_string()) return content.get<std::string>();
  std::string text;
  if (content.is_array()) {
    for (const ordered_json& part : content) {
      if (part.is_object() && part.contains("text") && part["text"].is_string())
        text += part["text"].get<std::string>();
    }
  }
  return text;
}

int64_t token_count(std::string_view text) {
  return static_cast<int64_t>(text.size() / 4 + 1);
}

ordered_json usage(const ChatRequest& request, std::string_view text) {
  const int64_t input = token_count(request.last_message), output = token_count(text);
  return {{"prompt_tokens", input},
          {"completion_tokens", output},
          {"total_tokens", input + output},
          {"prompt_tokens_details", {{"cached_tokens", 0}, {"audio_tokens", 0}}},
          {"completion_tokens_details", {{"reasoning_tokens", 0}, {"audio_tokens", 0}}}};
}

ordered_json envelope(const ChatRequest& request, const char* object) {
  return {{"id", "chatcmpl-mock"}, {"object", object}, {"created", 1'700'000'000}, {"model", request.model}};
}

std::string chunk_event(const ChatRequest& request, const ordered_json& delta,
                        const ordered_json& finish_reason) {
  ordered_json event = envelope(request, "chat.completion.chunk");
  event["choices"] = {
      {{"index", 0}, {"delta", delta}, {"logprobs", nullptr}, {"finish_reason", finish_reason}}};
  if (request.include_usage) event["usage"] = nullptr;
  return "data: " + dump(event) + "\n\n";
}

/// At least one byte, at most `size` if a character fits, never half a character.
size_t cut(std::string_view text, size_t size) {
  const auto within = [&](size_t at) {
    return at < text.size() && (static_cast<uint8_t>(text[at]) & 0xC0) == 0x80;
  };
  size_t at = std::min(size, text.size());
  while (at > 0 && within(at)) --at;
  if (at == 0) {
    at = 1;
    while (within(at)) ++at;
  }
  return at;
}

void append_transfer_chunk(std::string& response, std::string_view bytes) {
  char size[20];
  response.append(size, static_cast<size_t>(std::snprintf(size, sizeof size, "%zx\r\n", bytes.size())));
  response.append(bytes).append("\r\n");
}

std::string_view phrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 404: return "Not Found";
    case 429: return "Too Many Requests";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    default: return "Status";
  }
}

std::string response(int status, std::string_view type, std::string_view body,
                     std::string_view extra_headers) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + ' ';
  text.append(phrase(status))
      .append("\r\nContent-Type: ")
      .append(type)
      .append("\r\nx-request-id: req_mock\r\n");
  text.append(extra_headers)
      .append("Content-Length: ")
      .append(std::to_string(body.size()))
      .append("\r\n\r\n");
  return text.append(body);
}

/// The page that an answer cites that the web was searched for.
ordered_json annotations(std::string_view text) {
  return ordered_json::array({{{"type", "url_citation"},
                               {"url_citation",
                                {{"start_index", 0},
                                 {"end_index", text.size()},
                                 {"url", "https://example.com/tides"},
                                 {"title", "Tides"}}}}});
}

/// Why `json` cannot be asked for with a search; empty if it can, or is not.
std::string wrong_search(const ordered_json& json) {
  const auto found = json.find("web_search_options");
  if (found == json.end()) return {};
  if (!found->is_object()) return "Invalid type for 'web_search_options': expected an object.";
  for (const auto& [name, value] : found->items()) {
    if (name != "search_context_size" && name != "user_location")
      return "Unknown parameter: 'web_search_options." + name + "'.";
  }
  const auto model = json["model"].get<std::string>();
  if (model.find("search") == std::string::npos) return "Web search options not supported with this model.";
  return {};
}

/// Of an answer that calls tools, unless another was asked for.
std::string finish_reason(const Options& options, const ChatRequest& request) {
  return !request.calls.empty() && options.finish_reason == "stop" ? "tool_calls" : options.finish_reason;
}

std::string completion_body(const Options& options, const ChatRequest& request, std::string_view text) {
  ordered_json body = envelope(request, "chat.completion");
  ordered_json message = {{"role", "assistant"}, {"content", std::string(text)}, {"refusal", nullptr}};
  if (!request.calls.empty()) {
    message["content"] = nullptr;
    message["tool_calls"] = calls_of_message(request.calls);
  }
  if (request.searches) message["annotations"] = annotations(text);
  body["choices"] = {{{"index", 0},
                      {"message", message},
                      {"logprobs", nullptr},
                      {"finish_reason", finish_reason(options, request)}}};
  body["usage"] = usage(request, text);
  body["system_fingerprint"] = "fp_mock";
  return dump(body);
}

}  // namespace

std::string instance_of(const ordered_json& schema) {
  return dump(instance(schema, schema, 0));
}

ChatRequest read_chat_request(std::string_view body) {
  ChatRequest request;
  const auto json = ordered_json::parse(body, nullptr, false);
  if (!json.is_object() || !json.contains("model") || !json.contains("messages")) return request;
  if (!json["model"].is_string() || !json["messages"].is_array() || json["messages"].empty()) return request;
  request.valid = true;
  request.wrong = wrong_parts(json["messages"]);
  if (request.wrong.empty()) request.wrong = wrong_tools(json);
  if (request.wrong.empty()) request.wrong = wrong_search(json);
  request.searches = json.contains("web_search_options");
  if (request.wrong.empty()) request.calls = called_tools(json);
  request.model = json["model"].get<std::string>();
  const ordered_json& last = json["messages"].back();
  if (last.is_object() && last.contains("content")) request.last_message = content_text(last["content"]);
  request.stream = json.contains("stream") && json["stream"] == true;
  const auto options = json.value("stream_options", ordered_json::object());
  request.include_usage =
      options.is_object() && options.contains("include_usage") && options["include_usage"] == true;
  request.has_response_format = json.contains("response_format");
  if (request.has_response_format) {
    const ordered_json::json_pointer pointer("/response_format/json_schema/schema");
    if (json.contains(pointer)) {
      const ordered_json& schema = json.at(pointer);
      request.schema_instance = instance_of(schema);
    }
  }
  return request;
}

std::string reply_text(const Options& options, const ChatRequest& request) {
  for (const auto& [part, text] : options.replies) {
    if (request.last_message.find(part) != std::string::npos) return text;
  }
  if (options.has_reply) return options.reply;
  if (!request.schema_instance.empty()) return request.schema_instance;
  return "echo: " + request.last_message;
}

std::string json_response(int status, std::string_view body, std::string_view extra_headers) {
  return response(status, "application/json", body, extra_headers);
}

std::string completion_response(const Options& options, const ChatRequest& request, std::string_view text) {
  return json_response(200, completion_body(options, request, text));
}

std::string error_response(const Options& options, int status, std::string_view message) {
  const char* type = status == 401   ? "authentication_error"
                     : status == 429 ? "rate_limit_error"
                     : status >= 500 ? "server_error"
                                     : "invalid_request_error";
  const char* code = status == 401 ? "invalid_api_key" : status == 429 ? "rate_limit_exceeded" : nullptr;
  ordered_json error = {
      {"message", std::string(message)}, {"type", type}, {"param", nullptr}, {"code", nullptr}};
  if (!options.error_code.empty())
    error["code"] = options.error_code;
  else if (code != nullptr)
    error["code"] = code;
  std::string headers;
  if (!options.retry_after.empty() && status >= 400) headers = "Retry-After: " + options.retry_after + "\r\n";
  if (!options.location.empty()) headers += "Location: " + options.location + "\r\n";
  return json_response(status, dump({{"error", error}}), headers);
}

std::string stream_response(const Options& options, const ChatRequest& request, std::string_view text,
                            Malformed malformed) {
  std::string response =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nx-request-id: req_mock\r\n"
      "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n";
  append_transfer_chunk(response, chunk_event(request, {{"role", "assistant"}, {"content", ""}}, nullptr));
  const bool half = malformed == Malformed::CloseMidStream || malformed == Malformed::Stall;
  std::vector<ordered_json> deltas = calls_as_deltas(request.calls);
  if (!deltas.empty()) text = {};
  if (half) deltas.resize((deltas.size() + 1) / 2);
  for (const ordered_json& delta : deltas)
    append_transfer_chunk(response, chunk_event(request, delta, nullptr));
  if (half) text = text.substr(0, cut(text, text.size() / 2));
  if (malformed == Malformed::GarbageSse) append_transfer_chunk(response, "data: {\"choices\": [}}\n\n");
  if (malformed == Malformed::HugeLine) append_transfer_chunk(response, "data: " + std::string(kHuge, 'x'));
  while (!text.empty()) {
    const size_t size = cut(text, options.chunk == 0 ? text.size() : options.chunk);
    append_transfer_chunk(response,
                          chunk_event(request, {{"content", std::string(text.substr(0, size))}}, nullptr));
    text.remove_prefix(size);
  }
  if (half) return response;
  if (request.searches)
    append_transfer_chunk(response, chunk_event(request, {{"annotations", annotations(text)}}, nullptr));
  if (malformed == Malformed::NoFinish) return response + "0\r\n\r\n";
  append_transfer_chunk(response,
                        chunk_event(request, ordered_json::object(), finish_reason(options, request)));
  if (request.include_usage) {
    ordered_json event = envelope(request, "chat.completion.chunk");
    event["choices"] = ordered_json::array();
    event["usage"] = usage(request, text);
    append_transfer_chunk(response, "data: " + dump(event) + "\n\n");
  }
  if (malformed != Malformed::NoDone) append_transfer_chunk(response, "data: [DONE]\n\n");
  return response + "0\r\n\r\n";
}

std::string spoilt_response(const Options& options, const ChatRequest& request, std::string_view text,
                            Malformed malformed) {
  const std::string body = completion_body(options, request, text);
  switch (malformed) {
    case Malformed::Html:
      return response(200, "text/html",
                      "<!doctype html><title>Gateway</title><h1>Welcome to the \x1b[31mgateway</h1>", {});
    case Malformed::TruncatedJson: return json_response(200, body.substr(0, body.size() / 2));
    case Malformed::Empty: return response(200, "text/plain", {}, {});
    case Malformed::HugeHeader:
      return json_response(200, body, "X-Huge: " + std::string(90'000, 'x') + "\r\n");
    case Malformed::HugeLine: return json_response(200, "{\"a\":\"" + std::string(kHuge, 'x') + "\"}");
    case Malformed::GarbageSse: return json_response(200, "{\"choices\": [}}");
    case Malformed::CloseMidStream:
    case Malformed::Stall: {
      const std::string whole = json_response(200, body);
      return whole.substr(0, whole.size() - body.size() / 2);
    }
    case Malformed::NoDone:
    case Malformed::NoFinish:
    case Malformed::None: break;
  }
  return json_response(200, body);
}

}  // namespace mock
