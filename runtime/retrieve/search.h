// One search of an index: by words, by vectors, or both; filtered, spread out, widened.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/store/passage_file.h"
#include "runtime/vectors/vector_index.h"

namespace chain::retrieve {

enum class Mode : uint8_t { Words, Vectors, Hybrid };

struct Query {
  std::string text;
  uint32_t top = 5;
  Mode mode = Mode::Hybrid;
  std::vector<std::pair<std::string, std::string>> where;  // every one must hold
  double word_weight = 1, vector_weight = 1;               // of reciprocal rank fusion (k = 60)
  double diversity = 0;     // maximal marginal relevance: 0 for relevance alone, to 1
  uint32_t neighbours = 0;  // passages before and behind that are joined to each one found
  bool parent = false;      // the whole section (same headings) or, without headings, the document
};

/// A passage as programs see it.
struct Found {
  std::string id;
  std::string text;
  std::string source;  // with the place: "docs/a.md:12", "paper.pdf, page 3"
  double score = 0;
  std::vector<std::pair<std::string, std::string>>
      meta;  // the document's, and `title`, `heading`, `line`, `page`
};

/// `vectors` and `embedded` (the query's vector) may be null and empty for `Mode::Words`.
[[nodiscard]] std::vector<Found> search(store::PassageFile& file, const vectors::VectorIndex* vectors,
                                        std::span<const float> embedded, const Query& query);

}  // namespace chain::retrieve
