// What texts are made of: code points, lower case, words between blanks, as Python 3 has them, in which the
// metrics' references are written. Internal to runtime/metrics.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chain::metrics {

/// What is no UTF-8 is U+FFFD.
[[nodiscard]] std::u32string code_points(std::string_view text);
void append_code_point(std::string& out, char32_t c);

/// By Unicode's full mappings, without a language. What is no UTF-8 is U+FFFD if the text is not all ASCII.
[[nodiscard]] std::string lowercase(std::string_view text);

/// str.isspace of Python.
[[nodiscard]] bool is_blank(char32_t c);
/// The words between blanks; they point into `text`.
[[nodiscard]] std::vector<std::string_view> words_of(std::string_view text);
[[nodiscard]] std::string_view without_trailing_blanks(std::string_view text);
/// The words of `text` with one blank between them.
[[nodiscard]] std::string single_blanks(std::string_view text);

/// string.punctuation of Python.
[[nodiscard]] bool is_ascii_punctuation(char c);

}  // namespace chain::metrics
