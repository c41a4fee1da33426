// Building an index: documents are read, cut, embedded and kept; what has not changed is not done again.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/documents/load.h"
#include "runtime/retrieve/embed.h"
#include "runtime/retrieve/place.h"
#include "runtime/retrieve/settings.h"

namespace chain::retrieve {

struct BuildProgress {
  uint64_t read = 0, total = 0;  // files or records; a total of 0 is unknown
  uint64_t passages = 0;         // made so far
  uint64_t embedded = 0;         // so far
  bool ordering = false;  // the vectors, for searching: the last step; then `read` and `total` count these
};

struct Skipped {
  std::string source;
  std::string why;  // one sentence, with the way out
};

struct BuildReport {
  uint64_t added = 0, changed = 0, unchanged = 0, dropped = 0;  // documents
  uint64_t moved = 0;  // of the unchanged ones: what they stand in has changed, and with it their places
  uint64_t skipped = 0;
  std::vector<Skipped> reasons;  // the first kMostReasons
  uint64_t noted = 0;            // were read, but are not as they should be
  std::vector<Skipped> notes;    // likewise
  uint64_t passages = 0;         // made anew
  Embedder::Spent spent;         // what embedding took
  int64_t time = 0;              // nanoseconds
  bool empty = false;            // there is no document at all: what was there is dropped
  bool stopped = false;          // by `stop`: what was done is kept, and nothing was dropped
  bool cannot_write = false;     // the index's folder is read-only, belongs to somebody else, or has no room
  [[nodiscard]] bool changes() const { return added + changed + moved + dropped > 0; }
};

inline constexpr size_t kMostReasons = 1000;

struct BuildOptions {
  documents::Surroundings around;  // with `stop`
  std::function<void(const BuildProgress&)> progress;
  int64_t wait = 600'000'000'000;  // nanoseconds, for another process that builds it
  /// Only counts what would be done: nothing is embedded or written, and nobody is waited for.
  bool only_look = false;
};

/// Brings the index up to date. It can be searched meanwhile: each document changes at once, with its
/// passages and vectors. If it ends early, in whatever way, the next build goes on from there; what was
/// embedded is kept. `report` holds what was done, at failures too. False, and `error`, one sentence with the
/// way out, if documents or vectors cannot be had, if there are none at all (then what was there is dropped),
/// or if the file cannot be written.
[[nodiscard]] bool build(const IndexSettings& settings, const IndexPlace& place, Embedder& embedder,
                         const BuildOptions& options, BuildReport& report, std::string& error);

}  // namespace chain::retrieve
