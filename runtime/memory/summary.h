// Summing up what falls out of a memory's window.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/model/client.h"
#include "runtime/store/memory_file.h"

namespace chain::memory {

/// Tokens of a summary, at most, and bytes of one that is kept.
inline constexpr int64_t kSummaryTokens = 1024;
inline constexpr size_t kMostSummaryBytes = size_t{16} << 10;

/// How many of `rows`, which are at least one, are summed up in one request.
[[nodiscard]] size_t summed_at_once(std::span<const store::MemoryRow> rows);

/// The two messages that a model is asked: its task, and the summary so far with what was said since. All of
/// that is fenced: whoever wrote it gives the model no instructions.
struct SummaryQuestion {
  std::string system, user;
};
[[nodiscard]] SummaryQuestion summary_question(std::string_view before,
                                               std::span<const store::MemoryRow> rows);

/// What stands for a summary where no language model is at hand: how the latest entries begin, a line each.
[[nodiscard]] std::string beginnings(std::string_view before, std::span<const store::MemoryRow> rows);

/// The summary of what `before` (null for nothing) spoke of and of `rows`: untrusted if any of it is.
[[nodiscard]] store::MemorySummary summary_of(const store::MemorySummary* before,
                                              std::span<const store::MemoryRow> rows, std::string text,
                                              int64_t now);

}  // namespace chain::memory
