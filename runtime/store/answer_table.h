// The file of kept answers: one table, oldest used first out.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/model/answer_store.h"
#include "runtime/store/database.h"

namespace chain::store {

/// Bytes of answers that are kept unless another limit is given.
inline constexpr int64_t kMostAnswerBytes = int64_t{1} << 30;

/// One answer, for people. Times are nanoseconds since 1970.
struct AnswerRow {
  std::string key;
  std::string prompt;  // "classify@2.0"
  std::string model;   // the snapshot that answered
  std::string begins;  // the first characters of its text
  int64_t bytes = 0;   // of its text
  int64_t made = 0;
  int64_t until = 0;  // when it may go
  int64_t used = 0;   // when last
  int64_t uses = 0;
};

struct AnswerTotals {
  int64_t answers = 0;
  int64_t bytes = 0;  // of the file that hold something
  int64_t uses = 0;
  int64_t similar = 0;       // of these, for questions that were only similar
  int64_t input_tokens = 0;  // that uses saved
  int64_t output_tokens = 0;
  int64_t oldest = 0;  // when it was made, nanoseconds since 1970; 0 if there is none
};

/// Which answers to forget: those that fit all that is given.
struct AnswerFilter {
  std::optional<int64_t> made_before;  // nanoseconds since 1970
  std::string prompt;                  // a name, of all versions, or NAME@1.2; empty for all
};

/// SQLite at work: not for the event loop's thread, but for programs that have nothing else to do. `now` is
/// in nanoseconds since 1970. Many processes may have the file open.
class AnswerTable {
 public:
  /// Opens or makes the file, mode 0600. One that is damaged is set aside, under its name with `.damaged`
  /// behind, and a new one made. Null if that cannot be done; in either case `problem` says so in a sentence.
  [[nodiscard]] static std::unique_ptr<AnswerTable> open(const std::string& path, std::string& problem);

  [[nodiscard]] std::optional<model::KeptAnswer> find(const std::string& key, int64_t most_age, int64_t now);
  /// See model::AnswerStore::find_similar.
  [[nodiscard]] std::optional<model::KeptAnswer> find_similar(const model::Likeness& likeness, uint32_t least,
                                                              int64_t most_age, int64_t now);
  /// False if the file cannot be written, as of the three below; `why` says it.
  [[nodiscard]] bool keep(const std::string& key, const model::NewAnswer& answer, int64_t now);
  [[nodiscard]] bool forget(const std::string& key);
  /// Notes that an answer was used, maybe for a question that was only similar.
  void used(const std::string& key, int64_t now, bool similar = false);
  /// Removes what has had its time, then the oldest used until no more than `most_bytes` are taken.
  [[nodiscard]] bool shrink(int64_t most_bytes, int64_t now);

  /// In the order of `made`, the youngest first.
  [[nodiscard]] bool list(const std::string& prompt, const std::function<void(const AnswerRow&)>& each);
  [[nodiscard]] std::optional<AnswerTotals> totals();
  /// How many were forgotten; nothing if that failed. Their room goes back to the disk if it can. Without a
  /// filter, a file that was set aside goes as well.
  [[nodiscard]] std::optional<int64_t> clear(const AnswerFilter& filter);

  [[nodiscard]] bool begin() { return database_->run("BEGIN IMMEDIATE"); }
  [[nodiscard]] bool commit() { return database_->run("COMMIT"); }
  void roll_back() { static_cast<void>(database_->run("ROLLBACK")); }
  [[nodiscard]] std::string why() const { return database_->why(); }
  [[nodiscard]] bool damaged() const { return database_->damaged(); }

 private:
  explicit AnswerTable(std::unique_ptr<Database> database);
  /// Bytes of the file that hold something.
  [[nodiscard]] int64_t size();

  std::unique_ptr<Database> database_;  // first: statements go before it
  Statement find_, keep_, forget_, used_, room_, find_similar_, keep_question_, used_similar_;
};

/// Moves a file that is no database any more out of the way, with what SQLite keeps beside it. A sentence
/// that says so.
[[nodiscard]] std::string set_aside(const std::string& path);

}  // namespace chain::store
