#include "runtime/documents/sentences.h"

#include <unicode/ubrk.h>
#include <unicode/utext.h>

#include <algorithm>
#include <string>

#include "runtime/value/characters.h"

namespace chain::documents {
namespace {

/// Lines shorter than this are not wrapped: verses, addresses, tables.
constexpr size_t kFullLine = 40;

void push_trimmed(std::string_view text, size_t begin, size_t end, std::vector<Part>& parts) {
  while (begin < end && value::is_space(text[begin])) ++begin;
  while (end > begin && value::is_space(text[end - 1])) --end;
  if (begin < end) parts.emplace_back(begin, end);
}

bool begins_item(std::string_view line) {
  line = value::trimmed(line.substr(0, 40));
  if (line.empty()) return true;
  constexpr std::string_view kBullet = "\xE2\x80\xA2";
  if ((line[0] == '-' || line[0] == '*' || line[0] == '+') && line.substr(1, 1) == " ") return true;
  if (line.starts_with(kBullet)) return true;
  const size_t digits = line.find_first_not_of("0123456789");
  return digits != 0 && digits != std::string_view::npos && digits < 4 &&
         (line[digits] == '.' || line[digits] == ')') && line.substr(digits + 1, 1) == " ";
}

/// Ends of lines within a sentence become spaces, since ICU ends one at each.
std::string unwrapped(std::string_view text) {
  std::string plain(text);
  size_t line = 0;
  for (size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    const std::string_view next = text.substr(at + 1, text.find('\n', at + 1) - (at + 1));
    if (at - line >= kFullLine && !begins_item(next)) plain[at] = ' ';
    line = at + 1;
  }
  return plain;
}

template <class IsBreak>
std::vector<Part> split(std::string_view text, const IsBreak& is_break) {
  std::vector<Part> parts;
  size_t begin = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    if (!is_break(text[at])) continue;
    push_trimmed(text, begin, at, parts);
    begin = at + 1;
  }
  push_trimmed(text, begin, text.size(), parts);
  return parts;
}

}  // namespace

struct SentenceFinder::State {
  UBreakIterator* breaks = nullptr;
};

SentenceFinder::SentenceFinder() : state_(std::make_unique<State>()) {
  UErrorCode status = U_ZERO_ERROR;
  state_->breaks = ubrk_open(UBRK_SENTENCE, "en", nullptr, 0, &status);
  if (U_FAILURE(status)) state_->breaks = nullptr;
}

SentenceFinder::~SentenceFinder() {
  if (state_->breaks != nullptr) ubrk_close(state_->breaks);
}

std::vector<Part> SentenceFinder::find(std::string_view text) {
  if (state_->breaks == nullptr) return find_lines(text);  // ICU's data is not installed
  const std::string plain = unwrapped(text);
  UErrorCode status = U_ZERO_ERROR;
  UText* source = utext_openUTF8(nullptr, plain.data(), static_cast<int64_t>(plain.size()), &status);
  ubrk_setUText(state_->breaks, source, &status);
  std::vector<Part> parts;
  if (U_FAILURE(status)) {
    parts = find_lines(text);
  } else {
    int32_t begin = ubrk_first(state_->breaks);
    for (int32_t end = ubrk_next(state_->breaks); end != UBRK_DONE; end = ubrk_next(state_->breaks)) {
      push_trimmed(text, static_cast<size_t>(begin), static_cast<size_t>(end), parts);
      begin = end;
    }
  }
  utext_close(source);
  return parts;
}

std::vector<Part> find_lines(std::string_view text) {
  std::vector<Part> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    // What is in front of a line's first word is a part of code.
    if (!value::trimmed(text.substr(begin, end - begin)).empty()) {
      size_t last = end;
      while (value::is_space(text[last - 1])) --last;
      lines.emplace_back(begin, last);
    }
    begin = end + 1;
  }
  return lines;
}

std::vector<Part> find_words(std::string_view text) {
  return split(text, [](char c) { return value::is_space(c); });
}

}  // namespace chain::documents
