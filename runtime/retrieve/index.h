// A built index, open for searching. Of one thread at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/retrieve/place.h"
#include "runtime/retrieve/search.h"
#include "runtime/retrieve/settings.h"

namespace chain::retrieve {

/// How long a commit waits for another one of the same file, which takes milliseconds. Nanoseconds.
inline constexpr int64_t kWaitForWriter = 10'000'000'000;

[[nodiscard]] bool is_built(const IndexPlace& place);

/// Its passages. Null, and `error`, if they cannot be opened.
[[nodiscard]] std::unique_ptr<store::PassageFile> open_file(const IndexPlace& place, std::string& error);

class Index {
 public:
  /// Null, and `error` with the way out, if nothing of it was built, or with another embedder.
  [[nodiscard]] static std::unique_ptr<Index> open(const IndexSettings& settings, const IndexPlace& place,
                                                   std::string& error);

  /// `vector` is the query's; empty for a search by words.
  [[nodiscard]] std::vector<Found> search(std::span<const float> vector, const Query& query);
  /// Makes the vectors fit for searching, of the state that the file has now. Those on disk are taken if they
  /// are of that state; else, if `order` says so, they are ordered anew by the index's settings, which takes
  /// a while for large ones, and written there. If it does not, they are compared one by one. False, and
  /// `error`, if `stop` came, or the file cannot be written, without which they serve all the same.
  /// `progress` hears how many are in order; how long it took is kept, as the setting `ordered`.
  bool load_vectors(bool order, const std::atomic<bool>* stop, std::string& error,
                    const vectors::Progress& progress = {});

  /// No build has come to its end yet: it holds what the first one has come to.
  [[nodiscard]] bool is_partial() { return file_->setting("recipe").empty(); }
  [[nodiscard]] store::PassageFile& file() { return *file_; }
  [[nodiscard]] const vectors::VectorIndex* vectors() const { return vectors_.get(); }
  /// Names its state: the same for the same documents, cut and embedded alike.
  [[nodiscard]] std::string content();

 private:
  Index(const IndexSettings& settings, IndexPlace place, std::unique_ptr<store::PassageFile> file)
      : settings_(settings), place_(std::move(place)), file_(std::move(file)) {}

  [[nodiscard]] std::unique_ptr<vectors::VectorIndex> ordered(const vectors::Settings& settings,
                                                              const std::atomic<bool>* stop,
                                                              const vectors::Progress& progress);
  /// Keeps how long it took, in nanoseconds.
  [[nodiscard]] bool note_time(int64_t took, std::string& error);
  [[nodiscard]] std::string stamp(int64_t generation) const;

  const IndexSettings& settings_;
  IndexPlace place_;
  std::unique_ptr<store::PassageFile> file_;
  std::unique_ptr<vectors::VectorIndex> vectors_;
  int64_t generation_ = -1;  // of `vectors_`
};

}  // namespace chain::retrieve
