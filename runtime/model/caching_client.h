// Asks no question twice: of equal requests at the same time one is sent, and answers are kept for later.
#pragma once

#include <memory>

#include "runtime/model/answer_store.h"
#include "runtime/model/client.h"

namespace chain::model {

/// A client that looks for answers in `answers` before it asks `inner`, for requests that say `cache`; all
/// others go through as they are. What was read as the prompt's result, as `Completion::keep` is told, is
/// kept there, but for answers that were cut off or come from a fallback. Failures are not kept.
///
/// Of equal requests for one model at the same time the first is sent; the others get its answer, without its
/// usage, or its failure. If the first is cancelled, the request goes on as long as somebody waits for it.
/// `program`, `loop` and `answers` must outlive the client. `variables` are those of `inner`.
[[nodiscard]] std::unique_ptr<Client> make_caching_client(
    std::unique_ptr<Client> inner, AnswerStore& answers, const program::Program& program, EventLoop& loop,
    std::shared_ptr<const Variables> variables = nullptr);

}  // namespace chain::model
