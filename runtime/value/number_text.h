// Numbers as people write them. Internal to runtime/value.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace chain::value {

struct NumberText {
  double value = 0;
  int64_t whole = 0;      // the same, if `is_whole`
  bool is_whole = false;  // written as an integer that fits into 64 bits
  bool percent = false;   // `value` is what stands before the sign
  bool plain = false;     // as JSON writes it
};

/// `text` as one number, perhaps with a sign, a currency sign, commas between thousands, a percent sign, or
/// as a fraction "1/2". Nothing if there is more to it, or it is out of range.
[[nodiscard]] std::optional<NumberText> read_number(std::string_view text);

/// The only number within `text`; nothing if there are none or several. Digits that go on from a letter are
/// part of a name.
[[nodiscard]] std::optional<NumberText> find_only_number(std::string_view text);

}  // namespace chain::value
