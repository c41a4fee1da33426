// Text made comparable: what people mean to be the same word becomes the same bytes.
#pragma once

#include <string>
#include <string_view>

namespace chain::value {

/// Without case (full case folding) and accents (NFKD without marks): "Café" and "CAFE" give "cafe".
/// Text that is not UTF-8 keeps its bytes beyond ASCII.
[[nodiscard]] std::string fold(std::string_view text);

/// Of folded text, the letters and digits alone: "k-2-3.1_1" gives "k2311".
[[nodiscard]] std::string letters_of(std::string_view folded);

}  // namespace chain::value
