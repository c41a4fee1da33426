// SHA-256 (FIPS 180-4).
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace chain::value {

/// 32 bytes.
[[nodiscard]] std::string sha256(std::string_view bytes);
/// Of the pieces that `next` gives, until it gives an empty one.
[[nodiscard]] std::string sha256(const std::function<std::string_view()>& next);
/// Two lower-case digits a byte.
[[nodiscard]] std::string hex(std::string_view bytes);

}  // namespace chain::value
