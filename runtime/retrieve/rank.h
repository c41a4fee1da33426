// The order in which passages answer a query: of the words' list, the vectors', or both.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/retrieve/search.h"

namespace chain::retrieve {

struct Ranked {
  int64_t id = 0;
  double score = 0;  // BM25, cosine, or by reciprocal rank fusion: comparable within one list
};

/// How many passages each list gives for a query of `top`.
[[nodiscard]] size_t candidates_for(uint32_t top);

/// Best first, of equal scores the lower id; `candidates_for(query.top)` or more, unless there are fewer.
[[nodiscard]] std::vector<Ranked> rank(store::PassageFile& file, const vectors::VectorIndex* vectors,
                                       std::span<const float> embedded, const Query& query);

/// Maximal marginal relevance (Carbonell and Goldstein 1998): puts those first of `ranked` that are like the
/// query and unlike those before them, by the cosine of their vectors, or by the words that they share where
/// vectors are missing. `diversity` from 0 to 1; `candidates_for(top)` passages, but no more than 1,000, are
/// weighed against each other.
void diversify(store::PassageFile& file, std::vector<Ranked>& ranked, double diversity, uint32_t top);

}  // namespace chain::retrieve
