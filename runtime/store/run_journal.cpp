#include "runtime/store/run_journal.h"

#include <algorithm>
#include <utility>

#include "runtime/sched/ambient.h"

namespace chain::store {

/// What the writer's thread knows of the run.
struct RunJournal::Shared {
  RunRecord run;
  std::shared_ptr<const std::vector<Source>> sources;
  std::string folder;
  std::unique_ptr<RunLock> lock;  // as long as the run, and what it wrote, is under way
};

RunJournal::RunJournal(JournalWriter& writer, RunRecord run, Sources sources, std::string folder,
                       bool content)
    : writer_(writer), shared_(std::make_shared<Shared>()), content_(content) {
  shared_->run = std::move(run);
  shared_->sources = std::move(sources);
  shared_->folder = std::move(folder);
  writer_.write(
      [shared = shared_](Records& records) {
        if (!records.insert(shared->run, *shared->sources)) return false;
        std::string error;  // without the lock the run seems interrupted while it goes on: no more than that
        shared->lock = RunLock::take(shared->folder, shared->run.number, error);
        return true;
      },
      nullptr);
}

RunJournal::RunJournal(JournalWriter& writer, RunRecord run, std::vector<StepRecord> steps,
                       std::unique_ptr<RunLock> lock, bool content)
    : writer_(writer), shared_(std::make_shared<Shared>()), content_(content) {
  shared_->run = std::move(run);
  shared_->lock = std::move(lock);
  for (StepRecord& step : steps) {
    order_ = std::max(order_, step.order);
    if (is_of_agent(step)) {  // its steps are what counts
      agents_.emplace(std::move(step.path), step.started);
      continue;
    }
    if (step.ended == 0 || step.end.dropped) {
      begun_.emplace(std::move(step.path), std::move(step.end.failure.message));
      continue;
    }
    if (!is_of_person(step)) stays_.push_back({step.path, step.started, step.ended});
    recorded_.emplace(std::move(step.path),
                      Recorded{step.order, std::move(step.digest), std::move(step.end)});
  }
  std::ranges::sort(stays_, {}, &Stay::path);
}

RunJournal::~RunJournal() = default;

std::optional<std::string> RunJournal::in_doubt(std::string_view path) const {
  const auto found = begun_.find(std::string(path));
  return found == begun_.end() ? std::nullopt : std::optional(found->second);
}

std::string RunJournal::run_id() const {
  return shared_->run.id;
}

int64_t RunJournal::spent(std::string_view path) const {
  const std::string from = std::string(path) + '/', to = std::string(path) + static_cast<char>('/' + 1);
  std::vector<Stay> within(std::ranges::lower_bound(stays_, from, {}, &Stay::path),
                           std::ranges::lower_bound(stays_, to, {}, &Stay::path));
  std::ranges::sort(within, {}, &Stay::began);
  int64_t sum = 0, until = 0;  // what overlaps counts once
  for (const Stay& stay : within) {
    sum += std::max<int64_t>(0, stay.ended - std::max(stay.began, until));
    until = std::max(until, stay.ended);
  }
  return sum;
}

const sched::Journal::Recorded* RunJournal::find(std::string_view path) const {
  const auto found = recorded_.find(std::string(path));
  return found == recorded_.end() ? nullptr : &found->second;
}

sched::StepEnd RunJournal::kept(sched::StepEnd end) const {
  if (!content_) end.request.clear();
  return end;
}

void RunJournal::begin(const sched::StepBegin& step, Written written) {
  StepRecord record{.path = std::string(step.path),
                    .kind = std::string(step.kind),
                    .name = std::string(step.name),
                    .model = std::string(step.model),
                    .digest = std::string(step.digest),
                    .started = sched::wall_clock()};
  record.end.request = step.request;
  if (const auto before = agents_.find(record.path); before != agents_.end()) record.started = before->second;
  // What a person said of an earlier call does not hold for this one.
  std::vector<std::string> doubts;
  if (record.kind == "tool") {
    for (std::string each = record.path + "/doubt"; recorded_.contains(each);
         each = record.path + "/doubt[" + std::to_string(doubts.size()) + ']')
      doubts.push_back(each);
  }
  writer_.write(
      [shared = shared_, record = std::move(record), doubts = std::move(doubts)](Records& records) {
        const int64_t run = shared->run.number;
        const bool removed = std::ranges::all_of(
            doubts, [&](const std::string& each) { return records.remove_step(run, each); });
        return removed && records.begin_step(run, record);
      },
      std::move(written));
}

void RunJournal::end(std::string_view path, sched::StepEnd end) {
  writer_.write(
      [shared = shared_, path = std::string(path), time = sched::wall_clock(), order = ++order_,
       end = kept(std::move(end))](Records& records) {
        return records.end_step(shared->run.number, path, time, order, end);
      },
      nullptr);
}

void RunJournal::note(const sched::StepBegin& step, std::string_view text) {
  begin(step, nullptr);
  sched::StepEnd end;
  end.completion.text = text;
  this->end(step.path, std::move(end));
}

void RunJournal::finish(const sched::RunResult& result, Written written) {
  // Until here the answers are needed, should the run have to be taken up.
  writer_.write(
      [shared = shared_, result, time = sched::wall_clock(),
       drop = !content_ && result.ok](Records& records) {
        const int64_t run = shared->run.number;
        return records.end_run(run, time, result) && (!drop || records.drop_content(run));
      },
      std::move(written));
}

}  // namespace chain::store
