// Where sentences and lines end. Internal to runtime/documents.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace chain::documents {

/// Begin and end of a part of a text, without the white space around it.
using Part = std::pair<size_t, size_t>;

/// Finds sentences by the rules of Unicode (UAX #29), as ICU has them. A line ends a sentence too where it is
/// short, or where an item of a list begins behind it: only full lines are taken to be wrapped.
class SentenceFinder {
 public:
  SentenceFinder();
  ~SentenceFinder();
  SentenceFinder(const SentenceFinder&) = delete;
  SentenceFinder& operator=(const SentenceFinder&) = delete;

  [[nodiscard]] std::vector<Part> find(std::string_view text);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

[[nodiscard]] std::vector<Part> find_lines(std::string_view text);
[[nodiscard]] std::vector<Part> find_words(std::string_view text);

}  // namespace chain::documents
