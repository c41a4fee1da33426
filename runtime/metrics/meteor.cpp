#include "runtime/metrics/meteor.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/metrics/bleu.h"
#include "runtime/metrics/stem.h"
#include "runtime/metrics/text_units.h"

namespace chain::metrics {
namespace {

struct Placed {
  uint32_t place = 0;
  std::string word;
};
using Sentence = std::vector<Placed>;
using Pairs = std::vector<std::pair<uint32_t, uint32_t>>;

Sentence lowered(std::span<const std::string_view> words) {
  Sentence result;
  for (const std::string_view word : words)
    result.push_back({static_cast<uint32_t>(result.size()), lowercase(word)});
  return result;
}

/// Aligns equal words, from the end on, each with the last one that is left, and takes them out of both.
void align(Sentence& answer, Sentence& reference, Pairs& pairs) {
  std::unordered_map<std::string_view, std::vector<size_t>> places;
  for (size_t i = 0; i < reference.size(); ++i) places[reference[i].word].push_back(i);
  std::vector<bool> used_answer(answer.size()), used_reference(reference.size());
  for (size_t i = answer.size(); i-- > 0;) {
    const auto found = places.find(answer[i].word);
    if (found == places.end() || found->second.empty()) continue;
    const size_t other = found->second.back();
    found->second.pop_back();
    pairs.emplace_back(answer[i].place, reference[other].place);
    used_answer[i] = used_reference[other] = true;
  }
  const auto take_out = [](Sentence& sentence, const std::vector<bool>& used) {
    Sentence rest;
    for (size_t i = 0; i < sentence.size(); ++i)
      if (!used[i]) rest.push_back(std::move(sentence[i]));
    sentence = std::move(rest);
  };
  take_out(answer, used_answer);
  take_out(reference, used_reference);
}

void stem(Sentence& sentence) {
  for (Placed& placed : sentence) placed.word = porter_stem(placed.word);
}

double score(std::span<const std::string_view> answer, std::span<const std::string_view> reference,
             const MeteorOptions& options) {
  Sentence a = lowered(answer), r = lowered(reference);
  Pairs pairs;
  align(a, r, pairs);
  stem(a);
  stem(r);
  align(a, r, pairs);
  if (pairs.empty()) return 0;
  std::sort(pairs.begin(), pairs.end());
  double chunks = 1;
  for (size_t i = 1; i < pairs.size(); ++i)
    if (pairs[i].first != pairs[i - 1].first + 1 || pairs[i].second != pairs[i - 1].second + 1) ++chunks;
  const auto count = static_cast<double>(pairs.size());
  const double precision = count / static_cast<double>(answer.size());
  const double recall = count / static_cast<double>(reference.size());
  const double mean = precision * recall / (options.alpha * precision + (1 - options.alpha) * recall);
  return (1 - options.gamma * std::pow(chunks / count, options.beta)) * mean;
}

}  // namespace

double meteor(std::span<const std::string_view> answer,
              std::span<const std::span<const std::string_view>> references, const MeteorOptions& options) {
  double best = 0;
  for (const auto reference : references) best = std::max(best, score(answer, reference, options));
  return best;
}

double meteor(std::string_view answer, std::span<const std::string_view> references,
              const MeteorOptions& options) {
  const std::string tokens = bleu_tokens(answer, BleuTokens::Mteval13a);
  const auto words = words_of(tokens);
  double best = 0;
  for (const std::string_view reference : references) {
    const std::string others = bleu_tokens(reference, BleuTokens::Mteval13a);
    best = std::max(best, score(words, words_of(others), options));
  }
  return best;
}

}  // namespace chain::metrics
