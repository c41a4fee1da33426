#include "cli/word_difference.h"

#include <algorithm>
#include <cstdint>

#include "cli/line_difference.h"

namespace chain::cli {
namespace {

constexpr size_t kMostWords = 2000;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

/// A character of a word: punctuation stands alone, so that `tickets.` and `tickets,` have a word in common.
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    size_t size = 1;
    const auto is_alike = is_blank(text[0]) ? is_blank : is_word(text[0]) ? is_word : nullptr;
    while (is_alike && size < text.size() && is_alike(text[size])) ++size;
    words.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return words;
}

void add(std::vector<WordRun>& runs, char mark, std::string_view text) {
  if (text.empty()) return;
  if (runs.empty() || runs.back().mark != mark) runs.push_back({mark, {}});
  runs.back().text += text;
}

}  // namespace

std::vector<WordRun> word_differences(std::string_view before, std::string_view now) {
  std::vector<WordRun> runs;
  const std::vector<std::string_view> a = words_of(before), b = words_of(now);
  if (a.size() > kMostWords || b.size() > kMostWords) {
    add(runs, '-', before);
    add(runs, '+', now);
    return runs;
  }
  // common[i][j]: how many words a from i and b from j have in common, in order.
  const size_t width = b.size() + 1;
  std::vector<uint16_t> common((a.size() + 1) * width);
  for (size_t i = a.size(); i-- > 0;) {
    for (size_t j = b.size(); j-- > 0;) {
      common[i * width + j] = a[i] == b[j] ? static_cast<uint16_t>(common[(i + 1) * width + j + 1] + 1)
                                           : std::max(common[(i + 1) * width + j], common[i * width + j + 1]);
    }
  }
  size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) {
      add(runs, ' ', a[i]);
      ++i, ++j;
    } else if (i < a.size() && (j == b.size() || common[(i + 1) * width + j] >= common[i * width + j + 1])) {
      add(runs, '-', a[i++]);
    } else {
      add(runs, '+', b[j++]);
    }
  }
  return runs;
}

std::vector<Hunk> hunks(std::string_view before, std::string_view now) {
  std::vector<Hunk> all;
  std::string gone, fresh;
  const auto close = [&] {
    if (!gone.empty() || !fresh.empty()) all.push_back({word_differences(gone, fresh)});
    gone.clear();
    fresh.clear();
  };
  for (const LineDifference& line : line_differences(before, now, /*around=*/1)) {
    if (line.mark == '-') gone += line.text + '\n';
    if (line.mark == '+') fresh += line.text + '\n';
    if (line.mark == ' ' || line.mark == '~') close();
  }
  close();
  return all;
}

std::string marked(const Hunk& hunk) {
  std::string text;
  for (const WordRun& run : hunk.runs) {
    std::string inside = run.text;
    std::string end;
    while (run.mark != ' ' && inside.ends_with('\n')) end += '\n', inside.pop_back();
    if (run.mark == ' ') text += inside;
    if (run.mark == '-') text += (inside.empty() ? "" : "[-" + inside + "-]") + end;
    if (run.mark == '+') text += (inside.empty() ? "" : "{+" + inside + "+}") + end;
  }
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace chain::cli
