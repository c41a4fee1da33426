// Tools in a conversation: what a model may call, what it calls, what came of that. How each API says so
// stands in tool_messages.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chain::model {

/// What a model may call. The views last as long as its call.
struct Tool {
  std::string_view name;         // letters, digits, `_` and `-`; 64 at most
  std::string_view description;  // for the model
  std::string_view parameters;   // JSON Schema of an object; empty for none
  bool strict = false;           // hold the model to the schema, where its provider can
};

struct ToolChoice {
  enum class Kind : uint8_t {
    Auto,      // the model decides
    None,      // it calls none; they are there for what was said before
    Required,  // it calls one or more
    Named,     // it calls `name`
  };
  Kind kind = Kind::Auto;
  std::string_view name = {};
};

struct ToolCall {
  std::string id;    // the provider's; one is made up where it gives none. Unlike the others of its answer
  std::string name;  // empty where the model named none
  std::string arguments;  // the text of a JSON object, or of a JSON string: what the model wrote instead
  friend bool operator==(const ToolCall&, const ToolCall&) = default;
};

struct ToolResult {
  std::string id;       // of the call
  std::string name;     // of the tool
  std::string content;  // for the model to read
  bool is_error = false;
};

/// What an API wants to see again of an answer as it was: thoughts under a signature, encrypted ones,
/// searches. Nothing else reads it.
struct ProviderState {
  std::string api;   // that it is for: "anthropic"; empty for none
  std::string json;  // a list
  friend bool operator==(const ProviderState&, const ProviderState&) = default;
};

/// What of a message is no text: the calls of an assistant's turn, or what came of them in the user's turn
/// that follows, all together and in the same order.
struct Turn {
  std::vector<ToolCall> calls;
  ProviderState state;
  std::vector<ToolResult> results;
};

/// Of one answer; what it calls beyond that is not carried out (mended_calls.h).
inline constexpr size_t kMostCalls = 128;
inline constexpr size_t kMostArguments = size_t{1} << 20;  // bytes of one call

/// Whether `id` was made up for a call that came without one: who gave none wants none.
[[nodiscard]] bool is_made_up(std::string_view id);

/// Gathers the calls of an answer from its pieces.
class CallPieces {
 public:
  /// The call that is number `index` of the answer. A new one if there is none, or if that has another id:
  /// some servers give every call the same number. The reference holds until the next call of this.
  ToolCall& at(std::vector<ToolCall>& calls, int64_t index, std::string_view id);
  /// Whether a call has that number.
  [[nodiscard]] bool knows(int64_t index) const;

 private:
  std::vector<int64_t> indexes_;  // by call
};

[[nodiscard]] bool is_json_object(std::string_view json);

}  // namespace chain::model
