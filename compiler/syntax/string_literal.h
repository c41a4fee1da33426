// Where a string literal ends. Templates nest in strings and strings in templates, which is more than a
// lexer's rules can say in linear time.
#pragma once

#include <cstdint>
#include <string_view>

namespace chain::syntax {

inline constexpr uint32_t kNowhere = UINT32_MAX;

/// The pieces of a literal; all are offsets in the file.
struct StringExtent {
  uint32_t end = 0;            // after the closing quote, or where reading should go on
  uint32_t content_begin = 0;  // after the opening quote
  uint32_t content_end = 0;    // before the closing quote
  bool raw = false;
  bool block = false;
  bool closed = false;
  bool too_deep = false;
  uint32_t open_tag = kNowhere;  // the `{{`, `{%` or `{#` that kept the literal open
  uint64_t steps = 0;            // bytes looked at, to show that the work is linear
};

/// Reads the literal whose `"` or `r"` stands at `begin`; no byte at or after `limit` is looked at.
/// With `flat`, tags are not honoured: the first quote closes. Linear; never recurses.
[[nodiscard]] StringExtent scan_string(std::string_view text, uint32_t begin, uint32_t limit, size_t nesting,
                                       bool flat = false);

/// Where the code of a tag ends: `begin` stands after `{{` or `{%`; gives the offset of its `}}` or `%}`, or
/// `kNowhere`. `kind` is the second character of the tag, `{` or `%`. The bytes looked at are added to
/// `steps`, which may be null.
[[nodiscard]] uint32_t find_tag_end(std::string_view text, uint32_t begin, uint32_t limit, char kind,
                                    size_t nesting, uint64_t* steps = nullptr);

/// If a `{% raw %}` tag opens at `begin` (its `{`), the offset after its `%}`; else `kNowhere`.
[[nodiscard]] uint32_t raw_tag_end(std::string_view text, uint32_t begin, uint32_t limit);

/// The next `{% endraw %}` from `begin`, with `one_line` on its line: its own offset and the one after it;
/// `kNowhere` twice without one.
struct RawEnd {
  uint32_t begin = kNowhere;
  uint32_t end = kNowhere;
};
[[nodiscard]] RawEnd find_endraw(std::string_view text, uint32_t begin, uint32_t limit,
                                 bool one_line = false);

}  // namespace chain::syntax
