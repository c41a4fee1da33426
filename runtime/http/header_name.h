// Names of header fields.
#pragma once

#include <strings.h>

#include <string_view>

namespace chain::http {

/// The same name: case does not count (RFC 9110).
[[nodiscard]] inline bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace chain::http
