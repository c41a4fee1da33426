// Finding a run that was written down, by what the user types.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/store/records.h"

namespace chain::cli {

/// The journal; null, with everything said and `exit` set, if there is none or it cannot be read.
[[nodiscard]] std::unique_ptr<store::Records> open_records(int& exit);

/// The run whose id begins with `id`, or the last one for "last". Nothing, with everything said and `exit`
/// set, if that is not one run.
[[nodiscard]] std::optional<store::RunRecord> find_run(store::Records& records, const std::string& id,
                                                       std::string_view verb, int& exit);

/// "done", "failed", "running", "waiting" or "stopped".
[[nodiscard]] std::string_view state_word(const store::RunRecord& run);

/// "2026-11-21 23:59:01", UTC.
[[nodiscard]] std::string shown_time(int64_t time);
/// "1.24 s", "3 min 5 s".
[[nodiscard]] std::string shown_duration(int64_t duration);

}  // namespace chain::cli
