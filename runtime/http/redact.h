// Keeping secrets out of what is shown.
#pragma once

#include <string>
#include <string_view>

namespace chain::http {

/// Puts `[redacted]` wherever `secret` stands in `text`; an empty one stands nowhere.
void redact(std::string& text, std::string_view secret);

}  // namespace chain::http
