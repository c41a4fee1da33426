#include "runtime/process/groups.h"

#include <array>
#include <atomic>
#include <csignal>

#include "runtime/process/process.h"

namespace chain::process {

namespace {

// Lock-free, so that the handler may read them.
std::array<std::atomic<pid_t>, 4096> groups{};
static_assert(std::atomic<pid_t>::is_always_lock_free);

extern "C" void on_end(int number) {
  kill_all();
  raise(number);  // as it would have ended without us: the handler was there once
}

/// Whoever minds a signal by himself, or has it ignored, goes on to.
void listen() {
  for (const int number : {SIGTERM, SIGHUP}) {
    struct sigaction action{};
    if (sigaction(number, nullptr, &action) != 0 || action.sa_handler != SIG_DFL) continue;
    action.sa_handler = on_end;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(number, &action, nullptr);
  }
}

}  // namespace

void kill_all() noexcept {
  for (const std::atomic<pid_t>& group : groups) {
    if (const pid_t id = group.load(); id > 0) kill(-id, SIGKILL);
  }
}

void remember_group(pid_t group) {
  listen();
  for (std::atomic<pid_t>& each : groups) {
    pid_t none = 0;
    if (each.compare_exchange_strong(none, group)) return;
  }
}

void forget_group(pid_t group) {
  for (std::atomic<pid_t>& each : groups) {
    pid_t known = group;
    if (each.compare_exchange_strong(known, 0)) return;
  }
}

}  // namespace chain::process
