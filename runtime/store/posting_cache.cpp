#include "runtime/store/posting_cache.h"

#include <utility>

namespace chain::store {

PostingCache::List PostingCache::find(const std::string& term) {
  const auto found = entries_.find(term);
  if (found == entries_.end()) return nullptr;
  used_.splice(used_.begin(), used_, found->second.used);
  return found->second.list;
}

void PostingCache::keep(const std::string& term, List list) {
  bytes_ += list->postings.size() * sizeof(Posting);
  while (bytes_ > most_ && !used_.empty()) {
    const auto oldest = entries_.find(used_.back());
    bytes_ -= oldest->second.list->postings.size() * sizeof(Posting);
    entries_.erase(oldest);
    used_.pop_back();
  }
  used_.push_front(term);
  entries_[term] = {std::move(list), used_.begin()};
}

void PostingCache::clear() {
  entries_.clear();
  used_.clear();
  bytes_ = 0;
}

}  // namespace chain::store
