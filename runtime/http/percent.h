// Text within URLs.
#pragma once

#include <string>
#include <string_view>

namespace chain::http {

/// `text` with everything but letters, digits, `-._~` and what `plain` names as `%XX` (RFC 3986).
[[nodiscard]] std::string percent_encoded(std::string_view text, std::string_view plain = {});

}  // namespace chain::http
