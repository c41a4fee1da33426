// Time as the event loop sees it, so that tests can move it.
#pragma once

#include <atomic>
#include <cstdint>

namespace chain {

/// Nanoseconds of a monotonic clock; tests replace it.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual int64_t now() const = 0;
  /// Called by a loop that has nothing to do before `due` (nothing posted, no descriptor watched). A virtual
  /// clock moves there and returns true; with a real one (false) the loop sleeps.
  [[nodiscard]] virtual bool skip_to(int64_t /*due*/) const { return false; }
};

/// CLOCK_MONOTONIC.
[[nodiscard]] const Clock& monotonic_clock();

/// Stands still until moved: by `advance`, or by an idle loop, which skips to its next timer. While a
/// descriptor is watched the loop waits for it in real time and virtual time stands still.
class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(int64_t start = 0) : now_(start) {}
  [[nodiscard]] int64_t now() const override { return now_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool skip_to(int64_t due) const override;
  void advance(int64_t nanoseconds) { now_.fetch_add(nanoseconds, std::memory_order_relaxed); }

 private:
  mutable std::atomic<int64_t> now_;  // mutable: the loop holds its clock as const
};

}  // namespace chain
