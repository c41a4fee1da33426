// Ctrl-C while a run is under way.
#pragma once

#include <csignal>

namespace chain {
class EventLoop;
}

namespace chain::cli {

/// While one lives, the first SIGINT stops the loop, so that the run can be cancelled in order. A second one,
/// or 80 ms without getting to the end, ends the process at once. One at a time.
class Interrupt {
 public:
  explicit Interrupt(EventLoop& loop);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  [[nodiscard]] bool requested() const;

 private:
  struct sigaction interrupt_before_;
  struct sigaction alarm_before_;
};

}  // namespace chain::cli
