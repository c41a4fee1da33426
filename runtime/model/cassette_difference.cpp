#include "runtime/model/cassette_difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "runtime/http/printable.h"

namespace chain::model {

namespace {

constexpr size_t kCandidates = 8;    // that are compared word by word
constexpr size_t kMostWords = 1000;  // of each of them
constexpr size_t kMostLines = 500;   // that are held against each other
constexpr size_t kShownLines = 12;
constexpr size_t kShownBytes = 120;  // of a line
constexpr size_t kBefore = 40;       // of those in front of what differs

using Words = std::vector<std::string_view>;

Words words_of(std::string_view text) {
  Words words;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find_first_of(" \n\t,", begin), text.size());
    if (end > begin) words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

/// How many words of one are not in the other: at most what it takes to edit the one into the other.
size_t apart(const std::unordered_map<std::string_view, int>& bag, const Words& words) {
  std::unordered_map<std::string_view, int> rest = bag;
  size_t distance = 0;
  for (const std::string_view word : words) {
    int& left = rest[word];
    left > 0 ? void(--left) : void(++distance);
  }
  for (const auto& [word, left] : rest) distance += static_cast<size_t>(left);
  return distance;
}

/// Words to remove, to add and to change; of texts that are long, of their first words that differ.
size_t edits(const Words& a, const Words& b) {
  size_t front = 0;
  while (front < a.size() && front < b.size() && a[front] == b[front]) ++front;
  size_t back = 0;
  while (back < a.size() - front && back < b.size() - front &&
         a[a.size() - 1 - back] == b[b.size() - 1 - back])
    ++back;
  const size_t rows = std::min(a.size() - front - back, kMostWords);
  const size_t columns = std::min(b.size() - front - back, kMostWords);
  std::vector<size_t> above(columns + 1);
  std::iota(above.begin(), above.end(), size_t{0});
  for (size_t i = 1; i <= rows; ++i) {
    size_t diagonal = std::exchange(above[0], i);
    for (size_t j = 1; j <= columns; ++j) {
      const size_t change = diagonal + (a[front + i - 1] == b[front + j - 1] ? 0 : 1);
      diagonal = above[j];
      above[j] = std::min({change, above[j] + 1, above[j - 1] + 1});
    }
  }
  return above[columns];
}

/// Where two lines begin to differ, at the start of a character.
size_t first_difference(std::string_view a, std::string_view b) {
  size_t at = 0;
  while (at < a.size() && at < b.size() && a[at] == b[at]) ++at;
  while (at > 0 && at < a.size() && (static_cast<unsigned char>(a[at]) & 0xC0) == 0x80) --at;
  return at;
}

std::string cut(std::string_view line, size_t at) {
  size_t begin = at > kBefore ? at - kBefore : 0;
  if (line.size() <= kShownBytes) begin = 0;
  while (begin < line.size() && (static_cast<unsigned char>(line[begin]) & 0xC0) == 0x80) ++begin;
  return (begin > 0 ? "..." : "") + http::printable(line.substr(begin), kShownBytes);
}

using Lines = std::vector<std::string>;

/// The longest common subsequence: which lines of each are in it.
std::pair<std::vector<bool>, std::vector<bool>> common_lines(const Lines& a, const Lines& b) {
  const size_t rows = std::min(a.size(), kMostLines), columns = std::min(b.size(), kMostLines);
  std::vector<std::vector<uint32_t>> longest(rows + 1, std::vector<uint32_t>(columns + 1));
  for (size_t i = rows; i-- > 0;) {
    for (size_t j = columns; j-- > 0;)
      longest[i][j] =
          a[i] == b[j] ? longest[i + 1][j + 1] + 1 : std::max(longest[i + 1][j], longest[i][j + 1]);
  }
  std::vector<bool> in_a(a.size()), in_b(b.size());
  for (size_t i = 0, j = 0; i < rows && j < columns;) {
    if (a[i] == b[j]) {
      in_a[i++] = in_b[j++] = true;
    } else {
      longest[i + 1][j] >= longest[i][j + 1] ? ++i : ++j;
    }
  }
  return {in_a, in_b};
}

}  // namespace

size_t nearest_text(std::string_view text, const std::vector<std::string_view>& others) {
  const Words words = words_of(text);
  std::unordered_map<std::string_view, int> bag;
  for (const std::string_view word : words) ++bag[word];
  std::vector<std::pair<size_t, size_t>> order;  // how far apart, and the place
  for (size_t i = 0; i < others.size(); ++i) order.emplace_back(apart(bag, words_of(others[i])), i);
  const size_t count = std::min(order.size(), kCandidates);
  std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(count), order.end());
  std::pair<size_t, size_t> best{SIZE_MAX, 0};
  for (size_t i = 0; i < count; ++i)
    best = std::min(best, {edits(words, words_of(others[order[i].second])), order[i].second});
  return best.second;
}

std::string difference(const Lines& before, const Lines& after) {
  const auto [in_before, in_after] = common_lines(before, after);
  std::string text;
  size_t shown = 0, more = 0;
  const auto show = [&](char sign, const std::string& line, size_t at) {
    if (shown == kShownLines) return void(++more);
    ++shown;
    text += fmt::format("  {} {}\n", sign, cut(line, at));
  };
  for (size_t i = 0, j = 0; i < before.size() || j < after.size();) {
    const size_t first_i = i, first_j = j;
    while (i < before.size() && !in_before[i]) ++i;
    while (j < after.size() && !in_after[j]) ++j;
    // The first line of the one side against the first of the other, and so on.
    for (size_t k = 0; k < std::max(i - first_i, j - first_j); ++k) {
      const bool left = first_i + k < i, right = first_j + k < j;
      const size_t at = left && right ? first_difference(before[first_i + k], after[first_j + k]) : 0;
      if (left) show('-', before[first_i + k], at);
      if (right) show('+', after[first_j + k], at);
    }
    if (i < before.size()) ++i;
    if (j < after.size()) ++j;
  }
  if (more > 0) text += fmt::format("  and {} more lines\n", more);
  return text;
}

}  // namespace chain::model
