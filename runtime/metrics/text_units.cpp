#include "runtime/metrics/text_units.h"

#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>

namespace chain::metrics {
namespace {

char32_t next_code_point(std::string_view text, size_t& at) {
  UChar32 c = 0;
  U8_NEXT_OR_FFFD(text.data(), at, text.size(), c);
  return static_cast<char32_t>(c);
}

/// Where the character before `end` begins.
size_t before(std::string_view text, size_t end) {
  size_t at = end - 1;
  while (at > 0 && end - at < 4 && U8_IS_TRAIL(text[at])) --at;
  return at;
}

}  // namespace

std::u32string code_points(std::string_view text) {
  std::u32string result;
  result.reserve(text.size());
  for (size_t at = 0; at < text.size();) result.push_back(next_code_point(text, at));
  return result;
}

void append_code_point(std::string& out, char32_t c) {
  char bytes[U8_MAX_LENGTH];
  size_t size = 0;
  U8_APPEND_UNSAFE(bytes, size, static_cast<UChar32>(c));
  out.append(bytes, size);
}

std::string lowercase(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  if (std::ranges::all_of(text, [](char c) { return U8_IS_SINGLE(c); })) {
    for (const char c : text) result += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return result;
  }
  constexpr size_t kMostAtOnce = size_t{1} << 30;  // ICU counts bytes in 32 bits
  icu::StringByteSink<std::string> sink(&result);
  while (!text.empty()) {
    const size_t size = text.size() <= kMostAtOnce ? text.size() : before(text, kMostAtOnce);
    UErrorCode status = U_ZERO_ERROR;
    icu::CaseMap::utf8ToLower("", 0, icu::StringPiece(text.data(), static_cast<int32_t>(size)), sink, nullptr,
                              status);
    text.remove_prefix(size);
  }
  return result;
}

bool is_blank(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  size_t begin = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t here = at;
    if (!is_blank(next_code_point(text, at))) continue;
    if (here > begin) words.push_back(text.substr(begin, here - begin));
    begin = at;
  }
  if (begin < text.size()) words.push_back(text.substr(begin));
  return words;
}

std::string_view without_trailing_blanks(std::string_view text) {
  while (!text.empty()) {
    const size_t begin = before(text, text.size());
    size_t at = begin;
    if (!is_blank(next_code_point(text, at)) || at != text.size()) break;
    text = text.substr(0, begin);
  }
  return text;
}

std::string single_blanks(std::string_view text) {
  std::string result;
  for (const std::string_view word : words_of(text)) {
    if (!result.empty()) result += ' ';
    result += word;
  }
  return result;
}

bool is_ascii_punctuation(char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

}  // namespace chain::metrics
