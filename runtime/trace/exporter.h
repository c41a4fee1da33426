// Sending spans to a collector by OTLP over HTTP (opentelemetry.io/docs/specs/otlp/#otlphttp).
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "runtime/trace/settings.h"

namespace chain::trace {

struct Exported {
  size_t sent = 0;       // spans that the collector took requests with
  int64_t rejected = 0;  // of these, spans that it did not keep
  std::string said;      // by the collector, of requests that it took
  std::string problem;   // why the rest was not sent: a clause. Empty if all were
};

/// Sends `spans`, some at a time, and waits for the answers, no longer than the settings say. 429, 502, 503
/// and 504 are tried again within that time, after what `Retry-After` asks for. What it gives back holds no
/// secret of the settings and no control characters.
[[nodiscard]] Exported export_spans(const Settings& settings, std::span<const Span> spans);

/// How many of `spans`, which are some, are sent together.
[[nodiscard]] size_t batch_size(std::span<const Span> spans);

}  // namespace chain::trace
