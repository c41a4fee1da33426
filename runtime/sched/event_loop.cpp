#include "runtime/sched/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <limits>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/sched/timer_heap.h"

namespace chain {

struct EventLoop::State {
  struct Watch {
    FdCallback callback;
    uint32_t events = 0;      // 0: not registered
    uint32_t generation = 0;  // changes with every call of `watch`
    bool parked = false;
  };

  const Clock& clock;
  int epoll_fd = -1;
  int wake_fd = -1;
  std::vector<Watch> watches;  // by descriptor
  size_t active = 0;           // watches that are not parked, and holds
  TimerHeap timers;
  std::vector<epoll_event> ready = std::vector<epoll_event>(256);
  std::vector<Callback> running;  // what was posted before this turn
  std::atomic<bool> stopping = false;
  std::atomic<std::thread::id> owner;  // the thread inside `run`

  std::mutex mutex;
  std::vector<Callback> posted;  // guarded by mutex

  explicit State(const Clock& used) : clock(used) {}
  void wake() const;
  bool work_posted();
  void run_posted();
  void run_timers();
  /// Milliseconds for epoll_wait; -1 for ever. Nothing if `run` has nothing to wait for.
  bool time_to_wait(int& milliseconds);
  void wait(int milliseconds);
  void dispatch(int fd, uint32_t events);
};

EventLoop::EventLoop(const Clock* clock)
    : state_(std::make_unique<State>(clock != nullptr ? *clock : monotonic_clock())) {
  state_->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  state_->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = state_->wake_fd;
  if (state_->epoll_fd < 0 || state_->wake_fd < 0 ||
      epoll_ctl(state_->epoll_fd, EPOLL_CTL_ADD, state_->wake_fd, &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot create an event loop");
  }
}

EventLoop::~EventLoop() {
  // What was posted and never ran may hold what ends its watches here.
  std::exchange(state_->posted, {}).clear();
  close(state_->epoll_fd);
  close(state_->wake_fd);
}

int64_t EventLoop::now() const {
  return state_->clock.now();
}

void EventLoop::watch(int fd, uint32_t events, FdCallback callback) {
  assert(fd >= 0);
  State& state = *state_;
  const auto index = static_cast<size_t>(fd);
  if (index >= state.watches.size()) {
    if (events == 0) return;
    state.watches.resize(std::max(index + 1, state.watches.size() * 2));
  }
  State::Watch& watch = state.watches[index];
  const bool counted = watch.events != 0 && !watch.parked;
  state.active += static_cast<size_t>(events != 0) - static_cast<size_t>(counted);
  ++watch.generation;
  watch.callback = events != 0 ? std::move(callback) : nullptr;
  watch.parked = false;
  if (events == watch.events) return;
  const int operation = watch.events == 0 ? EPOLL_CTL_ADD : events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  watch.events = events;
  [[maybe_unused]] int result = epoll_ctl(state.epoll_fd, operation, fd, &event);
  // Whoever closed the descriptor did not say so, and another one has its number: the kernel forgot the watch
  // with the old one. Left alone, whatever waits for the new one would wait until it times out.
  if (result != 0 && errno == ENOENT && operation == EPOLL_CTL_MOD)
    result = epoll_ctl(state.epoll_fd, EPOLL_CTL_ADD, fd, &event);
  assert(result == 0 && "watched descriptors are open and can be polled");
}

void EventLoop::park(int fd) {
  const auto index = static_cast<size_t>(fd);
  if (index >= state_->watches.size()) return;
  State::Watch& watch = state_->watches[index];
  if (watch.events == 0 || watch.parked) return;
  ++watch.generation;
  watch.callback = nullptr;
  watch.parked = true;
  --state_->active;
}

EventLoop::TimerId EventLoop::after(int64_t delay_ns, Callback callback) {
  const int64_t start = now();
  const int64_t longest = std::numeric_limits<int64_t>::max() - start;
  return state_->timers.add(start + std::clamp<int64_t>(delay_ns, 0, longest), std::move(callback));
}

void EventLoop::cancel_timer(TimerId timer) {
  state_->timers.cancel(timer);
}

void EventLoop::post(Callback work) {
  bool first = false;
  {
    const std::lock_guard lock(state_->mutex);
    first = state_->posted.empty();
    state_->posted.push_back(std::move(work));
  }
  // The loop's own thread looks at what is posted before it waits again.
  if (first && state_->owner.load(std::memory_order_relaxed) != std::this_thread::get_id()) state_->wake();
}

void EventLoop::hold() {
  ++state_->active;
}

void EventLoop::release() {
  assert(state_->active > 0);
  --state_->active;
}

void EventLoop::stop() {
  state_->stopping.store(true);
  state_->wake();
}

void EventLoop::run() {
  State& state = *state_;
  state.owner.store(std::this_thread::get_id(), std::memory_order_relaxed);
  int milliseconds = 0;
  while (!state.stopping.load() && state.time_to_wait(milliseconds)) {
    state.wait(milliseconds);
    state.run_timers();
    state.run_posted();
  }
  state.owner.store(std::thread::id(), std::memory_order_relaxed);
  state.stopping.store(false);
}

void EventLoop::State::wake() const {
  const uint64_t one = 1;
  const int before = errno;  // `stop` may be called by a signal handler
  // A full counter (EAGAIN) wakes the loop as well.
  [[maybe_unused]] const ssize_t written = write(wake_fd, &one, sizeof one);
  errno = before;
}

bool EventLoop::State::work_posted() {
  const std::lock_guard lock(mutex);
  return !posted.empty();
}

void EventLoop::State::run_posted() {
  {
    const std::lock_guard lock(mutex);
    running.swap(posted);
  }
  for (size_t i = 0; i < running.size(); ++i) {
    if (stopping.load(std::memory_order_relaxed)) {  // the rest is for the next `run`
      const std::lock_guard lock(mutex);
      posted.insert(posted.begin(), std::make_move_iterator(running.begin() + static_cast<ptrdiff_t>(i)),
                    std::make_move_iterator(running.end()));
      break;
    }
    running[i]();
    running[i] = nullptr;  // what it holds may matter to the next one
  }
  running.clear();
}

void EventLoop::State::run_timers() {
  if (timers.empty()) return;
  const int64_t now = clock.now();
  const uint64_t sequence = timers.sequence();  // a timer made meanwhile waits for the next turn
  Callback callback;
  while (!stopping.load(std::memory_order_relaxed) && timers.pop(now, sequence, callback)) callback();
}

bool EventLoop::State::time_to_wait(int& milliseconds) {
  milliseconds = 0;
  if (work_posted()) return true;
  if (timers.empty()) {
    milliseconds = -1;
    return active > 0;
  }
  const int64_t due = timers.next_due();
  if (active == 0 && clock.skip_to(due)) return true;
  const int64_t left = due - clock.now();
  // Rounded up, so that the timer is due when epoll_wait returns.
  if (left > 0) milliseconds = static_cast<int>(std::min<int64_t>((left - 1) / 1'000'000 + 1, 60'000));
  return true;
}

void EventLoop::State::wait(int milliseconds) {
  const int count = epoll_wait(epoll_fd, ready.data(), static_cast<int>(ready.size()), milliseconds);
  for (int i = 0; i < count; ++i) {
    if (stopping.load(std::memory_order_relaxed)) return;  // level-triggered: nothing is lost
    const epoll_event event = ready[static_cast<size_t>(i)];
    if (event.data.fd == wake_fd) {
      uint64_t counter = 0;
      [[maybe_unused]] const ssize_t size = read(wake_fd, &counter, sizeof counter);
    } else {
      dispatch(event.data.fd, event.events);
    }
  }
}

void EventLoop::State::dispatch(int fd, uint32_t events) {
  const auto index = static_cast<size_t>(fd);
  Watch& watch = watches[index];
  if (watch.events == 0) return;  // ended by a callback before it in this turn
  if (watch.parked) {
    epoll_event ignored{};
    epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, &ignored);
    watch.events = 0;
    watch.parked = false;
    return;
  }
  // The callback may end or replace its own watch, and `watches` may move: it is held here meanwhile.
  const uint32_t generation = watch.generation;
  FdCallback callback = std::move(watch.callback);
  callback(events);
  Watch& after = watches[index];
  if (after.generation == generation) after.callback = std::move(callback);
}

}  // namespace chain
