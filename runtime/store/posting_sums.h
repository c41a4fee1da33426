// The passages whose terms weigh most, exactly, without going through all of what is in nearly every passage.
// Private to passage_words.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "runtime/store/posting_cache.h"

namespace chain::store {

/// Sums of weights by passage. Terms are added by how much they can add at most; once what is left cannot
/// bring another passage among the best, it is only looked up for those that can still be (MaxScore, term by
/// term: Turtle and Flood 1995).
class PostingSums {
 public:
  /// Of `passages` passages the `top` best are wanted.
  PostingSums(size_t passages, size_t top) : sums_(passages), top_(top) {}
  /// Only these places, sorted, are wanted.
  void keep_to(std::vector<uint32_t> places) {
    left_ = std::move(places);
    narrowed_ = true;
  }

  /// A term counts `weight` times what its list says. `term` sets the order of equal ones, so that sums do
  /// not depend on that of the question.
  void add(std::string term, double weight, PostingCache::List list);

  /// Places with their sums, all above 0, best first; of equal ones the first place. Once.
  [[nodiscard]] std::vector<std::pair<uint32_t, double>> best();

 private:
  struct Term {
    std::string text;
    double weight = 0, most = 0;
    PostingCache::List list;
  };
  /// Best first; at most `top`.
  [[nodiscard]] std::vector<std::pair<uint32_t, double>> best_so_far() const;
  /// Keeps to the places that `rest` more can bring among the best, unless these are more than `most`.
  void narrow(double rest, size_t most);
  void add_all(const Term& term);
  void add_to_left(const Term& term);
  void add_held();
  template <class Take>
  void each_place(Take take) const;

  std::vector<double> sums_;
  size_t top_;
  std::vector<Term> held_;
  size_t held_postings_ = 0;
  bool narrowed_ = false;
  std::vector<uint32_t> left_;  // if so: the places that may still be among the best, sorted
};

}  // namespace chain::store
