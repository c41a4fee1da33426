// One thread's loop over file descriptors, timers and posted work.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace chain {

/// Nanoseconds of a monotonic clock; tests replace it.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual int64_t now() const = 0;
};

/// epoll, a timer heap and an eventfd. Everything but `post` and `stop` is for the loop's own thread.
class EventLoop {
 public:
  using Callback = std::function<void()>;
  using FdCallback = std::function<void(uint32_t events)>;
  using TimerId = uint64_t;

  explicit EventLoop(const Clock* clock = nullptr);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  [[nodiscard]] int64_t now() const;
  /// Watches `fd` for EPOLLIN/EPOLLOUT; a second call changes the events, 0 ends it.
  void watch(int fd, uint32_t events, FdCallback callback);
  TimerId after(int64_t delay_ns, Callback callback);
  void cancel_timer(TimerId timer);
  /// Runs `work` on the loop, soon. Safe from any thread.
  void post(Callback work);
  /// Runs until `stop`, or until nothing is watched, timed or posted.
  void run();
  /// Safe from any thread and from signal handlers.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace chain
