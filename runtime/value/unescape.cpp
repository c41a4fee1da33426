#include "runtime/value/unescape.h"

#include <algorithm>
#include <cstring>

#include "runtime/value/characters.h"
#include "runtime/value/utf8.h"

namespace chain::value {

namespace {

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The code unit of `\uXXXX` at the front of `text`, or -1.
int32_t unicode_unit(std::string_view text) {
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return -1;
  int32_t unit = 0;
  for (size_t i = 2; i < 6; ++i) {
    const int digit = hex_digit(text[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

/// Takes one `\uXXXX`, or two that make a surrogate pair, off `text`; false if it is none.
bool take_unicode(std::string_view& text, uint32_t& code_point) {
  const int32_t high = unicode_unit(text);
  if (high < 0) return false;
  text.remove_prefix(6);
  code_point = static_cast<uint32_t>(high);
  const int32_t low = high >= 0xd800 && high < 0xdc00 ? unicode_unit(text) : -1;
  if (low >= 0xdc00 && low < 0xe000) {
    code_point = 0x10000 + ((code_point - 0xd800) << 10) + (static_cast<uint32_t>(low) - 0xdc00);
    text.remove_prefix(6);
  }
  return true;
}

constexpr std::string_view kFrom = "\"\\/bfnrt'`\n";
constexpr std::string_view kTo = "\"\\/\b\f\n\r\t'`\n";

}  // namespace

uint64_t unescape_to(std::string_view raw, char* to) {
  uint64_t size = 0;
  while (!raw.empty()) {
    const size_t plain = std::min(raw.find('\\'), raw.size());
    std::memcpy(to + size, raw.data(), plain);
    size += plain;
    raw.remove_prefix(plain);
    if (raw.empty()) break;
    uint32_t code_point = 0;
    if (take_unicode(raw, code_point)) {
      size += encode_utf8(code_point, to + size);
      continue;
    }
    const size_t known = raw.size() > 1 ? kFrom.find(raw[1]) : std::string_view::npos;
    to[size++] = known == std::string_view::npos ? '\\' : kTo[known];
    raw.remove_prefix(known == std::string_view::npos ? 1 : 2);
  }
  return size;
}

uint32_t escape_length(std::string_view raw) {
  if (raw.size() < 2) return 0;
  if (raw[1] != 'u') return kFrom.find(raw[1]) == std::string_view::npos ? 1 : 2;
  // A pair of surrogates is one character: 12 bytes decide in any case.
  if (raw.size() < 12) {
    const int32_t unit = unicode_unit(raw);
    const bool high = unit >= 0xd800 && unit < 0xdc00;
    if (raw.size() < 6 || high) return 0;
  }
  uint32_t code_point = 0;
  std::string_view rest = raw;
  if (!take_unicode(rest, code_point)) return 1;
  return static_cast<uint32_t>(raw.size() - rest.size());
}

}  // namespace chain::value
