// The entries of a memory as lines of JSON, to be taken elsewhere and back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/store/memory_file.h"

namespace chain::cli {

/// {"id": 3, "user": "local", "session": "...", "time": "2026-11-22T10:00:00Z", "role": "user", "text":
/// "...", "source": "...", "run": "...", "untrusted": true, "key": "..."}
[[nodiscard]] std::string line_of(const store::MemoryRow& row);

/// {"kind": "summary", "user": "local", "session": "...", "time": "...", "text": "...", "untrusted": true,
/// "upto": 3, "entries": 3}: of the entries up to that id, so many. `session` is empty for a memory of users.
[[nodiscard]] std::string line_of(std::string_view user, std::string_view session,
                                  const store::MemorySummary& summary);

/// Back again. Only `text` has to be there: the user is `local` then, the time `now`, and what the line says
/// is untrusted, for nobody knows who wrote it. Nothing, and `error`, if it is no such line.
[[nodiscard]] std::optional<store::MemoryRow> row_of(std::string_view line, int64_t now, std::string& error);

}  // namespace chain::cli
