// Tools of chat completions: what is right about them in a request, and the calls that answer it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace mock {

/// `arguments` is the text of a JSON object, unless the mock is told to spoil it.
struct ToolCall {
  std::string id, name, arguments;
};

/// Why OpenAI would refuse what a request says of tools; empty if it would not.
[[nodiscard]] std::string wrong_tools(const nlohmann::ordered_json& request);

/// The calls that a model answers `request` with: of all its tools, or of the one that is chosen, each with
/// the simplest arguments. None if the last message says what came of calls.
[[nodiscard]] std::vector<ToolCall> called_tools(const nlohmann::ordered_json& request);

/// The calls of a model that obeys: for each `DO NAME {...}` that stands in a message of somebody else, a
/// call of that tool with those arguments, unless it was made before.
[[nodiscard]] std::vector<ToolCall> obeyed_calls(std::string_view body);

/// The `tool_calls` of a whole message.
[[nodiscard]] nlohmann::ordered_json calls_of_message(const std::vector<ToolCall>& calls);
/// The same as the deltas of a stream: each call begins with its name, and its arguments follow in pieces.
[[nodiscard]] std::vector<nlohmann::ordered_json> calls_as_deltas(const std::vector<ToolCall>& calls);

}  // namespace mock
