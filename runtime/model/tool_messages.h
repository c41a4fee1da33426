// Tools, calls and results as each API writes them.
#pragma once

#include <string>
#include <string_view>

#include "runtime/model/client.h"
#include "runtime/model/message_parts.h"

namespace chain::model {

class JsonReader;

// Whose state a turn carries (ProviderState::api).
inline constexpr std::string_view kChatState = "chat";
inline constexpr std::string_view kResponsesState = "responses";
inline constexpr std::string_view kAnthropicState = "anthropic";
inline constexpr std::string_view kGeminiState = "gemini";
inline constexpr std::string_view kOllamaState = "ollama";

/// Why what `request` says of tools, before and now, cannot be sent: a clause; empty if it can.
[[nodiscard]] std::string tools_mistake(const Request& request);

/// The state of `message` for `api`: the elements of its list, without its brackets. Empty if it has none, or
/// another API's: the message's text and calls then say what can be said.
[[nodiscard]] std::string_view state_for(const Message& message, std::string_view api);
/// Whether `message` is an assistant's that calls tools.
[[nodiscard]] bool has_calls(const Message& message);
/// Whether `message` says what came of calls.
[[nodiscard]] bool has_results(const Message& message);

/// The arguments of a call, which stand as an object or as the text of one.
[[nodiscard]] bool read_arguments(JsonReader& reader, std::string& arguments);

/// `"tools"` and `"tool_choice"` of chat completions, each behind a comma; nothing without tools.
void append_chat_tools(std::string& body, const Request& request);
/// A message of chat completions that has a turn; what came of calls are several.
void append_chat_turn(std::string& body, const Message& message, MediaLeft& media, const PartForm& form);

/// Likewise of the Responses API, whose turns are items of its `input`.
void append_responses_tools(std::string& body, const Request& request, std::string_view hosted);
void append_responses_turn(std::string& body, const Message& message, MediaLeft& media, const PartForm& form);

/// Likewise of Anthropic's messages.
void append_anthropic_tools(std::string& body, const Request& request, std::string_view hosted);
void append_anthropic_turn(std::string& body, const Message& message, MediaLeft& media, const PartForm& form);

/// Likewise of Gemini's contents.
void append_gemini_tools(std::string& body, const Request& request, std::string_view hosted);
void append_gemini_turn(std::string& body, const Message& message, MediaLeft& media, const PartForm& form);

/// Likewise of Ollama's messages; it has no `tool_choice`.
void append_ollama_tools(std::string& body, const Request& request);
/// False if its text and media are still to be written.
[[nodiscard]] bool append_ollama_turn(std::string& body, const Message& message);

}  // namespace chain::model
