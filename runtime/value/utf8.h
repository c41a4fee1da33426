// UTF-8 (RFC 3629): finding what is not, and writing code points.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace chain::value {

/// Bytes of the well-formed sequence at the front of `text`, which is not empty; 0 if there is none.
[[nodiscard]] uint32_t utf8_length(std::string_view text);

/// Offset of the first byte that belongs to no well-formed sequence; npos if there is none.
[[nodiscard]] size_t find_invalid_utf8(std::string_view text);

/// Whether `text`, which is not empty, is the beginning of a sequence whose last bytes are still to come.
[[nodiscard]] bool may_become_utf8(std::string_view text);

/// Writes `code_point` to `to` (room for 4 bytes) and gives its length. Surrogates and what lies beyond U+10FFFF become
/// U+FFFD.
uint32_t encode_utf8(uint32_t code_point, char* to);

}  // namespace chain::value
