#include "runtime/sched/clock.h"

#include <ctime>

namespace chain {

namespace {

class MonotonicClock final : public Clock {
 public:
  [[nodiscard]] int64_t now() const override {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  }
};

}  // namespace

const Clock& monotonic_clock() {
  static const MonotonicClock clock;
  return clock;
}

bool VirtualClock::skip_to(int64_t due) const {
  if (due > now()) now_.store(due, std::memory_order_relaxed);
  return true;
}

}  // namespace chain
