// What the journal's file holds: runs, their steps, and the sources they were compiled from.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/sched/journal.h"
#include "runtime/sched/run.h"
#include "runtime/store/database.h"

namespace chain::store {

enum class RunState : uint8_t {
  Open,  // goes on, or was interrupted: the lock tells (run_lock.h)
  Done,
  Failed,
};

/// A file that a program was compiled from.
struct Source {
  std::string path;
  std::string text;
  std::string hash;  // of the text
};
[[nodiscard]] Source source_of(std::string path, std::string text);

/// Those of a program, which many runs may share.
using Sources = std::shared_ptr<const std::vector<Source>>;

/// One run. Times are nanoseconds since 1970, UTC; 0 for none.
struct RunRecord {
  int64_t number = 0;  // counts up in the file
  std::string id;      // ten letters and digits, random
  RunState state = RunState::Open;
  std::string file;       // as the user named it, from `folder`
  std::string folder;     // the working directory
  std::string chain;      // "reply", "reply@1.2"
  std::string artifact;   // the hash of all that the chain can reach
  std::string arguments;  // a JSON object
  std::string settings;   // how it was started, as JSON; the cli's business
  std::string sources;    // the paths and hashes, as JSON
  uint64_t seed = 0;      // of `random`
  int64_t started = 0;
  int64_t ended = 0;
  std::string result;     // JSON, of one that is done
  std::string text;       // if its result is a string: as it is
  sched::RunError error;  // of one that failed
  int64_t steps = 0;      // that have ended
  model::Usage usage;     // of all of them
  bool waits = false;     // one that a person is to end has begun
};

/// One step. `end` counts once `ended` is set; until then its `request` may stand there alone, and how it
/// failed of a write that is in doubt.
struct StepRecord {
  std::string path, kind, name, model;
  std::string digest;  // of what was asked
  int64_t started = 0;
  int64_t ended = 0;
  uint64_t order = 0;
  sched::StepEnd end;
};

/// A person ends the step, not a model.
[[nodiscard]] inline bool is_of_person(const StepRecord& step) {
  return step.kind == "ask" || step.kind == "approve" || step.kind == "doubt";
}

/// The whole activation of an agent, around its own steps: it says what they are of, and is never repeated.
[[nodiscard]] inline bool is_of_agent(const StepRecord& step) {
  return step.kind == "agent";
}

/// For one thread.
class Records {
 public:
  [[nodiscard]] static std::unique_ptr<Records> open(const std::string& folder, Durability durability,
                                                     std::string& error);

  /// All of them false, or empty, if the file cannot be read or written: `why` tells.
  [[nodiscard]] bool begin_transaction() { return database_->run("BEGIN IMMEDIATE"); }
  [[nodiscard]] bool commit() { return database_->run("COMMIT"); }
  void roll_back() { (void)database_->run("ROLLBACK"); }
  [[nodiscard]] std::string why() const { return database_->why(); }

  /// Gives the run its number. Sources that are there already are not kept twice; a run whose `sources` are
  /// set already has the same as one before it.
  [[nodiscard]] bool insert(RunRecord& run, const std::vector<Source>& sources);
  [[nodiscard]] bool begin_step(int64_t run, const StepRecord& step);
  [[nodiscard]] bool remove_step(int64_t run, std::string_view path);
  [[nodiscard]] bool end_step(int64_t run, std::string_view path, int64_t ended, uint64_t order,
                              const sched::StepEnd& end);
  /// Ends a step that waits for a person, after all others of the run.
  [[nodiscard]] bool answer_step(int64_t run, const StepRecord& step, int64_t ended, std::string answer);
  [[nodiscard]] bool end_run(int64_t run, int64_t ended, const sched::RunResult& result);
  /// Drops what the run was given, asked and answered; what it took stays.
  [[nodiscard]] bool drop_content(int64_t run);
  /// A run that failed goes on, without the failures that led to its own: those are done again, but for
  /// writes that may have been carried out, which are in doubt. What was answered stays.
  [[nodiscard]] bool reopen(const RunRecord& run);
  /// Removes runs that ended before `time`, or were begun before and are not carried out by a process that
  /// holds their lock in `folder`; those that wait for a person only if `waiting`. Gives their count, or -1.
  [[nodiscard]] int64_t remove_before(int64_t time, const std::string& folder, bool waiting);
  /// Removes runs that ended before `time`, if there are some that did a day earlier: so it costs next to
  /// nothing to ask for it with each run. The room stays with the file.
  [[nodiscard]] bool forget_before(int64_t time);
  [[nodiscard]] bool remove(int64_t run);

  /// The newest first.
  [[nodiscard]] std::vector<RunRecord> runs(size_t most);
  /// Those that are open at a step which a person is to end; the newest first.
  [[nodiscard]] std::vector<RunRecord> waiting();
  /// Those whose id begins so; `last` is the newest.
  [[nodiscard]] std::vector<RunRecord> find(std::string_view id);
  /// In the order in which they began.
  [[nodiscard]] std::vector<StepRecord> steps(int64_t run);
  [[nodiscard]] std::vector<Source> sources(const RunRecord& run);
  [[nodiscard]] Database& database() { return *database_; }

 private:
  explicit Records(std::unique_ptr<Database> database);
  /// Drops the sources that no run has.
  [[nodiscard]] bool sweep();
  [[nodiscard]] std::vector<RunRecord> read_runs(Statement statement);

  std::unique_ptr<Database> database_;
  Statement begin_step_, end_step_;  // for they are used again and again
};

/// `RunRecord::sources` of a run with these.
[[nodiscard]] std::string places_of(const std::vector<Source>& sources);

/// Of the journal's layout.
inline constexpr int kJournalVersion = 3;

/// A new run's id.
[[nodiscard]] std::string fresh_id();

/// The journal's file in the folder.
[[nodiscard]] std::string journal_path(const std::string& folder);

}  // namespace chain::store
