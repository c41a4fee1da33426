#include "runtime/metrics/edit_distance.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "runtime/metrics/sequences.h"
#include "runtime/metrics/text_units.h"

namespace chain::metrics {
namespace {

using Span = std::span<const uint32_t>;

/// 64 rows of a column of the table: where it is one higher, or lower, than the row above.
struct Block {
  uint64_t higher = ~uint64_t{0};
  uint64_t lower = 0;
};

/// Goes on by a column; `from_above` and the result say how the row above, and the last one, change.
int next_column(Block& block, uint64_t equal, int from_above, uint64_t last) {
  const uint64_t vertical = equal | block.lower;
  if (from_above < 0) equal |= 1;
  const uint64_t horizontal = (((equal & block.higher) + block.higher) ^ block.higher) | equal;
  uint64_t up = block.lower | ~(horizontal | block.higher);
  uint64_t down = block.higher & horizontal;
  const int change = (up & last) != 0 ? 1 : (down & last) != 0 ? -1 : 0;
  up = up << 1 | (from_above > 0 ? 1 : 0);
  down = down << 1 | (from_above < 0 ? 1 : 0);
  block.higher = down | ~(vertical | up);
  block.lower = up & vertical;
  return change;
}

uint64_t distance(Span shorter, Span longer) {
  if (shorter.empty()) return longer.size();
  Places places(shorter);
  const std::vector<uint64_t> none(places.words(), 0);
  std::vector<Block> blocks(places.words());
  const uint64_t last = uint64_t{1} << (shorter.size() - 1) % 64;
  uint64_t result = shorter.size();
  for (const uint32_t c : longer) {
    const uint64_t* equal = places.bits(c);
    if (equal == nullptr) equal = none.data();
    int change = 1;
    for (size_t w = 0; w < blocks.size(); ++w)
      change = next_column(blocks[w], equal[w], change, w + 1 == blocks.size() ? last : uint64_t{1} << 63);
    result += static_cast<uint64_t>(static_cast<int64_t>(change));
  }
  return result;
}

/// Without what both begin and end with.
void trim(Span& a, Span& b) {
  const auto [from_a, from_b] = std::ranges::mismatch(a, b);
  a = a.subspan(static_cast<size_t>(from_a - a.begin()));
  b = b.subspan(static_cast<size_t>(from_b - b.begin()));
  while (!a.empty() && !b.empty() && a.back() == b.back()) {
    a = a.first(a.size() - 1);
    b = b.first(b.size() - 1);
  }
}

struct Compared {
  uint64_t distance = 0;
  uint64_t longer = 0;
};

std::optional<Compared> compare(std::string_view a, std::string_view b) {
  const std::u32string of_a = code_points(a), of_b = code_points(b);
  const Tokens numbers_a(of_a.begin(), of_a.end()), numbers_b(of_b.begin(), of_b.end());
  Span left = numbers_a, right = numbers_b;
  trim(left, right);
  if (left.size() > right.size()) std::swap(left, right);
  if (!left.empty() && right.size() > kMostCompared / left.size()) return std::nullopt;
  return Compared{distance(left, right), std::max(of_a.size(), of_b.size())};
}

}  // namespace

std::optional<uint64_t> levenshtein(std::string_view a, std::string_view b) {
  const auto compared = compare(a, b);
  return compared ? std::optional(compared->distance) : std::nullopt;
}

std::optional<double> similarity(std::string_view a, std::string_view b) {
  const auto compared = compare(a, b);
  if (!compared) return std::nullopt;
  if (compared->longer == 0) return 1;
  return 1 - static_cast<double>(compared->distance) / static_cast<double>(compared->longer);
}

}  // namespace chain::metrics
