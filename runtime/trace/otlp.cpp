#include "runtime/trace/otlp.h"

#include "runtime/trace/otlp_json.h"
#include "runtime/trace/otlp_protobuf.h"

namespace chain::trace {

std::string encode(Encoding encoding, const Sender& sender, std::span<const Span> spans) {
  return encoding == Encoding::Json ? encode_json(sender, spans) : encode_protobuf(sender, spans);
}

std::optional<PartialSuccess> partial_success(Encoding encoding, std::string_view body) {
  return encoding == Encoding::Json ? partial_success_json(body) : partial_success_protobuf(body);
}

}  // namespace chain::trace
