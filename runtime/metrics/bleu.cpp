#include "runtime/metrics/bleu.h"

#include <algorithm>
#include <cmath>

#include "runtime/metrics/sequences.h"
#include "runtime/metrics/text_units.h"

namespace chain::metrics {
namespace {

constexpr size_t kOrders = 4;

std::string prepared(std::string_view text, const BleuOptions& options) {
  const std::string lower = options.lowercase ? lowercase(text) : std::string(text);
  return bleu_tokens(without_trailing_blanks(lower), options.tokens);
}

uint64_t apart(uint64_t a, uint64_t b) {
  return a > b ? a - b : b - a;
}

void add(const Segment& segment, const BleuOptions& options, Bleu& sums) {
  const std::string answer = prepared(segment.answer, options);
  std::vector<std::string> references;
  for (const std::string_view reference : segment.references)
    references.push_back(prepared(reference, options));

  Vocabulary vocabulary;
  Ngrams ngrams(kOrders);
  const Tokens tokens = vocabulary.tokens(words_of(answer));
  std::vector<GramCounts> most(kOrders);  // the highest count of any reference
  uint64_t nearest = 0;
  for (size_t i = 0; i < references.size(); ++i) {
    const Tokens of_reference = vocabulary.tokens(words_of(references[i]));
    const uint64_t size = of_reference.size();
    const uint64_t far = apart(size, tokens.size()), so_far = apart(nearest, tokens.size());
    if (i == 0 || far < so_far || (far == so_far && size < nearest)) nearest = size;
    const auto counts = ngrams.count(of_reference);
    for (size_t n = 0; n < kOrders; ++n)
      for (const auto& [gram, times] : counts[n]) most[n][gram] = std::max(most[n][gram], times);
  }
  const auto counts = ngrams.count(tokens);
  for (size_t n = 0; n < kOrders; ++n) {
    sums.counts[n] += static_cast<double>(matches(counts[n], most[n]));
    sums.totals[n] += static_cast<double>(total(counts[n]));
  }
  sums.answer_length += tokens.size();
  sums.reference_length += nearest;
}

double penalty(const Bleu& sums) {
  if (sums.answer_length >= sums.reference_length) return 1;
  if (sums.answer_length == 0) return 0;
  return std::exp(1 - static_cast<double>(sums.reference_length) / static_cast<double>(sums.answer_length));
}

/// Fills in the precisions; gives how many orders count.
size_t set_precisions(Bleu& sums, const BleuOptions& options) {
  const double value = options.value.value_or(options.smoothing == BleuSmoothing::Floor ? 0.1 : 1);
  size_t orders = kOrders;
  double half = 1;
  for (size_t n = 0; n < kOrders; ++n) {
    if (options.smoothing == BleuSmoothing::AddK && n > 0) {
      sums.counts[n] += value;
      sums.totals[n] += value;
    }
    if (sums.totals[n] == 0) break;
    if (options.effective_order) orders = n + 1;
    if (sums.counts[n] != 0) {
      sums.precisions[n] = 100 * sums.counts[n] / sums.totals[n];
    } else if (options.smoothing == BleuSmoothing::Exponential) {
      half *= 2;
      sums.precisions[n] = 100 / (half * sums.totals[n]);
    } else if (options.smoothing == BleuSmoothing::Floor) {
      sums.precisions[n] = 100 * value / sums.totals[n];
    }
  }
  return orders;
}

}  // namespace

Bleu bleu(std::span<const Segment> segments, const BleuOptions& options) {
  Bleu result;
  for (const Segment& segment : segments) add(segment, options, result);
  if (result.answer_length > 0 || result.reference_length > 0) result.brevity_penalty = penalty(result);
  if (std::ranges::all_of(result.counts, [](double count) { return count == 0; })) return result;
  const size_t orders = set_precisions(result, options);
  double logs = 0;
  for (size_t n = 0; n < orders; ++n) {
    if (result.precisions[n] == 0) return result;
    logs += std::log(result.precisions[n]);
  }
  result.score = result.brevity_penalty * std::exp(logs / static_cast<double>(orders));
  return result;
}

Bleu sentence_bleu(const Segment& segment, BleuOptions options) {
  options.effective_order = true;
  return bleu({&segment, 1}, options);
}

}  // namespace chain::metrics
