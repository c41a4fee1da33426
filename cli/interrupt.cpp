#include "cli/interrupt.h"

#include <sys/time.h>
#include <unistd.h>

#include <atomic>

#include "cli/verbs.h"
#include "runtime/process/process.h"
#include "runtime/sched/event_loop.h"

namespace chain::cli {
namespace {

constexpr suseconds_t kPatienceMicroseconds = 80'000;

// Lock-free, so that the handlers may touch them.
std::atomic<EventLoop*> loop_to_stop = nullptr;
std::atomic<bool> interrupted = false;
static_assert(std::atomic<EventLoop*>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

void set_alarm(suseconds_t microseconds) {
  itimerval timer{};
  timer.it_value.tv_usec = microseconds;
  setitimer(ITIMER_REAL, &timer, nullptr);
}

extern "C" void on_interrupt(int) {
  interrupted = true;
  set_alarm(kPatienceMicroseconds);
  if (EventLoop* loop = loop_to_stop) loop->stop();
}

extern "C" void on_alarm(int) {
  process::kill_all();
  _exit(kInterrupted);
}

}  // namespace

Interrupt::Interrupt(EventLoop& loop) {
  interrupted = false;
  loop_to_stop = &loop;
  struct sigaction action{};
  sigemptyset(&action.sa_mask);
  action.sa_handler = on_alarm;
  sigaction(SIGALRM, &action, &alarm_before_);
  action.sa_handler = on_interrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigaction(SIGINT, &action, &interrupt_before_);
  if (interrupt_before_.sa_handler == SIG_IGN)
    sigaction(SIGINT, &interrupt_before_, nullptr);  // as nohup wants it
}

Interrupt::~Interrupt() {
  set_alarm(0);
  sigaction(SIGINT, &interrupt_before_, nullptr);
  sigaction(SIGALRM, &alarm_before_, nullptr);
  loop_to_stop = nullptr;
}

bool Interrupt::requested() const {
  return interrupted;
}

}  // namespace chain::cli
