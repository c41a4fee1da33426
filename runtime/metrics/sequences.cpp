#include "runtime/metrics/sequences.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "runtime/metrics/edit_distance.h"

namespace chain::metrics {
namespace {

constexpr uint64_t kMostBytes = uint64_t{64} << 20;

/// One more row of the table of lengths: a bit is 0 where the length grows by one.
void next_row(std::vector<uint64_t>& row, const uint64_t* equal) {
  uint64_t carry = 0;
  for (size_t w = 0; w < row.size(); ++w) {
    const uint64_t both = row[w] & equal[w];
    const uint64_t sum = row[w] + both;
    const uint64_t with_carry = sum + carry;
    const bool over = sum < both || with_carry < sum;
    row[w] = with_carry | (row[w] & ~equal[w]);
    carry = over ? 1 : 0;
  }
}

/// How many of the first `bits` of a row are 0.
uint64_t zeros(const uint64_t* row, size_t bits) {
  uint64_t count = 0;
  for (size_t w = 0; w < bits / 64; ++w) count += static_cast<uint64_t>(std::popcount(~row[w]));
  if (bits % 64 != 0)
    count += static_cast<uint64_t>(std::popcount(~row[bits / 64] & ((uint64_t{1} << (bits % 64)) - 1)));
  return count;
}

}  // namespace

Tokens Vocabulary::tokens(std::span<const std::string_view> words) {
  Tokens result;
  result.reserve(words.size());
  for (const std::string_view word : words)
    result.push_back(numbers_.try_emplace(word, static_cast<uint32_t>(numbers_.size())).first->second);
  return result;
}

std::vector<GramCounts> Ngrams::count(std::span<const uint32_t> tokens) {
  std::vector<GramCounts> counts(known_.size());
  Tokens shorter(tokens.size(), 0);  // the number of the n-gram that begins at each place
  for (size_t n = 0; n < known_.size() && n < tokens.size(); ++n) {
    for (size_t i = 0; i + n < tokens.size(); ++i) {
      const uint64_t key = uint64_t{shorter[i]} << 32 | tokens[i + n];
      shorter[i] = known_[n].try_emplace(key, static_cast<uint32_t>(known_[n].size())).first->second;
      ++counts[n][shorter[i]];
    }
  }
  return counts;
}

uint64_t matches(const GramCounts& a, const GramCounts& b) {
  uint64_t count = 0;
  for (const auto& [gram, times] : a)
    if (const auto other = b.find(gram); other != b.end()) count += std::min(times, other->second);
  return count;
}

uint64_t total(const GramCounts& counts) {
  uint64_t sum = 0;
  for (const auto& [gram, times] : counts) sum += times;
  return sum;
}

Places::Places(std::span<const uint32_t> tokens) : places_(tokens.size()), bits_((tokens.size() + 63) / 64) {
  std::iota(places_.begin(), places_.end(), 0);
  std::ranges::stable_sort(places_, {}, [&](uint32_t place) { return tokens[place]; });
  for (uint32_t i = 0; i < places_.size(); ++i)
    runs_.try_emplace(tokens[places_[i]], i, i).first->second.second = i + 1;
}

void Places::mark(std::pair<uint32_t, uint32_t> run, bool on) {
  for (uint32_t i = run.first; i < run.second; ++i) {
    const uint64_t bit = uint64_t{1} << (places_[i] % 64);
    if (on)
      bits_[places_[i] / 64] |= bit;
    else
      bits_[places_[i] / 64] &= ~bit;
  }
}

const uint64_t* Places::bits(uint32_t token) {
  const auto found = runs_.find(token);
  if (found == runs_.end()) return nullptr;
  if (found->second != shown_) {
    mark(shown_, false);
    mark(shown_ = found->second, true);
  }
  return bits_.data();
}

std::optional<uint64_t> common_subsequence(std::span<const uint32_t> a, std::span<const uint32_t> b) {
  if (a.empty() || b.empty()) return 0;
  if (a.size() > kMostCompared / b.size()) return std::nullopt;
  Places places(b);
  std::vector<uint64_t> row(places.words(), ~uint64_t{0});
  for (const uint32_t token : a)
    if (const uint64_t* equal = places.bits(token)) next_row(row, equal);
  return zeros(row.data(), b.size());
}

std::optional<std::vector<uint32_t>> common_places(std::span<const uint32_t> a, std::span<const uint32_t> b) {
  if (a.empty() || b.empty()) return std::vector<uint32_t>();
  Places places(b);
  const size_t words = places.words();
  if (a.size() >= kMostBytes / sizeof(uint64_t) / words) return std::nullopt;
  std::vector<uint64_t> row(words, ~uint64_t{0});
  std::vector<uint64_t> rows = row;
  rows.reserve(words * (a.size() + 1));
  for (const uint32_t token : a) {
    if (const uint64_t* equal = places.bits(token)) next_row(row, equal);
    rows.insert(rows.end(), row.begin(), row.end());
  }

  std::vector<uint32_t> result;
  const auto grows = [&](size_t i, size_t j) {
    return (~rows[i * words + (j - 1) / 64] >> (j - 1) % 64) & 1;
  };
  const auto length = [&](size_t i, size_t j) { return zeros(&rows[i * words], j); };
  size_t i = a.size(), j = b.size();
  uint64_t here = length(i, j), above = length(i - 1, j);
  while (i > 0 && j > 0) {
    if (a[i - 1] != b[j - 1] && here - grows(i, j) > above) {
      here -= grows(i, j);
      above -= grows(i - 1, j);
      --j;
      continue;
    }
    if (a[i - 1] == b[j - 1]) {
      result.push_back(static_cast<uint32_t>(i - 1));
      --j;
    }
    if (--i == 0) break;
    here = length(i, j);
    above = length(i - 1, j);
  }
  return result;
}

}  // namespace chain::metrics
