// How many changes lead from one text to another.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace chain::metrics {

/// The product of two lengths beyond which texts are not compared: some 100,000 by 100,000 characters.
inline constexpr uint64_t kMostCompared = 10'000'000'000;

/// Insertions, deletions and substitutions of code points that make one text of the other (Levenshtein 1966;
/// Myers 1999 for 64 at a time). What is no UTF-8 counts as U+FFFD. Nothing beyond
/// `kMostCompared`; memory is linear.
[[nodiscard]] std::optional<uint64_t> levenshtein(std::string_view a, std::string_view b);

/// 1 - levenshtein / the longer length, from 0 to 1; 1 for two empty texts. Nothing as `levenshtein`.
[[nodiscard]] std::optional<double> similarity(std::string_view a, std::string_view b);

}  // namespace chain::metrics
