// BLEU (Papineni et al. 2002), equal to that of sacrebleu 2.6 (https://github.com/mjpost/sacrebleu).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chain::metrics {

/// An answer and what it should be like.
struct Segment {
  std::string_view answer;                   // UTF-8
  std::vector<std::string_view> references;  // any of them will do
};

enum class BleuTokens {
  Mteval13a,      // "13a": mteval-v13a's, for text with words between blanks
  International,  // "intl": mteval-v14's, by Unicode's kinds of characters
  Characters,     // "char"
  Blanks,         // "none": words as they stand
};

enum class BleuSmoothing {
  None,
  Floor,        // matches of 0 count as `value`
  AddK,         // `value` is added to matches and totals from pairs on (Lin and Och 2004)
  Exponential,  // matches of 0 count as 1/2, 1/4, ... (NIST)
};

struct BleuOptions {
  BleuTokens tokens = BleuTokens::Mteval13a;
  bool lowercase = false;
  BleuSmoothing smoothing = BleuSmoothing::Exponential;
  std::optional<double> value;   // nothing for 0.1 with Floor and 1 with AddK
  bool effective_order = false;  // leave out orders that the answer is too short for
};

struct Bleu {
  double score = 0;                    // from 0 to 100
  std::array<double, 4> counts{};      // n-grams that match, from single words to four; whole unless smoothed
  std::array<double, 4> totals{};      // n-grams of the answers
  std::array<double, 4> precisions{};  // from 0 to 100
  double brevity_penalty = 0;
  uint64_t answer_length = 0;     // in tokens
  uint64_t reference_length = 0;  // of the references that are nearest in length
};

/// Of a whole corpus: counts are added up before they are divided. Linear in the size of all texts. All 0
/// without segments; a segment without references matches nothing.
[[nodiscard]] Bleu bleu(std::span<const Segment> segments, const BleuOptions& options = {});

/// Of one answer, with the effective order, as sacrebleu's sentence_bleu has it.
[[nodiscard]] Bleu sentence_bleu(const Segment& segment, BleuOptions options = {});

/// `line` as BLEU sees it, with one blank between tokens.
[[nodiscard]] std::string bleu_tokens(std::string_view line, BleuTokens tokens);

}  // namespace chain::metrics
