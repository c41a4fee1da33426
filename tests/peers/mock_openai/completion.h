// What the mock answers: chat completions, whole or as a stream, as OpenAI's API reference writes them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "options.h"
#include "tools.h"

namespace mock {

/// What of a request decides its reply.
struct ChatRequest {
  bool valid = false;  // a JSON object with `model` and `messages`
  std::string wrong;   // what OpenAI would say of the parts of its messages
  std::string model;
  std::string last_message;
  bool stream = false;
  bool include_usage = false;
  bool has_response_format = false;
  std::string schema_instance;  // the simplest value of its json_schema, if it has one
  std::vector<ToolCall> calls;  // that answer it instead of a text
  bool searches = false;        // the web, so that the answer cites a page
};

/// The simplest value that a JSON Schema allows.
[[nodiscard]] std::string instance_of(const nlohmann::ordered_json& schema);

[[nodiscard]] ChatRequest read_chat_request(std::string_view body);
/// The text that answers `request`: fixed, looked up, an instance of its schema, or an echo.
[[nodiscard]] std::string reply_text(const Options& options, const ChatRequest& request);

/// Whole HTTP responses.
[[nodiscard]] std::string json_response(int status, std::string_view body,
                                        std::string_view extra_headers = {});
[[nodiscard]] std::string completion_response(const Options& options, const ChatRequest& request,
                                              std::string_view text);
[[nodiscard]] std::string error_response(const Options& options, int status, std::string_view message);

/// The response to a streaming request; `chunk` bytes of text in an event (0: all), never within a character.
/// `malformed` is done to it; the connection is closed after CloseMidStream.
[[nodiscard]] std::string stream_response(const Options& options, const ChatRequest& request,
                                          std::string_view text, Malformed malformed);
/// The response to a request that does not stream, spoilt.
[[nodiscard]] std::string spoilt_response(const Options& options, const ChatRequest& request,
                                          std::string_view text, Malformed malformed);

}  // namespace mock
