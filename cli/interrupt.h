// Ctrl-C, and being told to end, while a run is under way.
#pragma once

#include <array>
#include <csignal>

namespace chain {
class EventLoop;
}

namespace chain::cli {

/// While one lives, the first SIGINT, SIGTERM or SIGHUP stops the loop, so that the run can be cancelled in
/// order. A second one, or 80 ms without getting to the end, ends the process at once; what it has started is
/// killed then (runtime/process/guard.h). One at a time.
class Interrupt {
 public:
  explicit Interrupt(EventLoop& loop);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  [[nodiscard]] bool requested() const;

 private:
  std::array<struct sigaction, 3> before_;
  struct sigaction alarm_before_;
};

/// The exit code of the process after one: 128 and the signal's number. Of kInterrupted if there was none.
[[nodiscard]] int interrupted_exit();

/// The last one was no Ctrl-C but SIGTERM or SIGHUP: nobody wants to type more.
[[nodiscard]] bool told_to_end();

}  // namespace chain::cli
