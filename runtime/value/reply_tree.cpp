#include "runtime/value/reply_tree.h"

#include <iterator>

namespace chain::value {

std::vector<std::string> Mends::phrases() const {
  constexpr const char* kPhrases[] = {
      "left out a comment",
      "left out a trailing comma",
      "put in a missing comma",
      "put quotes around a key",
      "put quotes around text",
      "took other quotes for double ones",
      "took a quote within text for a part of it",
      "took a line break within text for a part of it",
      "closed what was cut off",
      "mended brackets that did not match",
      "took a missing value for null",
      "took brackets beyond the depth limit for text",
      "left out the text around the answer",
      "took the answer out of a fenced block",
  };
  std::vector<std::string> phrases;
  for (uint8_t i = 0; i < std::size(kPhrases); ++i) {
    if (has(static_cast<Mend>(i))) phrases.emplace_back(kPhrases[i]);
  }
  return phrases;
}

}  // namespace chain::value
