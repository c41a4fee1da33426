#include "runtime/sched/timer_heap.h"

#include <utility>

namespace chain {

namespace {
constexpr uint32_t kArity = 4;
}

uint64_t TimerHeap::add(int64_t due, Callback callback) {
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t index = free_.back();
  free_.pop_back();
  Slot& slot = slots_[index];
  slot.callback = std::move(callback);
  slot.used = true;
  heap_.emplace_back();
  sift_up(static_cast<uint32_t>(heap_.size() - 1), {due, sequence_++, index});
  return uint64_t{slot.generation} << 32 | index;
}

void TimerHeap::cancel(uint64_t id) {
  const auto index = static_cast<uint32_t>(id);
  if (index >= slots_.size()) return;
  const Slot& slot = slots_[index];
  if (slot.used && slot.generation == id >> 32) remove_at(slot.position);
}

bool TimerHeap::pop(int64_t now, uint64_t sequence, Callback& callback) {
  if (heap_.empty() || heap_.front().due > now || heap_.front().sequence >= sequence) return false;
  callback = std::move(slots_[heap_.front().slot].callback);
  remove_at(0);
  return true;
}

void TimerHeap::place(uint32_t position, const Entry& entry) {
  heap_[position] = entry;
  slots_[entry.slot].position = position;
}

void TimerHeap::sift_up(uint32_t position, const Entry& entry) {
  while (position > 0) {
    const uint32_t parent = (position - 1) / kArity;
    if (!entry.before(heap_[parent])) break;
    place(position, heap_[parent]);
    position = parent;
  }
  place(position, entry);
}

void TimerHeap::sift_down(uint32_t position, const Entry& entry) {
  const auto size = static_cast<uint32_t>(heap_.size());
  while (true) {
    const uint32_t first = position * kArity + 1;
    if (first >= size) break;
    uint32_t least = first;
    for (uint32_t child = first + 1; child < size && child < first + kArity; ++child) {
      if (heap_[child].before(heap_[least])) least = child;
    }
    if (!heap_[least].before(entry)) break;
    place(position, heap_[least]);
    position = least;
  }
  place(position, entry);
}

void TimerHeap::remove_at(uint32_t position) {
  const uint32_t index = heap_[position].slot;
  Slot& slot = slots_[index];
  slot.callback = nullptr;
  slot.used = false;
  if (++slot.generation == 0) slot.generation = 1;  // keeps ids from being 0
  free_.push_back(index);
  const Entry last = heap_.back();
  heap_.pop_back();
  if (position == heap_.size()) return;
  if (position > 0 && last.before(heap_[(position - 1) / kArity])) {
    sift_up(position, last);
  } else {
    sift_down(position, last);
  }
}

}  // namespace chain
