#include "runtime/process/process.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <deque>
#include <utility>

#include "runtime/process/guard.h"
#include "runtime/process/spawn.h"
#include "runtime/sched/event_loop.h"

namespace chain::process {

namespace {

constexpr size_t kPiece = size_t{64} << 10;  // bytes of one read
constexpr int kReapWait = 1000;              // milliseconds that a killed process has to go

/// The process and its pipes. Kept by the callbacks that it leaves with the loop: a listener may destroy the
/// process that tells it something.
class Running final : public std::enable_shared_from_this<Running> {
 public:
  Running(EventLoop& loop, Spawned spawned, uint64_t most_errors, Listener& listener)
      : loop_(loop), spawned_(std::move(spawned)), errors_left_(most_errors), listener_(&listener) {}

  void begin();
  void write(std::string bytes);
  [[nodiscard]] uint64_t pending() const { return pending_; }
  void close_input();
  void pause(bool paused);
  void end(int64_t grace);
  [[nodiscard]] int id() const { return spawned_.id; }
  /// Nothing more is told; the group is killed, and reaped if it had not ended.
  void destroy();

 private:
  /// Watches `descriptor` and calls `act` with each event, as long as anybody listens.
  void watch(const Descriptor& descriptor, uint32_t events, void (Running::*act)());
  void close(Descriptor& descriptor);
  void drop_input();
  void writable();
  void readable();
  void readable_errors();
  void exited();
  void reap();
  void finish_output();
  void tell_end();
  void signal(int number) const {
    if (!reaped_) kill(-spawned_.id, number);
  }
  void escalate(int64_t grace, int number);

  EventLoop& loop_;
  Spawned spawned_;
  uint64_t errors_left_;
  Listener* listener_;  // null once nobody listens
  std::deque<std::string> queue_;
  size_t written_ = 0;  // of the queue's first
  uint64_t pending_ = 0;
  bool closing_ = false;  // the input, once the queue is empty
  bool paused_ = false;
  bool reaped_ = false;
  bool told_ = false;
  /// Bytes that stood in the pipe when the process had ended: what comes later is not its own.
  int64_t last_output_ = 0;
  Ended ended_;
  EventLoop::TimerId timer_ = 0;
};

void Running::begin() {
  watch(spawned_.end, EPOLLIN, &Running::exited);
  watch(spawned_.output, EPOLLIN, &Running::readable);
  watch(spawned_.errors, EPOLLIN, &Running::readable_errors);
}

void Running::watch(const Descriptor& descriptor, uint32_t events, void (Running::*act)()) {
  loop_.watch(descriptor.get(), events, [self = shared_from_this(), act](uint32_t) {
    if (self->listener_ != nullptr) ((*self).*act)();
  });
}

void Running::close(Descriptor& descriptor) {
  if (!descriptor.open()) return;
  loop_.watch(descriptor.get(), 0, nullptr);
  descriptor.reset();
}

void Running::write(std::string bytes) {
  if (!spawned_.input.open() || closing_ || bytes.empty()) return;
  const bool idle = queue_.empty();
  pending_ += bytes.size();
  queue_.push_back(std::move(bytes));
  if (idle) watch(spawned_.input, EPOLLOUT, &Running::writable);
}

void Running::writable() {
  while (!queue_.empty()) {
    const std::string& first = queue_.front();
    const ssize_t count = ::write(spawned_.input.get(), first.data() + written_, first.size() - written_);
    if (count < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) drop_input();  // it reads no more
      return;
    }
    written_ += static_cast<size_t>(count);
    pending_ -= static_cast<uint64_t>(count);
    if (written_ < first.size()) return;
    queue_.pop_front();
    written_ = 0;
  }
  loop_.watch(spawned_.input.get(), 0, nullptr);
  if (closing_) close(spawned_.input);
  listener_->drained();
}

void Running::drop_input() {
  close(spawned_.input);
  queue_.clear();
  pending_ = 0;
}

void Running::close_input() {
  closing_ = true;
  if (queue_.empty()) close(spawned_.input);
}

void Running::pause(bool paused) {
  if (paused == paused_) return;
  paused_ = paused;
  if (!spawned_.output.open()) return;
  watch(spawned_.output, paused ? 0U : uint32_t{EPOLLIN}, &Running::readable);
}

void Running::readable() {
  std::array<char, kPiece> buffer;
  const size_t most =
      reaped_ ? std::min<size_t>(buffer.size(), static_cast<size_t>(last_output_)) : buffer.size();
  const ssize_t count = most == 0 ? 0 : read(spawned_.output.get(), buffer.data(), most);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count > 0) {
    if (reaped_) last_output_ -= count;
    listener_->wrote({buffer.data(), static_cast<size_t>(count)});
    if (listener_ == nullptr || !spawned_.output.open()) return;
  }
  if (count <= 0 || (reaped_ && last_output_ == 0)) finish_output();
}

void Running::finish_output() {
  close(spawned_.output);
  tell_end();
}

void Running::readable_errors() {
  std::array<char, kPiece> buffer;
  const ssize_t count = read(spawned_.errors.get(), buffer.data(), buffer.size());
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return close(spawned_.errors);
  const auto handed = std::min(errors_left_, static_cast<uint64_t>(count));
  errors_left_ -= handed;
  if (handed > 0) listener_->wrote_error({buffer.data(), static_cast<size_t>(handed)});
}

// What it started goes with it, and before its number can be another's.
void Running::exited() {
  signal(SIGKILL);
  reap();
  drop_input();
  // Its last words, of which the end may be told before.
  if (spawned_.errors.open()) readable_errors();
  if (listener_ == nullptr) return;
  close(spawned_.errors);
  if (!spawned_.output.open()) return tell_end();
  int waiting = 0;
  ioctl(spawned_.output.get(), FIONREAD, &waiting);
  last_output_ = waiting;
  if (waiting == 0) finish_output();
}

void Running::reap() {
  watch_no_more(spawned_.id);
  close(spawned_.end);
  loop_.cancel_timer(timer_);
  siginfo_t info{};
  if (waitid(P_PID, static_cast<id_t>(spawned_.id), &info, WEXITED | WNOHANG) == 0 && info.si_pid != 0 &&
      info.si_code == CLD_EXITED) {
    ended_.code = info.si_status;
  } else {
    ended_.code = -1;
    ended_.signal = info.si_pid != 0 ? info.si_status : 0;
  }
  reaped_ = true;
}

void Running::tell_end() {
  if (!reaped_ || told_) return;
  told_ = true;
  listener_->ended(ended_);
}

void Running::end(int64_t grace) {
  if (reaped_) return;
  ended_.asked = true;
  drop_input();
  if (grace <= 0) return signal(SIGKILL);
  escalate(grace, SIGTERM);
}

void Running::escalate(int64_t grace, int number) {
  loop_.cancel_timer(timer_);
  timer_ = loop_.after(grace, [weak = weak_from_this(), grace, number] {
    const auto self = weak.lock();
    if (!self) return;
    self->signal(number);
    if (number == SIGKILL) return;
    self->signal(SIGCONT);  // one that is stopped hears nothing else
    self->escalate(grace, SIGKILL);
  });
}

void Running::destroy() {
  listener_ = nullptr;
  loop_.cancel_timer(timer_);
  if (!reaped_) {
    signal(SIGKILL);
    pollfd gone{.fd = spawned_.end.get(), .events = POLLIN, .revents = 0};
    while (poll(&gone, 1, kReapWait) < 0 && errno == EINTR) {}
    reap();
  }
  drop_input();
  close(spawned_.output);
  close(spawned_.errors);
}

class Handle final : public Process {
 public:
  explicit Handle(std::shared_ptr<Running> running) : running_(std::move(running)) {}
  ~Handle() override { running_->destroy(); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  void write(std::string bytes) override { running_->write(std::move(bytes)); }
  [[nodiscard]] uint64_t pending() const override { return running_->pending(); }
  void close_input() override { running_->close_input(); }
  void pause() override { running_->pause(true); }
  void resume() override { running_->pause(false); }
  void end(int64_t grace) override { running_->end(grace); }
  [[nodiscard]] int id() const override { return running_->id(); }

 private:
  std::shared_ptr<Running> running_;
};

}  // namespace

std::unique_ptr<Process> start(EventLoop& loop, Settings settings, Listener& listener, std::string& error) {
  std::optional<Spawned> spawned = spawn(settings, error);
  if (!spawned) return nullptr;
  auto running = std::make_shared<Running>(loop, *std::move(spawned), settings.most_errors, listener);
  running->begin();
  return std::make_unique<Handle>(std::move(running));
}

}  // namespace chain::process
