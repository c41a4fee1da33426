#include <unicode/utf8.h>

#include <algorithm>
#include <vector>

#include "compiler/diagnostics/diagnostics.h"

namespace chain {
namespace {

constexpr size_t kLongest = 64;  // in code points; longer names are not guessed

std::vector<int32_t> code_points(std::string_view text) {
  std::vector<int32_t> result;
  for (size_t at = 0; at < text.size() && result.size() <= kLongest;) {
    int32_t c = 0;
    U8_NEXT(text.data(), at, text.size(), c);
    result.push_back(c >= 'A' && c <= 'Z' ? c + 32 : c);
  }
  return result;
}

/// Insertions, deletions, replacements and swaps of neighbours, the "optimal string alignment" variant.
size_t distance(const std::vector<int32_t>& a, const std::vector<int32_t>& b) {
  std::vector<size_t> before_last(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

bool begins_large(std::string_view name) {
  return name.front() >= 'A' && name.front() <= 'Z';
}

}  // namespace

std::string_view did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates) {
  const std::vector<int32_t> wanted = code_points(name);
  if (wanted.empty() || wanted.size() > kLongest) return {};
  std::string_view best;
  size_t best_distance = SIZE_MAX;
  for (const std::string_view candidate : candidates) {
    const std::vector<int32_t> letters = code_points(candidate);
    const size_t longest = std::max(wanted.size(), letters.size());
    const size_t shortest = std::min(wanted.size(), letters.size());
    // One slip in three letters; what is replaced whole is another word.
    const size_t allowed = std::max<size_t>(1, longest / 3);
    if (letters.size() > kLongest || longest - shortest > allowed) continue;
    const size_t found = distance(wanted, letters);
    if (found > allowed || found >= shortest) continue;
    // Of two that are as near, one that begins like it is meant: `itm` is the variable, not the type.
    const bool like = begins_large(candidate) == begins_large(name);
    const bool best_like = !best.empty() && begins_large(best) == begins_large(name);
    const bool nearer = like != best_like ? like : candidate < best;
    if (found < best_distance || (found == best_distance && nearer)) {
      best = candidate;
      best_distance = found;
    }
  }
  return best;
}

}  // namespace chain
