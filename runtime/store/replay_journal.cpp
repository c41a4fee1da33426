#include "runtime/store/replay_journal.h"

#include <utility>

namespace chain::store {

ReplayJournal::ReplayJournal(std::unique_ptr<RunJournal> journal, std::vector<StepRecord> steps)
    : journal_(std::move(journal)) {
  for (StepRecord& step : steps) {
    if (is_of_agent(step)) continue;
    const bool open = step.ended == 0 || step.end.dropped;
    if (open) begun_.emplace(step.path, step.end.failure.message);
    if (open || step.kind == "log" || step.kind == "call") continue;
    recorded_.emplace(std::move(step.path),
                      Recorded{step.order, std::move(step.digest), std::move(step.end)});
  }
}

const sched::Journal::Recorded* ReplayJournal::find(std::string_view path) const {
  const auto found = recorded_.find(std::string(path));
  return found == recorded_.end() ? nullptr : &found->second;
}

std::optional<std::string> ReplayJournal::in_doubt(std::string_view path) const {
  const auto found = begun_.find(std::string(path));
  return found == begun_.end() ? std::nullopt : std::optional(found->second);
}

void ReplayJournal::took_over(const sched::StepBegin& step, const Recorded& recorded) {
  journal_->begin(step, nullptr);
  sched::StepEnd end = recorded.end;
  if (step.kind == "prompt") end.completion.cached = model::Cached::Replay;
  end.completion.usage = {};
  journal_->end(step.path, std::move(end));
}

void ReplayJournal::begin(const sched::StepBegin& step, Written written) {
  journal_->begin(step, std::move(written));
}

void ReplayJournal::end(std::string_view path, sched::StepEnd end) {
  journal_->end(path, std::move(end));
}

void ReplayJournal::note(const sched::StepBegin& step, std::string_view text) {
  journal_->note(step, text);
}

void ReplayJournal::finish(const sched::RunResult& result, Written written) {
  journal_->finish(result, std::move(written));
}

}  // namespace chain::store
