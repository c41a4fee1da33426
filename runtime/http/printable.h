// Text from outside, made fit for a message or a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace chain::http {

/// At most `limit` bytes of `text` (and `...` if there was more), as valid UTF-8 on one line: runs of white
/// space are one space; control characters, bidirectional overrides and bytes that are not UTF-8 become
/// U+FFFD.
[[nodiscard]] std::string printable(std::string_view text, size_t limit = 300);

/// How many bytes the well-formed UTF-8 sequence at the start of `text` has; 0 if there is none.
[[nodiscard]] size_t utf8_length(std::string_view text);

}  // namespace chain::http
