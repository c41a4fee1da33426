// What runs of a chain cost: at most, by the prices of its models, and usually, by the runs before.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/graph/module.h"
#include "compiler/plan/call_bounds.h"
#include "runtime/model/prices.h"

namespace chain::store {
class Records;
}

namespace chain::cli {

/// Requests of one prompt or agent to its model, a fallback's prices counting where they are higher.
struct RequestCost {
  std::string name;   // "classify@2.0"
  std::string model;  // as the program names it
  std::string formula;
  std::optional<uint64_t> requests;   // at most; nothing without a bound
  std::optional<model::Price> price;  // nothing if one has none
  std::string unpriced;               // "PROVIDER/ID" of that one
  int64_t answer = 0;                 // tokens of an answer, at most; 0 if `max_tokens` does not say
  /// In 1e-9 US dollars: all its requests, each answered at once, guessed from the prompt's text and types.
  /// Nothing of agents.
  std::optional<int64_t> typical;
  bool searches_web = false;
  int64_t searches = 0;  // of the web for one answer, at most; -1 without a bound
};

/// In 1e-9 US dollars, of runs that came to their end.
struct PastCost {
  size_t runs = 0;
  int64_t median = 0;
  int64_t high = 0;  // the 95th percentile
};

struct ChainCost {
  std::vector<RequestCost> requests;
  std::optional<PastCost> past;

  [[nodiscard]] bool free() const;
  /// What all answers together cost at most, in 1e-9 US dollars, the text of their requests and what searches
  /// find apart. Nothing if a bound or a price is missing.
  [[nodiscard]] std::optional<int64_t> answers() const;
  /// What a run usually costs, guessed, in 1e-9 US dollars. Nothing if there is no price, or no guess.
  [[nodiscard]] std::optional<int64_t> typical() const;
};

/// Of a chain whose calls are `calls`.
[[nodiscard]] std::vector<RequestCost> request_costs(const graph::Module& module,
                                                     const std::vector<plan::CallLine>& calls,
                                                     const model::Prices& prices);

/// Of the last hundred runs of `artifact`; nothing if there is none of which all is known.
[[nodiscard]] std::optional<PastCost> past_cost(store::Records& records, const std::string& artifact);

/// Lines for people, indented by two; `within` is the chain's bound in 1e-9 US dollars, -1 for none.
[[nodiscard]] std::string cost_lines(const ChainCost& cost, int64_t within);

}  // namespace chain::cli
