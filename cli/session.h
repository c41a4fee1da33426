// Everything that runs chains of one program: loop, client and scheduler, and the journal if there is one.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/memory/memories.h"
#include "runtime/model/answer_store.h"
#include "runtime/model/client.h"
#include "runtime/model/secrets.h"
#include "runtime/model/vectors.h"
#include "runtime/program/program.h"
#include "runtime/retrieve/searches.h"
#include "runtime/sched/event_loop.h"
#include "runtime/sched/run.h"
#include "runtime/store/journal_writer.h"
#include "runtime/store/run_journal.h"
#include "runtime/tool/caller.h"

namespace chain::cli {

class CassetteFile;
class ServerQuestions;

class Session {
 public:
  /// `answers` is the file of kept answers; empty for none. A `cassette`, which may be null, takes its place,
  /// and must outlive the session.
  Session(std::shared_ptr<const program::Program> program, model::ClientOptions options,
          const std::string& answers = {}, CassetteFile* cassette = nullptr);
  ~Session();

  [[nodiscard]] EventLoop& loop() { return loop_; }
  [[nodiscard]] sched::Scheduler& scheduler() { return scheduler_; }
  [[nodiscard]] CassetteFile* cassette() { return cassette_; }
  [[nodiscard]] const model::Secrets& secrets() const { return secrets_; }
  /// Runs `chain` to its end. Nothing if Ctrl-C came first; calls in flight are dropped then.
  [[nodiscard]] std::optional<sched::RunResult> run(uint32_t chain, std::string_view arguments_json,
                                                    sched::RunOptions options);

  /// From here on runs can be written down. Problems come out with the first run that is.
  void open_journal(store::JournalWriter::Options options);
  /// The journal of a new run; it must go before the session does. Needs `open_journal`, as the next ones do.
  [[nodiscard]] std::unique_ptr<store::RunJournal> journal(store::RunRecord run, store::Sources sources,
                                                           bool content);
  /// Likewise, kept as long as the session; of a run that goes on, with the steps that it has begun.
  [[nodiscard]] sched::Journal& keep(store::RunRecord run, store::Sources sources, bool content);
  [[nodiscard]] sched::Journal& keep(store::RunRecord run, std::vector<store::StepRecord> steps,
                                     std::unique_ptr<store::RunLock> lock, bool content);
  /// Of a new run that takes over steps of another one.
  [[nodiscard]] sched::Journal& replay(store::RunRecord run, store::Sources sources,
                                       std::vector<store::StepRecord> steps, bool content);

 private:
  std::shared_ptr<const program::Program> program_;
  model::Secrets secrets_;  // of the program
  CassetteFile* cassette_;
  EventLoop loop_;
  store::JournalWriter::Options journal_options_;
  std::unique_ptr<store::JournalWriter> writer_;
  std::vector<std::unique_ptr<sched::Journal>> journals_;
  std::unique_ptr<model::AnswerStore> answers_;
  std::unique_ptr<ServerQuestions> questions_;  // of servers that cannot wait; null if nobody is there
  std::unique_ptr<tool::Caller> tools_;
  std::unique_ptr<model::VectorClient> vectors_;  // for indexes and memories; null if none calls a model
  std::unique_ptr<retrieve::Searches> searches_;  // null if the program has no index
  std::unique_ptr<model::Client> client_;
  std::unique_ptr<memory::Memories> memories_;  // null if the program has none
  sched::Scheduler scheduler_;
};

}  // namespace chain::cli
