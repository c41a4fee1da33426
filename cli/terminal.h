// The terminal: whether there is one, and what may be shown on it.
#pragma once

#include <string>
#include <string_view>

namespace chain::cli {

enum class Escape {
  Text,  // as \x1b and \u{202e}
  Json,  // as \u001b and \u202e, which JSON readers turn back
};

/// `text` fit for a terminal. Escaped are what could move the cursor, colour, hide or reorder other text: C0
/// (but for line feed and tab), DEL, C1, line and paragraph separators, bidirectional controls, interlinear
/// annotation and tag characters, and bytes that are not UTF-8.
[[nodiscard]] std::string printable(std::string_view text, Escape escape = Escape::Text);

/// `printable` text on one line, its line breaks written as `\n` and `\r`: nothing in it can pass for a line
/// of its own.
[[nodiscard]] std::string one_line(std::string_view text);

/// A terminal that can move its cursor stands at file descriptor `fd`: it is one, and TERM is set and not
/// "dumb".
[[nodiscard]] bool is_terminal(int fd);
/// As `is_terminal`, and NO_COLOR (no-color.org) is not set.
[[nodiscard]] bool has_color(int fd);
/// Columns of the terminal at `fd`; 80 if it does not say.
[[nodiscard]] size_t columns(int fd);

/// Characters as a terminal counts columns, near enough to cut a line: wide East Asian ones are two.
[[nodiscard]] size_t display_width(std::string_view text);
/// `text` cut to `width` columns.
[[nodiscard]] std::string_view cut_to_width(std::string_view text, size_t width);

}  // namespace chain::cli
