// Reads what Gemini's generateContent answers: one object, or a stream of such objects as server-sent events.
#pragma once

#include <memory>

#include "runtime/model/dialect.h"

namespace chain::model {

[[nodiscard]] std::unique_ptr<Reply> read_gemini_object(const Form& form);
/// The stream has no terminal event of its own: it is whole once an object had a finishReason.
[[nodiscard]] std::unique_ptr<Reply> read_gemini_stream(const Form& form);

}  // namespace chain::model
