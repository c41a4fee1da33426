// What a memory keeps, in one SQLite file: entries with their owners, words (FTS5) and vectors, and what sums
// up the older ones.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/program/program.h"
#include "runtime/store/database.h"
#include "runtime/store/passage_file.h"
#include "runtime/store/passage_words.h"

namespace chain::store {

/// Times are nanoseconds since 1970. Ids count up and are never given twice.
struct MemoryRow {
  int64_t id = 0;
  std::string user, session;  // who it was said to, and in which conversation
  int64_t time = 0;
  program::Role role = program::Role::User;
  std::string text;
  std::string source;  // who keeps it: "agent researcher", "chain main"
  std::string run;
  bool untrusted = false;
  std::string key;  // empty, or unlike any other's of the file
};

/// Entries that fit all that is given.
struct MemoryFilter {
  std::optional<std::string> user, session;
  std::optional<int64_t> id;
  std::optional<int64_t> before;  // nanoseconds since 1970
  std::optional<int64_t> after_id;
  std::optional<int64_t> before_id;
};

/// Of the entries of one owner up to the id `upto`, so many.
struct MemorySummary {
  int64_t upto = 0;
  int64_t entries = 0;
  int64_t time = 0;
  std::string text;
  bool untrusted = false;
};

struct MemoryOwner {
  std::string user, session;
  int64_t entries = 0;
  int64_t first = 0, last = 0;  // when the oldest and the newest were kept
};

/// For one thread; many processes may have the file open. All of them false, or nothing, if the file cannot
/// be read or written: `why` tells.
class MemoryFile {
 public:
  /// Opens or makes the file, mode 0600; one that is there and cannot be written, only for reading. Null,
  /// and `error`, one sentence with the way out, otherwise.
  [[nodiscard]] static std::unique_ptr<MemoryFile> open(const std::string& path, Words words,
                                                        std::string& error);

  /// Keeps all of them or none, but for those whose key is there. `added`: how many are new.
  [[nodiscard]] bool add(const std::vector<MemoryRow>& rows, uint64_t& added);
  /// Oldest first, so many at most; `each` must not use the file.
  [[nodiscard]] bool list(const MemoryFilter& filter, const std::function<void(MemoryRow)>& each,
                          uint64_t most = INT64_MAX);
  /// The `most` last ones, oldest first.
  [[nodiscard]] bool last(const MemoryFilter& filter, uint64_t most, std::vector<MemoryRow>& rows);
  [[nodiscard]] bool ids(const MemoryFilter& filter, std::vector<int64_t>& ids);  // ascending
  [[nodiscard]] std::optional<MemoryRow> entry(int64_t id);
  [[nodiscard]] bool owners(std::vector<MemoryOwner>& owners);

  /// As of PassageFile: the words' BM25, best first, among these sorted ids.
  [[nodiscard]] bool find_words(std::string_view query, size_t top, const std::vector<int64_t>& among,
                                std::vector<WordHit>& hits);
  /// Entries without a vector of `embedder`, oldest first.
  [[nodiscard]] bool without_vector(std::string_view embedder, const MemoryFilter& filter, size_t most,
                                    std::vector<MemoryRow>& rows);
  [[nodiscard]] bool put_vector(int64_t id, std::string_view embedder, std::span<const float> vector);
  /// The newest first, `most` at most.
  [[nodiscard]] bool each_vector(std::string_view embedder, const MemoryFilter& filter, uint64_t most,
                                 const std::function<void(int64_t id, std::span<const float> vector)>& each);

  /// Removes them, the words and vectors of theirs, and every summary that speaks of one, from the file too
  /// and not only from sight. `count`: how many they were.
  [[nodiscard]] bool forget(const MemoryFilter& filter, int64_t& count);

  /// Nothing if there is none. `session` is empty for a memory of users.
  [[nodiscard]] std::optional<MemorySummary> summary(std::string_view user, std::string_view session);
  /// In place of one up to `before`, or none if that is 0. Does nothing if another process was quicker, or if
  /// the entries that it speaks of are not there any more, all of them.
  [[nodiscard]] bool put_summary(std::string_view user, std::string_view session, int64_t before,
                                 const MemorySummary& summary);

  /// Between the two no other process writes.
  [[nodiscard]] bool begin() { return database_->run("BEGIN IMMEDIATE"); }
  [[nodiscard]] bool commit() { return database_->run("COMMIT"); }
  void roll_back() { static_cast<void>(database_->run("ROLLBACK")); }
  [[nodiscard]] std::string why() const { return database_->why(); }
  [[nodiscard]] bool only_reads() const { return database_->only_reads(); }

 private:
  MemoryFile(std::unique_ptr<Database> database, Words words);
  /// Cuts the words anew if another function cut them.
  [[nodiscard]] bool renew_words();
  [[nodiscard]] bool add_row(const MemoryRow& row, uint64_t& added);
  [[nodiscard]] bool remove_row(int64_t id);
  [[nodiscard]] bool changed();
  [[nodiscard]] int64_t generation();

  std::unique_ptr<Database> database_;  // first: statements go before it
  PassageWords words_;
  Statement add_, count_words_;
};

}  // namespace chain::store
