// Writes to the journal's file on a thread of its own: what is asked for while one transaction is written
// goes into the next (group commit).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/sched/event_loop.h"
#include "runtime/sched/journal.h"
#include "runtime/store/records.h"

namespace chain::store {

class JournalWriter {
 public:
  using Work = std::function<bool(Records&)>;
  using Written = sched::Journal::Written;

  struct Options {
    std::string folder;
    Durability durability = Durability::Normal;
  };

  /// Opens the file on its thread: who asks first hears of a problem.
  JournalWriter(Options options, EventLoop& loop);
  /// Writes what is left. Callbacks that have not come never do.
  ~JournalWriter();

  /// Does `work` after all before it. It gives false if it failed; what it shares a transaction with, and all
  /// that comes after, has failed then. `written`, which may be empty, is told on the loop's thread.
  void write(Work work, Written written);

 private:
  struct State;
  std::shared_ptr<State> state_;  // with what is posted to the loop
};

}  // namespace chain::store
