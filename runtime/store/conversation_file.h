// The conversations that people have with programs, so that they are taken up again later.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/program/history.h"
#include "runtime/store/database.h"

namespace chain::store {

/// Times are nanoseconds since 1970.
struct Conversation {
  int64_t number = 0;
  std::string name;    // unlike any other's of the same file, target and user
  std::string file;    // its whole path
  std::string target;  // the chain or agent, without a version
  std::string user;    // whose it is
  int64_t begun = 0;
  int64_t used = 0;  // when somebody last said something
  int64_t turns = 0;
};

struct ConversationTurn {
  program::HistoryTurn said;
  std::string run;  // the id of the run that answered
  int64_t time = 0;
};

/// What was said, and is not answered yet: its run goes on, waits for a person, or failed and may be resumed.
struct OpenTurn {
  std::string run;
  std::string text;
  int64_t time = 0;
};

/// For one thread; many processes may have the file open. All of them false, or nothing, if the file cannot
/// be read or written: `why` tells.
class ConversationFile {
 public:
  /// In `folder`, mode 0600; where nothing can be written, only for reading. Null, and `error`, one sentence
  /// with the way out, if it cannot be had.
  [[nodiscard]] static std::unique_ptr<ConversationFile> open(const std::string& folder, std::string& error);

  /// Those of a file, a target and a user, or of all where that is empty; the last used first.
  [[nodiscard]] bool list(std::string_view file, std::string_view target, std::string_view user,
                          std::vector<Conversation>& all);
  /// Gives it its number; one of the same name, file, target and user that is there is what it becomes.
  [[nodiscard]] bool begin(Conversation& conversation);
  /// Oldest first: the last ones whose texts together have at most so many bytes.
  [[nodiscard]] bool turns(int64_t number, size_t most_bytes, std::vector<ConversationTurn>& turns);
  /// Before the run begins.
  [[nodiscard]] bool begin_turn(int64_t number, const OpenTurn& turn);
  /// Oldest first.
  [[nodiscard]] bool open_turns(int64_t number, std::vector<OpenTurn>& turns);
  [[nodiscard]] bool drop_turn(int64_t number, std::string_view run);
  /// All of them or none in the place of the open turn of their run; nothing if another process was quicker.
  [[nodiscard]] bool end_turn(int64_t number, std::string_view run,
                              const std::vector<ConversationTurn>& turns);
  [[nodiscard]] std::string why() const { return database_->why(); }

 private:
  explicit ConversationFile(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  std::unique_ptr<Database> database_;
};

}  // namespace chain::store
