// Timers in a four-ary heap that knows where each of them is, so that cancelling one really removes it:
// nearly every time-out of a request is cancelled, long before it is due.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace chain {

class TimerHeap {
 public:
  using Callback = std::function<void()>;

  uint64_t add(int64_t due, Callback callback);
  void cancel(uint64_t id);
  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] int64_t next_due() const { return heap_.front().due; }
  /// Every timer made so far has a sequence below this.
  [[nodiscard]] uint64_t sequence() const { return sequence_; }
  /// Removes the first timer and gives its callback if it is due at `now` and older than `sequence`.
  [[nodiscard]] bool pop(int64_t now, uint64_t sequence, Callback& callback);

 private:
  struct Entry {
    int64_t due;
    uint64_t sequence;
    uint32_t slot;
    [[nodiscard]] bool before(const Entry& other) const {
      return due != other.due ? due < other.due : sequence < other.sequence;
    }
  };
  struct Slot {
    Callback callback;
    uint32_t generation = 1;
    uint32_t position = 0;  // in heap_
    bool used = false;
  };

  void place(uint32_t position, const Entry& entry);
  void sift_up(uint32_t position, const Entry& entry);
  void sift_down(uint32_t position, const Entry& entry);
  void remove_at(uint32_t position);

  std::vector<Entry> heap_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  uint64_t sequence_ = 0;
};

}  // namespace chain
