// ROUGE (Lin 2004), equal to google-research's rouge_score and, by it, to ROUGE-1.5.5.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace chain::metrics {

/// Each from 0 to 1.
struct Overlap {
  double precision = 0;  // of what the answer has
  double recall = 0;     // of what the reference has
  double f1 = 0;
};

/// The tokens are runs of ASCII letters and digits in lower case, whatever else stands between them; with
/// `stem`, those of more than three letters are stemmed (stem.h).
struct RougeOptions {
  bool stem = false;
};

/// Of n-grams of tokens, each counted as often as it stands; `n` from 1 to 9. Linear.
[[nodiscard]] Overlap rouge_n(std::string_view answer, std::string_view reference, uint32_t n,
                              RougeOptions options = {});

/// Of the longest common subsequence of all tokens. Nothing if the product of both lengths is above
/// kMostCompared (edit_distance.h); memory is linear.
[[nodiscard]] std::optional<Overlap> rouge_l(std::string_view answer, std::string_view reference,
                                             RougeOptions options = {});

/// Of the union of the longest common subsequences of each line of the reference with those of the answer.
/// Nothing if that would take more than `kMostRougeSteps` steps or 64 MB for one pair of lines.
[[nodiscard]] std::optional<Overlap> rouge_lsum(std::string_view answer, std::string_view reference,
                                                RougeOptions options = {});
inline constexpr uint64_t kMostRougeSteps = 400'000'000;

}  // namespace chain::metrics
