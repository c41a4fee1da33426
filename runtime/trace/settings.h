// Whether and where traces are exported: the environment variables of OpenTelemetry
// (opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables, .../protocol/exporter).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/http/client.h"
#include "runtime/trace/otlp.h"

namespace chain::trace {

struct Settings {
  std::string url;
  Encoding encoding = Encoding::Protobuf;
  std::vector<http::Header> headers;  // values are secrets
  int64_t timeout = 5'000'000'000;    // nanoseconds, of all that is sent together
  Sender sender;
};

/// A variable's value; nothing if it is not set.
using Environment = std::function<std::optional<std::string>(const char* name)>;
[[nodiscard]] std::optional<std::string> process_environment(const char* name);

/// Nothing if no export is asked for, or, with `problem` set, if what is asked for cannot be done.
[[nodiscard]] std::optional<Settings> read_settings(const Environment& environment, std::string& problem);

/// The sender alone, for what is not sent anywhere. Nothing, with `problem` set, if the variables are wrong.
[[nodiscard]] std::optional<Sender> read_sender(const Environment& environment, std::string& problem);

/// The URL without what may be secret in it: user, password and query.
[[nodiscard]] std::string shown_url(std::string_view url);

}  // namespace chain::trace
