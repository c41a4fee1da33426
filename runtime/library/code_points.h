// Walking UTF-8 by code points. Strings are well formed UTF-8 everywhere (RFC 3629); bytes that are not are
// counted one by one, so that nothing here reads past the end. Internal to runtime/library.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/value/utf8.h"

namespace chain::library {

[[nodiscard]] inline bool starts_code_point(char c) {
  return (static_cast<uint8_t>(c) & 0xc0) != 0x80;
}

/// How many code points `text` has.
[[nodiscard]] inline uint64_t count_code_points(std::string_view text) {
  uint64_t count = 0;
  for (const char c : text) count += starts_code_point(c);
  return count;
}

/// The byte where code point `index` begins; the text's size if it has no more than that.
[[nodiscard]] inline size_t offset_of(std::string_view text, uint64_t index) {
  size_t i = 0;
  for (; i < text.size(); ++i) {
    if (!starts_code_point(text[i])) continue;
    if (index-- == 0) break;
  }
  return i;
}

/// Bytes of the code point at the front of `text`, which is not empty.
[[nodiscard]] inline size_t front_length(std::string_view text) {
  size_t length = 1;
  while (length < text.size() && !starts_code_point(text[length])) ++length;
  return length;
}

/// Where a slice from `start` to `end` lies in `size` elements: negative ones count from the end, what lies
/// outside is cut off. `begin <= end` always.
struct Range {
  uint64_t begin = 0;
  uint64_t end = 0;
};
[[nodiscard]] inline Range clip(int64_t start, int64_t end, uint64_t size) {
  const auto place = [size](int64_t index) -> uint64_t {
    if (index >= 0) return static_cast<uint64_t>(index) < size ? static_cast<uint64_t>(index) : size;
    const uint64_t back = uint64_t{0} - static_cast<uint64_t>(index);
    return back < size ? size - back : 0;
  };
  const Range range{place(start), place(end)};
  return {range.begin, range.end < range.begin ? range.begin : range.end};
}

}  // namespace chain::library
