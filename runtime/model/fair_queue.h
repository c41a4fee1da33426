// Who waits, in the order in which it is their turn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <unordered_map>

namespace chain::model {

/// A queue in which runs take turns: of each run the first that came, then of the next run, and so on, so
/// that one with ten thousand calls does not starve one with a single call. Urgent ones go before all, in
/// order. Everything takes O(log n).
class FairQueue {
 public:
  /// `id` is not in the queue yet. `run` is never followed.
  void push(uint64_t id, const void* run, bool urgent);
  /// Whoever is not in the queue is ignored.
  void erase(uint64_t id);
  [[nodiscard]] bool empty() const { return places_.empty(); }
  [[nodiscard]] size_t size() const { return places_.size(); }
  /// Whose turn it is. Not of an empty queue.
  [[nodiscard]] uint64_t front() const;
  uint64_t pop();

 private:
  using Order = std::map<uint64_t, uint64_t>;  // by when they came
  struct Run {
    Order ids;
    std::list<const void*>::iterator turn;
  };
  struct Place {
    const void* run;
    bool urgent;
    uint64_t came;
  };

  Order urgent_;
  std::unordered_map<const void*, Run> runs_;  // those that have somebody here
  std::list<const void*> turns_;               // the same, by whose turn it is
  std::unordered_map<uint64_t, Place> places_;
  uint64_t serial_ = 0;
};

}  // namespace chain::model
