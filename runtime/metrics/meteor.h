// METEOR without synonyms (Banerjee and Lavie 2005).
#pragma once

#include <span>
#include <string_view>

namespace chain::metrics {

struct MeteorOptions {
  double alpha = 0.9;  // how much of the mean is recall's
  double beta = 3;     // the power of the share of chunks
  double gamma = 0.5;  // the most that disorder takes away
};

/// From 0 to 1, the best over `references`: words that are equal in lower case are aligned, then those of
/// equal stems, as NLTK 3.8 does without WordNet. Linear.
[[nodiscard]] double meteor(std::span<const std::string_view> answer,
                            std::span<const std::span<const std::string_view>> references,
                            const MeteorOptions& options = {});

/// The same of texts, whose words are those of BLEU's 13a tokens.
[[nodiscard]] double meteor(std::string_view answer, std::span<const std::string_view> references,
                            const MeteorOptions& options = {});

}  // namespace chain::metrics
