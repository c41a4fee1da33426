// Which of many tools a question is about, by what is written about them: BM25 (Robertson and Zaragoza 2009)
// joined with hashed words (retrieve/local_hash.h) by reciprocal rank fusion (Cormack, Clarke and Buettcher
// 2009). No index and no model: made for some thousands of tools at most.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chain::tool {

/// What is written about one tool. A word in `name` counts for more than one in the others.
struct ToolText {
  std::string name;  // "shop.find_order"; parts in snake_case and camelCase are words
  std::string doc;
  std::string parameters;  // their names and docs, one after the other
};

struct Relevance {
  uint32_t tool = 0;  // its place in the list
  double score = 0;   // higher is better; comparable within one answer
};

/// The tools that have something in common with `question`, the best first; of equal scores the first in the
/// list. Takes time in proportion to all that is written about them.
[[nodiscard]] std::vector<Relevance> relevant_tools(std::span<const ToolText> tools,
                                                    std::string_view question);

/// Places of the `most` most relevant tools, the best first; of all of them if there are no more. Those that
/// have nothing in common with `question` come last, in the order of the list.
[[nodiscard]] std::vector<uint32_t> most_relevant(std::span<const ToolText> tools, std::string_view question,
                                                  size_t most);

}  // namespace chain::tool
