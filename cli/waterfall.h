// What `chain show` and `chain trace` say and draw of a run and its steps.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/store/records.h"

namespace chain::cli {

/// Nanoseconds since 1970.
struct Times {
  int64_t started = 0;
  int64_t ended = 0;
};

/// Where in the time of `whole` a part of it stands: "   ====        ".
[[nodiscard]] std::string bar(Times whole, Times part);

/// "gpt-5-mini, 120 tokens in, 12 out", "timeout: ...", "has not ended". Not yet fit for a terminal.
[[nodiscard]] std::string outcome(const store::StepRecord& step);

/// Two lines: which run it is, how it stands, what it took.
[[nodiscard]] std::string run_head(const store::RunRecord& run);

}  // namespace chain::cli
