// OTLP's ExportTraceServiceRequest, and the response to it (opentelemetry-proto 1.x,
// opentelemetry/proto/collector/trace/v1), in both of its encodings.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/trace/span.h"

namespace chain::trace {

enum class Encoding : uint8_t { Protobuf, Json };

/// Who sends: `resource` are attributes of the process, `version` is that of this program.
struct Sender {
  std::vector<Attribute> resource;
  std::string version;
};

[[nodiscard]] std::string encode(Encoding encoding, const Sender& sender, std::span<const Span> spans);

/// What a collector says that took the request, but not all of it, or has something to say.
struct PartialSuccess {
  int64_t rejected = 0;
  std::string message;
};

/// Nothing if `body` tells of none, or is not understood.
[[nodiscard]] std::optional<PartialSuccess> partial_success(Encoding encoding, std::string_view body);

}  // namespace chain::trace
