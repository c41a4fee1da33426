// Reads what Ollama's chat API answers: one object, or a stream of them, a line each, up to "done": true.
#pragma once

#include <memory>

#include "runtime/model/dialect.h"

namespace chain::model {

/// For a response with one object as its body.
[[nodiscard]] std::unique_ptr<Reply> read_ollama_object(const Form& form);
/// For a stream of lines. One with an `error` may come after others, under status 200.
[[nodiscard]] std::unique_ptr<Reply> read_ollama_stream(const Form& form);

}  // namespace chain::model
