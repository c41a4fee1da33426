// Going on with a run of the journal, in this process.
#pragma once

#include <memory>
#include <string>

#include "cli/carry_out.h"
#include "cli/questions.h"
#include "runtime/store/records.h"
#include "runtime/store/run_lock.h"
#include "runtime/trace/span.h"

namespace chain::cli {

/// How a run that goes on shows itself.
struct GoingOn {
  std::string verb;  // who asks
  ShowSettings show;
  trace::Content trace_content = trace::Content::Omitted;
  bool later = false;  // an answer is kept, no more
};

/// Carries the run, whose lock is held, out to its end; nothing that has ended is done again. Gives the exit
/// code; kWaiting if it stops at a question.
[[nodiscard]] int go_on(store::Records& records, store::RunRecord run, std::unique_ptr<store::RunLock> lock,
                        const GoingOn& how);

/// The run's lock; null, with all said, if another process carries the run out.
[[nodiscard]] std::unique_ptr<store::RunLock> hold(const store::RunRecord& run);

/// Keeps the answer that the run waits for, and goes on with it unless that is for later.
[[nodiscard]] int answer_and_go_on(store::Records& records, const store::RunRecord& run,
                                   const Question& question, std::string answer, const GoingOn& how);

/// A run that has stopped at a question: asks it on the terminal and goes on, until the run ends or nobody
/// answers. Without a terminal says who it waits for. Gives the exit code.
[[nodiscard]] int ask_here(const std::string& id, const GoingOn& how);

}  // namespace chain::cli
