// Where a term stands, in memory. Private to passage_words.cpp and posting_sums.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace chain::store {

/// How often a term stands in a passage, weighed: tf / (tf + k1 (1 - b + b length / average)).
struct Posting {
  uint32_t passage = 0;  // its place among all, by id
  float weight = 0;
};

/// Of one term, by place.
struct PostingList {
  std::vector<Posting> postings;
  float most = 0;  // the largest weight
};

/// Lists that were long enough to be worth keeping, the latest ones; for one state of the file.
class PostingCache {
 public:
  using List = std::shared_ptr<const PostingList>;
  explicit PostingCache(size_t most_bytes) : most_(most_bytes) {}
  /// Null if it is not there.
  [[nodiscard]] List find(const std::string& term);
  void keep(const std::string& term, List list);
  void clear();

 private:
  struct Entry {
    List list;
    std::list<std::string>::iterator used;
  };
  size_t most_, bytes_ = 0;
  std::unordered_map<std::string, Entry> entries_;
  std::list<std::string> used_;  // the latest first
};

}  // namespace chain::store
