// Bytes as text (RFC 4648, section 4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace chain::value {

void append_base64(std::string& out, std::string_view bytes);

/// Reads base64, of the URL's alphabet too, with or without padding, on any number of lines.
[[nodiscard]] std::optional<std::string> parse_base64(std::string_view text);

}  // namespace chain::value
