// One memory at work: its file, searched by words and by vectors, and what of it begins a conversation.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/memory/memories.h"
#include "runtime/memory/settings.h"
#include "runtime/store/memory_file.h"

namespace chain::memory {

/// What an owner's conversation looks like at this moment.
struct Standing {
  std::optional<store::MemorySummary> summary;
  std::vector<store::MemoryRow> open;  // what falls out of the window and is not summed up yet, oldest first
  std::vector<store::MemoryRow> window;  // the last ones, oldest first
};

/// For one thread. Opens its file when it is first asked. All of them false, and `error`, one sentence with
/// the way out, if the file cannot be read or written.
class OpenMemory {
 public:
  explicit OpenMemory(MemorySettings settings) : settings_(std::move(settings)) {}

  [[nodiscard]] const MemorySettings& settings() const { return settings_; }
  /// Keeps rows that are not there yet, and makes their vectors if no model is needed for that.
  [[nodiscard]] bool keep(const std::vector<store::MemoryRow>& rows, std::string& error);
  /// The oldest of the owner's entries whose vectors are missing, so many at most. None where no model makes
  /// them: then they are made.
  [[nodiscard]] bool without_vector(const store::MemoryFilter& filter, size_t most,
                                    std::vector<store::MemoryRow>& rows, std::string& error);
  [[nodiscard]] bool put_vectors(const std::vector<std::pair<int64_t, std::vector<float>>>& vectors,
                                 std::string& error);
  /// By words and vectors, fused by their ranks; best first. `vector` is that of `query` by the memory's
  /// model; empty where none makes them, or if it cannot be had.
  [[nodiscard]] bool recall(const store::MemoryFilter& filter, std::string_view query,
                            std::vector<float> vector, uint32_t top, std::vector<Entry>& entries,
                            std::string& error);
  [[nodiscard]] bool stand(const Owner& owner, Standing& standing, std::string& error);
  /// Sums up what `standing.open` holds: `summary.upto` is the last of these.
  [[nodiscard]] bool put_summary(const Owner& owner, int64_t before, const store::MemorySummary& summary,
                                 std::string& error);

 private:
  [[nodiscard]] bool open(std::string& error);
  [[nodiscard]] bool fail(std::string& error) const;
  [[nodiscard]] bool asks_model() const { return settings_.embed_model != UINT32_MAX; }

  MemorySettings settings_;
  std::unique_ptr<store::MemoryFile> file_;
};

[[nodiscard]] Entry entry_of(store::MemoryRow row, double score = 0);

/// So many entries beyond the window are summed up at once: until then they stay word for word.
[[nodiscard]] size_t batch_of(const MemorySettings& settings);

}  // namespace chain::memory
