// Searches of the indexes of a program: what the scheduler needs of whoever makes them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "runtime/model/client.h"
#include "runtime/retrieve/search.h"

namespace chain::retrieve {

struct SearchRequest {
  uint32_t resource = 0;  // place in Program::resources
  Query query;            // `mode` is the index's own unless `mode_said`
  bool mode_said = false;
  bool rerank = false;  // by the index's own reranker
  const void* run = nullptr;
};

struct SearchResult {
  std::vector<Found> passages;
  std::string content;  // names the state of the index that answered: for lineage and caches
  model::Usage usage;   // of embedding the query, and of reranking
};

struct SearchEnd {
  std::function<void(SearchResult)> done;
  std::function<void(model::Failure)> failed;
};

/// Makes searches. For the loop's thread; what takes long happens on others.
class Searches {
 public:
  using CallId = uint64_t;  // never 0

  virtual ~Searches() = default;
  /// Exactly one of the two is called, on the loop's thread and never from within.
  virtual CallId search(SearchRequest request, SearchEnd end) = 0;
  /// Nobody hears of it any more. Unknown ids are ignored.
  virtual void cancel(CallId call) = 0;
};

}  // namespace chain::retrieve
