// The journal of one run, kept in the journal's file.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/sched/journal.h"
#include "runtime/store/journal_writer.h"
#include "runtime/store/run_lock.h"

namespace chain::store {

class RunJournal final : public sched::Journal {
 public:
  /// A new run. `run` and its sources are written before anything else of it.
  RunJournal(JournalWriter& writer, RunRecord run, Sources sources, std::string folder, bool content = true);
  /// A run that goes on: `steps` are those that have begun. The lock is held already.
  RunJournal(JournalWriter& writer, RunRecord run, std::vector<StepRecord> steps,
             std::unique_ptr<RunLock> lock, bool content = true);
  ~RunJournal() override;

  [[nodiscard]] const Recorded* find(std::string_view path) const override;
  [[nodiscard]] bool resumes() const override { return !recorded_.empty(); }
  [[nodiscard]] std::optional<std::string> in_doubt(std::string_view path) const override;
  [[nodiscard]] std::string run_id() const override;
  [[nodiscard]] int64_t spent(std::string_view path) const override;
  void begin(const sched::StepBegin& step, Written written) override;
  void end(std::string_view path, sched::StepEnd end) override;
  void note(const sched::StepBegin& step, std::string_view text) override;
  void finish(const sched::RunResult& result, Written written) override;

 private:
  struct Shared;
  [[nodiscard]] sched::StepEnd kept(sched::StepEnd end) const;

  JournalWriter& writer_;
  std::shared_ptr<Shared> shared_;  // with what waits to be written
  std::unordered_map<std::string, Recorded> recorded_;
  struct Stay {
    std::string path;
    int64_t began, ended;
  };
  /// Begun and not ended in earlier processes; how those failed that a person is to decide about.
  std::unordered_map<std::string, std::string> begun_;
  std::unordered_map<std::string, int64_t> agents_;  // when each began in an earlier process
  std::vector<Stay> stays_;                          // of recorded steps that are no person's, by path
  uint64_t order_ = 0;                               // of the last step that ended
  bool content_;
};

}  // namespace chain::store
