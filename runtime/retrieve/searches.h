// Searches of the indexes of a program: what the scheduler needs of whoever makes them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/model/client.h"
#include "runtime/program/program.h"
#include "runtime/retrieve/search.h"

namespace chain {
class EventLoop;
namespace access {
struct Policy;
}
namespace model {
class VectorClient;
}
}  // namespace chain

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

struct SearchesOptions {
  /// Embeds queries and reranks passages by the program's models; null if it has none for that.
  model::VectorClient* vectors = nullptr;
  /// What the documents of an index may be read from; null for what no program has to ask for.
  std::shared_ptr<const access::Policy> access = nullptr;
  /// Told on the loop's thread, one sentence each: that an index was brought up to date or, which `warns`, is
  /// older than its documents.
  std::function<void(const std::string&, bool warns)> note = {};
  /// Whether an index of local files that costs nothing to build is brought up to date before its first
  /// search.
  bool update = true;
};

/// For the indexes of `program`, each on a thread of its own from its first search on. Program, loop and
/// `options.vectors` outlive it. An index of files whose vectors no model makes is built, or brought up to
/// date, before its first search; another one must have been built.
[[nodiscard]] std::unique_ptr<Searches> make_searches(const program::Program& program, EventLoop& loop,
                                                      SearchesOptions options);

}  // namespace chain::retrieve
