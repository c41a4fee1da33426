// Sequences of tokens, which are numbers: their n-grams and what two of them have in common. Internal to
// runtime/metrics.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace chain::metrics {

using Tokens = std::vector<uint32_t>;

/// Equal words get equal numbers. They have to outlive it.
class Vocabulary {
 public:
  Tokens tokens(std::span<const std::string_view> words);

 private:
  std::unordered_map<std::string_view, uint32_t> numbers_;
};

/// How often each n-gram stands, by its number.
using GramCounts = std::unordered_map<uint32_t, uint64_t>;

/// Gives equal n-grams of several sequences equal numbers: that of one is found by the number of the n-gram
/// without its last token, so that nothing is hashed that is longer than two numbers.
class Ngrams {
 public:
  explicit Ngrams(uint32_t longest) : known_(longest) {}
  /// The counts of all orders from 1 to `longest`, in this order.
  std::vector<GramCounts> count(std::span<const uint32_t> tokens);

 private:
  std::vector<std::unordered_map<uint64_t, uint32_t>> known_;
};

/// Of the n-grams of both, as often as they stand in both.
[[nodiscard]] uint64_t matches(const GramCounts& a, const GramCounts& b);
[[nodiscard]] uint64_t total(const GramCounts& counts);

/// The length of the longest common subsequence, 64 tokens at a time (Hyyrö 2004). Nothing if the product of
/// lengths is above kMostCompared.
[[nodiscard]] std::optional<uint64_t> common_subsequence(std::span<const uint32_t> a,
                                                         std::span<const uint32_t> b);

/// The places in `a` of the one longest common subsequence that ROUGE-1.5.5 takes, last first. Nothing if
/// that would need more than 64 MB.
[[nodiscard]] std::optional<std::vector<uint32_t>> common_places(std::span<const uint32_t> a,
                                                                 std::span<const uint32_t> b);

/// Where each token of a sequence stands, laid out as bits while it is compared.
class Places {
 public:
  explicit Places(std::span<const uint32_t> tokens);
  /// The bits of the places of `token`, until the next call; null if there are none.
  const uint64_t* bits(uint32_t token);
  [[nodiscard]] size_t words() const { return bits_.size(); }

 private:
  void mark(std::pair<uint32_t, uint32_t> run, bool on);
  std::unordered_map<uint32_t, std::pair<uint32_t, uint32_t>> runs_;  // within `places_`: begin, end
  std::vector<uint32_t> places_;
  std::vector<uint64_t> bits_;
  std::pair<uint32_t, uint32_t> shown_;
};

}  // namespace chain::metrics
