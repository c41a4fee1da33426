// The journal of a new run that begins as another one did.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "runtime/store/run_journal.h"

namespace chain::store {

/// Steps of the other run answer where this one asks the same at the same place, and count as steps of it,
/// with no usage of their own. Where it asks something else it goes its own way.
class ReplayJournal final : public sched::Journal {
 public:
  /// `journal` is that of the new run. Of `steps` those count that have ended, but for lines of the log,
  /// which are written anew.
  ReplayJournal(std::unique_ptr<RunJournal> journal, std::vector<StepRecord> steps);

  [[nodiscard]] const Recorded* find(std::string_view path) const override;
  [[nodiscard]] bool resumes() const override { return !recorded_.empty(); }
  [[nodiscard]] bool forks() const override { return true; }
  /// Whether the other run began the step, and is not known to have ended it.
  [[nodiscard]] std::optional<std::string> in_doubt(std::string_view path) const override;
  [[nodiscard]] std::string run_id() const override { return journal_->run_id(); }
  void took_over(const sched::StepBegin& step, const Recorded& recorded) override;
  void begin(const sched::StepBegin& step, Written written) override;
  void end(std::string_view path, sched::StepEnd end) override;
  void note(const sched::StepBegin& step, std::string_view text) override;
  void finish(const sched::RunResult& result, Written written) override;

 private:
  std::unique_ptr<RunJournal> journal_;
  std::unordered_map<std::string, Recorded> recorded_;
  std::unordered_map<std::string, std::string> begun_;
};

}  // namespace chain::store
