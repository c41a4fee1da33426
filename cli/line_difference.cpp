#include "cli/line_difference.h"

#include <algorithm>
#include <cstdint>

namespace chain::cli {
namespace {

constexpr size_t kMostLines = 2000;

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<LineDifference> all_of(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<LineDifference> result;
  const bool compare = a.size() <= kMostLines && b.size() <= kMostLines;
  // common[i][j]: how many lines a from i and b from j have in common, in order.
  const size_t width = b.size() + 1;
  std::vector<uint16_t> common(compare ? (a.size() + 1) * width : 0);
  for (size_t i = a.size(); compare && i-- > 0;) {
    for (size_t j = b.size(); j-- > 0;) {
      common[i * width + j] = a[i] == b[j] ? static_cast<uint16_t>(common[(i + 1) * width + j + 1] + 1)
                                           : std::max(common[(i + 1) * width + j], common[i * width + j + 1]);
    }
  }
  size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    const bool both = compare && i < a.size() && j < b.size();
    if (both && a[i] == b[j]) {
      result.push_back({' ', a[i]});
      ++i, ++j;
    } else if (i < a.size() && (!both || common[(i + 1) * width + j] >= common[i * width + j + 1])) {
      result.push_back({'-', a[i++]});
    } else {
      result.push_back({'+', b[j++]});
    }
  }
  return result;
}

}  // namespace

std::vector<LineDifference> line_differences(std::string_view before, std::string_view now, size_t around) {
  const std::vector<LineDifference> all = all_of(lines_of(before), lines_of(now));
  std::vector<bool> kept(all.size(), false);
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].mark == ' ') continue;
    for (size_t k = i - std::min(i, around); k < std::min(i + around + 1, all.size()); ++k) kept[k] = true;
  }
  std::vector<LineDifference> result;
  for (size_t i = 0; i < all.size(); ++i) {
    if (kept[i]) {
      result.push_back(all[i]);
    } else if (i > 0 && kept[i - 1] &&
               std::find(kept.begin() + static_cast<std::ptrdiff_t>(i), kept.end(), true) != kept.end()) {
      result.push_back({'~', "..."});
    }
  }
  return result;
}

}  // namespace chain::cli
