// Backslash escapes in quoted text. Internal to runtime/value.
#pragma once

#include <cstdint>
#include <string_view>

namespace chain::value {

/// Writes `raw` without its escapes to `to`, which has room for as many bytes, and gives how many it wrote.
/// Unknown escapes keep their backslash: they are more likely a path or a pattern than a mistake.
uint64_t unescape_to(std::string_view raw, char* to);

/// Bytes of the escape at the front of `raw`; 0 if more must come before it can be told.
[[nodiscard]] uint32_t escape_length(std::string_view raw);

}  // namespace chain::value
