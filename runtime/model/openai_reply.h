// Reads what chat completions answer: one object, or a stream of server-sent events up to [DONE].
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/model/dialect.h"

namespace chain::model {

/// For a response with one `chat.completion` object as its body.
[[nodiscard]] std::unique_ptr<Reply> read_openai_object(const Form& form);
/// For a stream of `chat.completion.chunk` objects. It ends with [DONE], or with the connection after a chunk
/// that has a finish_reason.
[[nodiscard]] std::unique_ptr<Reply> read_openai_stream(const Form& form);

/// The `annotations` of an answer: pages that it cites, in the words of chat completions or of the Responses
/// API. No page twice, and no more than 64.
[[nodiscard]] bool read_citations(class JsonReader& reader, std::vector<Source>& sources);

/// The `usage` of chat completions, or of the Responses API, which has other names for the same.
[[nodiscard]] bool read_openai_usage(class JsonReader& reader, struct Usage& usage);

}  // namespace chain::model
