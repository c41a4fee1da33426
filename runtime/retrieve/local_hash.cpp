#include "runtime/retrieve/local_hash.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "runtime/retrieve/words.h"
#include "runtime/value/local_hash.h"
#include "runtime/value/utf8.h"

namespace chain::retrieve {
namespace {

/// How much a feature counts. A run is shared by many words, and a word has several.
constexpr float kWord = 1, kRun = 0.35F, kShort = 0.25F;
/// Characters of the longest short word: "a", "of", "the". It has no runs either, and so have none the pairs
/// of characters that words.h makes of Chinese, Japanese and Korean, which count in full.
constexpr size_t kShortWord = 3;

/// The features of a text. Two that share a hash count as one, which is what happens to most of them in a
/// vector anyway.
class Features {
 public:
  void word(std::string_view word) {
    starts_.clear();
    for (size_t at = 0; at < word.size(); at += std::max<size_t>(1, value::utf8_length(word.substr(at))))
      starts_.push_back(at);
    const bool is_short = starts_.size() == word.size() && word.size() <= kShortWord;  // and ASCII
    add('w', word, is_short ? kShort : kWord);
    if (starts_.size() > kShortWord) runs(word);
  }

  [[nodiscard]] std::vector<float> vector(uint32_t dimensions) {
    std::vector<float> vector(dimensions, 0);
    std::ranges::sort(features_);
    for (size_t i = 0; i < features_.size();) {
      const auto [hash, weight] = features_[i];
      size_t count = 0;
      for (; i < features_.size() && features_[i].first == hash; ++i) ++count;
      const float part = weight * (1 + std::log(static_cast<float>(count)));
      vector[hash % dimensions] += (hash >> 63) != 0 ? -part : part;
    }
    double square = 0;
    for (const float part : vector) square += double{part} * part;
    if (square <= 0) return std::vector<float>(dimensions, 0);
    const double length = std::sqrt(square);
    for (float& part : vector) part = static_cast<float>(part / length);
    return vector;
  }

 private:
  void add(char kind, std::string_view text, float weight) {
    features_.emplace_back(value::hash_of_feature(kind, text), weight);
  }

  /// Runs of three characters, the word's ends counting as one each.
  void runs(std::string_view word) {
    framed_.assign("^").append(word).append("$");
    for (size_t& start : starts_) ++start;
    starts_.insert(starts_.begin(), 0);
    starts_.push_back(framed_.size() - 1);
    starts_.push_back(framed_.size());
    for (size_t i = 0; i + 3 < starts_.size(); ++i)
      add('r', std::string_view(framed_).substr(starts_[i], starts_[i + 3] - starts_[i]), kRun);
  }

  std::vector<std::pair<uint64_t, float>> features_;
  std::string framed_;
  std::vector<size_t> starts_;  // of a word's characters
};

}  // namespace

std::vector<float> local_hash(std::string_view text, uint32_t dimensions) {
  Features features;
  words(text, [&](std::string_view word, size_t, size_t) { features.word(word); });
  return features.vector(std::max<uint32_t>(dimensions, 1));
}

}  // namespace chain::retrieve
