// What was asked and answered, in the JSON that OpenTelemetry's conventions give messages.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/model/client.h"

namespace chain::trace {

struct AskedMessages {
  std::string system;  // [{"type": "text", "content": "..."}]; empty for none
  std::string input;   // [{"role": "user", "parts": [{"type": "text", "content": "..."}]}]; empty for none
};

/// Of a request as the journal holds it: head, empty line, body of any provider. What is no text, as images,
/// is named by its type alone.
[[nodiscard]] AskedMessages asked_messages(std::string_view request);

/// [{"role": "assistant", "parts": [{"type": "text", "content": "..."}], "finish_reason": "stop"}], calls of
/// tools among the parts; empty for none.
[[nodiscard]] std::string answer_message(const model::Completion& answer);

/// What a search of an index was asked for.
struct AskedSearch {
  std::string query;
  std::optional<int64_t> top;
};
/// Of the arguments as the journal holds them.
[[nodiscard]] AskedSearch asked_search(std::string_view arguments);

/// [{"id": "docs/a.md#2", "score": 0.9}] of the passages that it found; empty for none.
[[nodiscard]] std::string found_documents(std::string_view passages);

/// Where a request went: "POST https://host:8080/v1/...".
struct Server {
  std::string host;  // empty if that is not known
  int64_t port = 0;
};
[[nodiscard]] Server server_of(std::string_view request);

}  // namespace chain::trace
