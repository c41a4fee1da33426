// An index of a program, made ready for its first search. For the thread that searches it.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/retrieve/index.h"
#include "runtime/retrieve/searches.h"

namespace chain::access {
class ProjectFiles;
}

namespace chain::retrieve {

struct Note {
  std::string text;  // one sentence; empty for none
  bool warns = false;
};

/// What searches of one index share.
class OpenIndex {
 public:
  OpenIndex(IndexSettings settings, std::shared_ptr<const access::Policy> access, bool update,
            const std::atomic<bool>& stop);
  ~OpenIndex();

  [[nodiscard]] const IndexSettings& settings() const { return settings_; }
  /// Builds it or brings it up to date, where that costs nothing, and opens it. False, and `error` with the
  /// way out. `note` says what was done, if that is worth a word.
  [[nodiscard]] bool open(Note& note, std::string& error);
  /// `vector` is the query's if a model has made it; `local_hash` makes it here if it is needed.
  [[nodiscard]] std::vector<Found> search(const Query& query, std::span<const float> vector);
  /// Why what a search found is not to be trusted: the file is damaged, or the query's vector is of another
  /// model than those that are kept. Empty if it is.
  [[nodiscard]] std::string trouble(const Query& query, std::span<const float> vector);
  [[nodiscard]] std::string content() { return index_->content(); }

 private:
  [[nodiscard]] bool update(const IndexPlace& place, Note& note, std::string& error);

  IndexSettings settings_;
  std::shared_ptr<const access::Policy> access_;
  std::unique_ptr<access::ProjectFiles> files_;
  bool update_;
  const std::atomic<bool>& stop_;
  std::unique_ptr<Index> index_;
};

}  // namespace chain::retrieve
