// Reads what Anthropic's messages API answers: one message, or a stream of its events up to message_stop.
#pragma once

#include <memory>

#include "runtime/model/dialect.h"

namespace chain::model {

/// For a response with one `message` object as its body.
[[nodiscard]] std::unique_ptr<Reply> read_anthropic_object(const Form& form);
/// For a stream of events: message_start, content_block_start/delta/stop, message_delta, message_stop, ping,
/// error.
[[nodiscard]] std::unique_ptr<Reply> read_anthropic_stream(const Form& form);

}  // namespace chain::model
