// Translation edit rate (Snover et al. 2006), equal to that of sacrebleu 2.6, which is Tercom's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "runtime/metrics/bleu.h"

namespace chain::metrics {

struct Ter {
  double score = 0;  // edits over the references' mean length, times 100; may be above 100
  double edits = 0;  // insertions, deletions, substitutions and shifts of words, of the best reference
  double reference_length = 0;  // in words, the mean over references
};

/// Of a whole corpus; case does not count, words stand between blanks. The search for shifts is worse than
/// quadratic: nothing if it would compare more than `kMostTerCells` pairs of words (some seconds).
[[nodiscard]] std::optional<Ter> ter(std::span<const Segment> segments);
inline constexpr uint64_t kMostTerCells = 2'000'000'000;

}  // namespace chain::metrics
