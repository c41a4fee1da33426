// The encoding of OTLP in protocol buffers. Internal to runtime/trace.
#pragma once

#include "runtime/trace/otlp.h"

namespace chain::trace {

[[nodiscard]] std::string encode_protobuf(const Sender& sender, std::span<const Span> spans);
[[nodiscard]] std::optional<PartialSuccess> partial_success_protobuf(std::string_view body);

}  // namespace chain::trace
