#include "runtime/access/glob.h"

#include <vector>

namespace chain::access {

// Both fill one row of a table after the other, so that no pattern takes longer than the product of the
// sizes.

bool covers(std::string_view pattern, std::string_view text, std::string_view stops) {
  const auto blocked = [&](size_t at, bool deep) {
    if (deep) return false;
    const bool double_star =
        text[at] == '*' && (text.substr(at, 2) == "**" || (at > 0 && text[at - 1] == '*'));
    return double_star || stops.find(text[at]) != std::string_view::npos;
  };
  std::vector<char> row(text.size() + 1, 0), next(text.size() + 1, 0);
  row[0] = 1;
  for (size_t p = 0; p < pattern.size();) {
    const bool star = pattern[p] == '*';
    const bool deep = star && pattern.substr(p, 2) == "**";
    next[0] = star ? row[0] : 0;
    for (size_t t = 0; t < text.size(); ++t) {
      if (star) {
        next[t + 1] = row[t + 1] || (next[t] && !blocked(t, deep));
      } else {
        next[t + 1] = row[t] && pattern[p] == text[t];
      }
    }
    row.swap(next);
    p += deep ? 2 : 1;
  }
  return row[text.size()] != 0;
}

bool overlap(std::string_view one, std::string_view other) {
  std::vector<char> row(other.size() + 1, 0), next(other.size() + 1, 0);
  row[0] = 1;
  for (size_t b = 0; b < other.size(); ++b) row[b + 1] = row[b] && other[b] == '*';
  for (const char a : one) {
    next[0] = row[0] && a == '*';
    for (size_t b = 0; b < other.size(); ++b) {
      const bool any = a == '*' || other[b] == '*';
      next[b + 1] = any ? (row[b + 1] || next[b] || row[b]) : (row[b] && a == other[b]);
    }
    row.swap(next);
  }
  return row[other.size()] != 0;
}

}  // namespace chain::access
