// How `baseline` looks at text: folded words and character runs, compared by weighted cosine.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace chain::model::baseline {

/// At most so many bytes of one text are looked at; what a reply is made of stays linear in the input.
inline constexpr size_t kMaxTextBytes = 64 << 10;

/// NFKC with case folded, so that full-width, composed and capital forms compare equal (UAX #15).
[[nodiscard]] std::string fold(std::string_view text);

/// The words of a folded text: runs of letters, digits and marks.
[[nodiscard]] std::vector<std::string_view> words(std::string_view folded);

/// A text as a bag of hashed features, sorted by hash: its words, runs of two and three characters in
/// them, single characters of scripts that write syllables or ideas (Hangul, Han, Kana), and the script if
/// not Latin.
using Bag = std::vector<std::pair<uint64_t, float>>;
[[nodiscard]] Bag bag_of(std::string_view text);

/// How telling each feature is: rarer among `documents` counts more (smoothed inverse document frequency).
class Weights {
 public:
  explicit Weights(std::span<const Bag> documents);
  /// Cosine of the two bags' weighted features, 0 to 1; 0 if either is empty.
  [[nodiscard]] double similarity(const Bag& left, const Bag& right) const;

 private:
  [[nodiscard]] double weight(uint64_t feature) const;

  std::unordered_map<uint64_t, uint32_t> document_counts_;
  size_t documents_;
};

/// Views into `text`: sentences and lines, trimmed, none empty.
[[nodiscard]] std::vector<std::string_view> sentences(std::string_view text);

/// A number as it stands in text: "1,234.5", "-3", "$4.20", "90%", "20s".
struct Number {
  double value = 0;
  bool integral = true;
  bool money = false;
  std::string_view unit;  // letters or % glued to it
  std::string_view text;  // digits, sign and unit
};
[[nodiscard]] std::vector<Number> numbers(std::string_view text);

/// Code points of valid UTF-8.
[[nodiscard]] size_t length(std::string_view text);
/// `text` cut to `limit` code points, at the end of a word if that loses less than a third of it.
[[nodiscard]] std::string_view shorten(std::string_view text, size_t limit);

}  // namespace chain::model::baseline
