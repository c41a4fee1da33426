#include "runtime/store/posting_sums.h"

#include <algorithm>
#include <utility>

namespace chain::store {
namespace {

using Sum = std::pair<uint32_t, double>;

/// Postings held at once, 64 MiB of them: a question may have a thousand terms that stand everywhere.
constexpr size_t kMostHeld = (size_t{64} << 20) / sizeof(Posting);
/// A list is looked into, rather than gone through, for fewer places than its size by this.
constexpr size_t kLookUp = 16;

bool is_better(const Sum& left, const Sum& right) {
  return left.second > right.second || (left.second == right.second && left.first < right.first);
}

}  // namespace

void PostingSums::add(std::string term, double weight, PostingCache::List list) {
  held_postings_ += list->postings.size();
  const double most = weight * list->most;
  held_.push_back({std::move(term), weight, most, std::move(list)});
  if (held_postings_ > kMostHeld) add_held();
}

void PostingSums::add_held() {
  for (const Term& term : held_) add_all(term);
  held_.clear();
  held_postings_ = 0;
}

std::vector<Sum> PostingSums::best() {
  if (top_ == 0) return {};
  std::ranges::sort(held_, [](const Term& left, const Term& right) {
    return left.most > right.most || (left.most == right.most && left.text < right.text);
  });
  double rest = 0;
  for (const Term& term : held_) rest += term.most;
  // To look for what is left costs as much as a list in every tenth passage: only now and then, and before
  // long ones.
  double next_look = rest / 2;
  for (const Term& term : held_) {
    const size_t worth = term.list->postings.size() / kLookUp;
    const bool is_long = term.list->postings.size() > sums_.size() / kLookUp;
    if (is_long && rest <= next_look && (!narrowed_ || left_.size() > worth)) {
      narrow(rest, worth);
      next_look = rest / 2;
    }
    if (narrowed_ && left_.size() <= worth) {
      add_to_left(term);
    } else {
      add_all(term);
    }
    rest -= term.most;
  }
  return best_so_far();
}

void PostingSums::add_all(const Term& term) {
  for (const Posting& posting : term.list->postings) sums_[posting.passage] += term.weight * posting.weight;
}

void PostingSums::add_to_left(const Term& term) {
  const std::vector<Posting>& postings = term.list->postings;
  auto from = postings.begin();
  for (const uint32_t place : left_) {
    // By steps that double: places lie far apart.
    size_t step = 1;
    const auto ahead = [&] { return static_cast<size_t>(postings.end() - from); };
    while (step < ahead() && from[static_cast<std::ptrdiff_t>(step)].passage < place) step *= 2;
    const auto until = from + static_cast<std::ptrdiff_t>(std::min(step + 1, ahead()));
    from = std::lower_bound(from, until, place,
                            [](const Posting& posting, uint32_t wanted) { return posting.passage < wanted; });
    if (from == postings.end()) return;
    if (from->passage == place) sums_[place] += term.weight * from->weight;
  }
}

template <class Take>
void PostingSums::each_place(Take take) const {
  if (narrowed_) {
    for (const uint32_t place : left_) take(place);
  } else {
    for (uint32_t place = 0; place < sums_.size(); ++place) take(place);
  }
}

void PostingSums::narrow(double rest, size_t most) {
  const std::vector<Sum> best = best_so_far();
  if (best.size() < top_) return;
  // Sums are not exact: what is as good as equal stays.
  const double least = (best.back().second - rest) * (1 - 1e-9) - 1e-12;
  if (least <= 0) return;
  std::vector<uint32_t> kept;
  each_place([&](uint32_t place) {
    if (sums_[place] >= least) kept.push_back(place);
  });
  if (kept.size() <= most || narrowed_) keep_to(std::move(kept));
}

std::vector<Sum> PostingSums::best_so_far() const {
  std::vector<Sum> heap;  // the worst first
  double least = 0;       // what a sum must be above
  each_place([&](uint32_t place) {
    // Of equal ones the first stay.
    if (sums_[place] <= least) return;
    if (heap.size() == top_) {
      std::ranges::pop_heap(heap, is_better);
      heap.pop_back();
    }
    heap.emplace_back(place, sums_[place]);
    std::ranges::push_heap(heap, is_better);
    if (heap.size() == top_) least = heap.front().second;
  });
  std::ranges::sort_heap(heap, is_better);
  return heap;
}

}  // namespace chain::store
