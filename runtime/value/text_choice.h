// Which of a few words a text means. Internal to runtime/value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chain::value {

/// The words that stand for the values of a closed type: cases of an enum, literals, true and false.
class TextChoices {
 public:
  struct Match {
    enum class Kind : uint8_t { None, Found, Ambiguous };
    Kind kind = Kind::None;
    uint32_t value = 0;
    uint32_t cost = 0;  // 0 if the text is the word itself
  };

  /// `description` also finds `value`, but only where no word does. Either may be empty.
  void add(uint32_t value, std::string_view word, std::string_view description = {});

  /// The value whose word `text` is: exactly; or but for case, accents and punctuation; or its description;
  /// or else the one that occurs most often within `text`, as a word of its own, at least once undenied ("not
  /// high" does not mean `high`). Where two of them overlap the longer counts; a tie is ambiguous.
  [[nodiscard]] Match find(std::string_view text) const;

  static constexpr uint32_t kFoldedCost = 2;
  static constexpr uint32_t kDescriptionCost = 4;
  static constexpr uint32_t kWithinCost = 12;

 private:
  struct Choice {
    uint32_t value;
    std::string text;  // as written
    std::string folded;
    std::string letters;
    bool description;
  };

  [[nodiscard]] Match find_whole(std::string_view text) const;
  [[nodiscard]] Match find_within(std::string_view text, bool folded, bool descriptions) const;

  std::vector<Choice> choices_;
  uint32_t values_ = 0;
};

}  // namespace chain::value
