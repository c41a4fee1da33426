// OpenAI's Responses API: what `openai("...", api: "responses")` speaks.
#pragma once

#include <memory>

#include "runtime/model/endpoint.h"

namespace chain::model {

[[nodiscard]] std::unique_ptr<Dialect> speak_responses(Setup setup, const program::Model& model,
                                                       const Options& options);

/// For a response with one `response` object as its body.
[[nodiscard]] std::unique_ptr<Reply> read_response_object(const Form& form);
/// For a stream of typed events, up to response.completed, .incomplete, .failed or error.
[[nodiscard]] std::unique_ptr<Reply> read_response_stream(const Form& form);

}  // namespace chain::model
