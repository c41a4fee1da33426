// Something that one thread alone touches, and the jobs that wait for it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace chain::retrieve {

/// What becomes of jobs that wait when the desk goes.
enum class Leftover : uint8_t { Done, Dropped };

/// A `Thing` and its thread, which does one job after the other, in the order they came. `Thing` has
/// `settings()`, which do not change and may be read from any thread.
template <class Thing>
class Desk {
 public:
  using Job = std::function<void(Thing&)>;

  /// `make(stop)` gives the thing; `stop` is set when the desk goes and leftover jobs are dropped, so that
  /// the one under way can end early. Throws std::system_error if there can be no thread.
  template <class Make>
  Desk(Leftover leftover, const Make& make)
      : leftover_(leftover), thing_(make(std::as_const(stop_))), thread_([this] { work(); }) {}
  ~Desk() {
    {
      const std::lock_guard lock(mutex_);
      ends_ = true;
      stop_ = leftover_ == Leftover::Dropped;
      if (stop_) jobs_.clear();
    }
    wake_.notify_one();
    thread_.join();
  }
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  [[nodiscard]] const auto& settings() const { return thing_.settings(); }
  void add(Job job) {
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    wake_.notify_one();
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return ends_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      std::vector<Job> jobs = std::exchange(jobs_, {});
      lock.unlock();
      for (const Job& job : jobs) {
        if (!stop_) job(thing_);
      }
      jobs.clear();  // what they hold may be large, or end here
      lock.lock();
    }
  }

  const Leftover leftover_;
  std::atomic<bool> stop_ = false;
  bool ends_ = false;
  Thing thing_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Job> jobs_;
  std::thread thread_;  // last: it uses all the others
};

}  // namespace chain::retrieve
