#include "runtime/model/fair_queue.h"

namespace chain::model {

void FairQueue::push(uint64_t id, const void* run, bool urgent) {
  const uint64_t came = ++serial_;
  places_.emplace(id, Place{run, urgent, came});
  if (urgent) {
    urgent_.emplace(came, id);
    return;
  }
  const auto [place, is_new] = runs_.try_emplace(run);
  if (is_new) place->second.turn = turns_.insert(turns_.end(), run);
  place->second.ids.emplace(came, id);
}

void FairQueue::erase(uint64_t id) {
  const auto place = places_.find(id);
  if (place == places_.end()) return;
  if (place->second.urgent) {
    urgent_.erase(place->second.came);
  } else {
    const auto run = runs_.find(place->second.run);
    run->second.ids.erase(place->second.came);
    if (run->second.ids.empty()) {
      turns_.erase(run->second.turn);
      runs_.erase(run);
    }
  }
  places_.erase(place);
}

uint64_t FairQueue::front() const {
  if (!urgent_.empty()) return urgent_.begin()->second;
  return runs_.at(turns_.front()).ids.begin()->second;
}

uint64_t FairQueue::pop() {
  const uint64_t id = front();
  if (urgent_.empty()) turns_.splice(turns_.end(), turns_, turns_.begin());
  erase(id);
  return id;
}

}  // namespace chain::model
