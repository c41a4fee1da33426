// Source text as a terminal shows it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace chain {

/// One character as it is shown: what cannot be shown, or would change how the rest is shown (control
/// characters, bidirectional overrides, broken UTF-8), is spelled out.
struct Glyph {
  std::string text;
  int columns = 1;     // that it takes on a terminal
  uint32_t bytes = 1;  // that it took in the source
};

inline constexpr int kTabStop = 4;

/// The character at `at`; `column` is where it is shown, for tabs.
[[nodiscard]] Glyph glyph_at(std::string_view line, size_t at, int column);

/// `text` with every character that cannot be shown spelled out. Line breaks stay.
[[nodiscard]] std::string displayable(std::string_view text);

}  // namespace chain
