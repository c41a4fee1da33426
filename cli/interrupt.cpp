#include "cli/interrupt.h"

#include <sys/time.h>
#include <unistd.h>

#include <atomic>

#include "runtime/sched/event_loop.h"

namespace chain::cli {
namespace {

constexpr suseconds_t kPatienceMicroseconds = 80'000;
constexpr std::array<int, 3> kSignals = {SIGINT, SIGTERM, SIGHUP};

// Lock-free, so that the handlers may touch them.
std::atomic<EventLoop*> loop_to_stop = nullptr;
std::atomic<int> caught = 0;  // the signal
static_assert(std::atomic<EventLoop*>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void set_alarm(suseconds_t microseconds) {
  itimerval timer{};
  timer.it_value.tv_usec = microseconds;
  setitimer(ITIMER_REAL, &timer, nullptr);
}

extern "C" void on_signal(int signal) {
  if (caught.exchange(signal) != 0) _exit(128 + signal);
  set_alarm(kPatienceMicroseconds);
  if (EventLoop* loop = loop_to_stop) loop->stop();
}

extern "C" void on_alarm(int) {
  _exit(interrupted_exit());
}

}  // namespace

int interrupted_exit() {
  const int signal = caught;
  return 128 + (signal != 0 ? signal : SIGINT);
}

bool told_to_end() {
  const int signal = caught;
  return signal != 0 && signal != SIGINT;
}

Interrupt::Interrupt(EventLoop& loop) {
  caught = 0;
  loop_to_stop = &loop;
  struct sigaction action{};
  sigemptyset(&action.sa_mask);
  action.sa_handler = on_alarm;
  sigaction(SIGALRM, &action, &alarm_before_);
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  for (size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], &action, &before_[i]);
    if (before_[i].sa_handler == SIG_IGN) sigaction(kSignals[i], &before_[i], nullptr);  // as nohup wants it
  }
}

Interrupt::~Interrupt() {
  set_alarm(0);
  for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before_[i], nullptr);
  sigaction(SIGALRM, &alarm_before_, nullptr);
  loop_to_stop = nullptr;
}

bool Interrupt::requested() const {
  return caught != 0;
}

}  // namespace chain::cli
