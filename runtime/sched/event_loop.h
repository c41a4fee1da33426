// One thread's loop over file descriptors, timers and posted work.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "runtime/sched/clock.h"

namespace chain {

/// epoll, a timer heap and an eventfd. Everything but `post` and `stop` is for the loop's own thread.
class EventLoop {
 public:
  using Callback = std::function<void()>;
  using FdCallback = std::function<void(uint32_t events)>;
  using TimerId = uint64_t;  // never 0

  /// `clock` (monotonic_clock() if null) must outlive the loop.
  explicit EventLoop(const Clock* clock = nullptr);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  [[nodiscard]] int64_t now() const;
  /// Watches `fd` for EPOLLIN/EPOLLOUT, level-triggered; a second call changes the events, 0 ends it.
  /// End it before closing `fd`.
  void watch(int fd, uint32_t events, FdCallback callback);
  /// Leaves `fd` registered but out of account: it no longer keeps `run` going, and its next event ends the
  /// watch unheard. A connection between two uses saves two system calls so. `watch` makes it count again.
  void park(int fd);
  /// Timers that are due at the same time run in the order they were made.
  TimerId after(int64_t delay_ns, Callback callback);
  /// Ids of timers that have run or were cancelled are ignored.
  void cancel_timer(TimerId timer);
  /// Runs `work` on the loop, soon. Safe from any thread.
  void post(Callback work);
  /// Keeps `run` going until as many calls of `release`: for what another thread will `post`.
  void hold();
  void release();
  /// Runs until `stop`, or until nothing is watched, held, timed or posted.
  void run();
  /// Ends `run`, or the next one if none is under way. Safe from any thread and from signal handlers.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace chain
