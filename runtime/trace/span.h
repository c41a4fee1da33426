// Spans as OpenTelemetry has them, made of what the journal holds of a run.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/store/records.h"

namespace chain::trace {

/// The names of names.def.
namespace names {
#define TRACE_NAME(constant, name, type, doc) inline constexpr std::string_view k##constant = name;
#define TRACE_PROVIDER(ours, theirs)
#include "runtime/trace/names.def"
#undef TRACE_PROVIDER
#undef TRACE_NAME
}  // namespace names

using TraceId = std::array<uint8_t, 16>;
using SpanId = std::array<uint8_t, 8>;

/// Texts are UTF-8.
struct Attribute {
  using Value = std::variant<std::string, int64_t, double, bool, std::vector<std::string>>;
  std::string name;
  Value value;
};

enum class SpanKind : uint8_t { Internal = 1, Client = 3 };  // the numbers of OTLP

struct Span {
  TraceId trace{};
  SpanId id{};
  SpanId parent{};  // zeros for none
  std::string name;
  SpanKind kind = SpanKind::Internal;
  int64_t started = 0;  // nanoseconds since 1970
  int64_t ended = 0;
  std::vector<Attribute> attributes;
  bool failed = false;
  std::string message;  // why, if that may be told
};

/// A model of the program, as far as a trace tells of it.
struct CalledModel {
  std::string provider;  // a row of providers.def
  std::string id;
  std::optional<double> temperature, top_p;
  std::optional<int64_t> max_tokens, seed;
  std::vector<std::string> stop;
};

/// By the name that the program gives it.
using CalledModels = std::map<std::string, CalledModel, std::less<>>;

/// Whether texts of prompts, answers, arguments, results and messages of failures go along.
enum class Content : uint8_t { Omitted, Included };

/// The run's span first, every other behind its parent. Ids come from the run's id and the steps' paths: the
/// same each time.
[[nodiscard]] std::vector<Span> spans_of(const store::RunRecord& run,
                                         const std::vector<store::StepRecord>& steps,
                                         const CalledModels& models, Content content);

}  // namespace chain::trace
