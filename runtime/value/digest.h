// SHA-256 (FIPS 180-4).
#pragma once

#include <string>
#include <string_view>

namespace chain::value {

/// 32 bytes.
[[nodiscard]] std::string sha256(std::string_view bytes);
/// Two lower-case digits a byte.
[[nodiscard]] std::string hex(std::string_view bytes);

}  // namespace chain::value
