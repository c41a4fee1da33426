#include "runtime/store/answer_file.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <system_error>
#include <utility>

#include "runtime/sched/ambient.h"
#include "runtime/sched/event_loop.h"

namespace chain::store {

AnswerFile::AnswerFile(EventLoop& loop, AnswerFileOptions options)
    : loop_(loop), options_(std::move(options)), ready_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!options_.now) options_.now = sched::wall_clock;
}

AnswerFile::~AnswerFile() {
  if (unanswered_ > 0) loop_.watch(ready_, 0, {});
  if (thread_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  warn();
  if (ready_ >= 0) ::close(ready_);
}

bool AnswerFile::runs() {
  if (thread_.joinable()) return true;
  try {
    if (ready_ >= 0) thread_ = std::thread([this] { work(); });
  } catch (const std::system_error&) {  // no more threads for this process: then without
  }
  return thread_.joinable();
}

void AnswerFile::find(const std::string& key, int64_t most_age, Found found) {
  find({.what = Do::Find, .key = key, .most_age = most_age, .found = std::move(found)});
}

void AnswerFile::find_similar(const std::string& key, const model::Likeness& likeness, uint32_t least,
                              int64_t most_age, Found found) {
  find({.what = Do::Find,
        .key = key,
        .most_age = most_age,
        .found = std::move(found),
        .likeness = likeness,
        .least = least});
}

void AnswerFile::find(Job job) {
  if (!runs()) {
    loop_.after(0, [found = std::move(job.found)] { found(std::nullopt); });
    return;
  }
  if (unanswered_++ == 0) loop_.watch(ready_, EPOLLIN, [this](uint32_t) { deliver(); });
  add(std::move(job));
}

void AnswerFile::keep(const std::string& key, model::NewAnswer answer) {
  add({.what = Do::Keep, .key = key, .answer = std::move(answer)});
}

void AnswerFile::forget(const std::string& key) {
  add({.what = Do::Forget, .key = key});
}

void AnswerFile::add(Job job) {
  if (!runs()) return;
  job.now = options_.now();
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

void AnswerFile::deliver() {
  eventfd_t count = 0;
  ::eventfd_read(ready_, &count);
  std::vector<Result> results;
  {
    const std::lock_guard lock(mutex_);
    results.swap(results_);
  }
  warn();
  unanswered_ -= results.size();
  if (unanswered_ == 0) loop_.watch(ready_, 0, {});
  for (Result& result : results) result.found(std::move(result.answer));
}

void AnswerFile::warn() {
  std::vector<std::string> warnings;
  {
    const std::lock_guard lock(mutex_);
    warnings.swap(warnings_);
  }
  for (const std::string& warning : warnings) {
    if (options_.warn) options_.warn(warning);
  }
}

// ---- The thread ------------------------------------------------------------------------------

void AnswerFile::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stop_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    std::vector<Job> jobs = std::exchange(jobs_, {});
    lock.unlock();
    carry_out(jobs);
    lock.lock();
    if (found_.empty()) continue;
    std::move(found_.begin(), found_.end(), std::back_inserter(results_));
    found_.clear();
    ::eventfd_write(ready_, 1);
    lock.unlock();
    note_uses();
    lock.lock();
  }
}

void AnswerFile::carry_out(std::vector<Job>& jobs) {
  if (!std::exchange(opened_, true)) open();
  const bool writes = std::ranges::any_of(jobs, [](const Job& job) { return job.what != Do::Find; });
  if (table_ &&
      !(writes ? write(jobs) : std::ranges::all_of(jobs, [this](Job& job) { return carry_out(job); })))
    trouble();
  // What trouble left without an answer has none.
  for (Job& job : jobs) {
    if (job.found) found_.push_back({std::move(job.found), std::nullopt});
  }
}

/// All of them in one transaction.
bool AnswerFile::write(std::vector<Job>& jobs) {
  if (!table_->begin()) return false;
  const bool done = std::ranges::all_of(jobs, [this](Job& job) { return carry_out(job); }) &&
                    table_->shrink(options_.most_bytes, jobs.back().now) && table_->commit();
  return done;
}

bool AnswerFile::carry_out(Job& job) {
  switch (job.what) {
    case Do::Find: {
      std::optional<model::KeptAnswer> answer = table_->find(job.key, job.most_age, job.now);
      if (!answer && table_->damaged()) return false;
      const bool similar = !answer && job.likeness;
      if (similar) answer = table_->find_similar(*job.likeness, job.least, job.most_age, job.now);
      if (!answer && table_->damaged()) return false;
      if (answer) used_.push_back({answer->key, job.now, similar});
      found_.push_back({std::exchange(job.found, {}), std::move(answer)});
      return true;
    }
    case Do::Keep: return table_->keep(job.key, job.answer, job.now);
    case Do::Forget: return table_->forget(job.key);
  }
  return true;
}

/// When nobody waits for it any more. A use that is not noted costs an answer its place at worst.
void AnswerFile::note_uses() {
  if (table_ && !used_.empty() && table_->begin()) {
    for (const Use& use : used_) table_->used(use.key, use.when, use.similar);
    if (!table_->commit()) table_->roll_back();
  }
  used_.clear();
}

void AnswerFile::open() {
  std::string problem;
  table_ = AnswerTable::open(options_.path, problem);
  if (!problem.empty()) note(table_ ? problem : problem + "; the run goes on without the cache");
}

/// A file that cannot be used now is left alone for the rest of the run: each further try could wait as long.
void AnswerFile::trouble() {
  std::string warning = table_->why();
  const bool damaged = table_->damaged();
  table_->roll_back();
  table_.reset();
  note(damaged ? set_aside(options_.path) : warning + "; the run goes on without the cache");
}

void AnswerFile::note(std::string warning) {
  const std::lock_guard lock(mutex_);
  warnings_.push_back(std::move(warning));
}

}  // namespace chain::store
