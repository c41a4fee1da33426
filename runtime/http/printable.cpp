#include "runtime/http/printable.h"

#include <cstdint>

namespace chain::http {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

uint32_t decode(std::string_view text, size_t length) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  uint32_t code = length == 1 ? byte(0) : byte(0) & (0xFFU >> (length + 1));
  for (size_t i = 1; i < length; ++i) code = code << 6 | (byte(i) & 0x3FU);
  return code;
}

/// Characters that steer a terminal, reorder the text around them, or cannot be seen. Joiners between other
/// letters than those of ASCII are part of words: `cli/terminal.h` tells them apart.
bool steers(uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0xAD || code == 0x61C || code == 0x200B ||
         code == 0x200E || code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF || (code >= 0xFFF9 && code <= 0xFFFB) ||
         (code >= 0xE0000 && code <= 0xE0FFF);
}

}  // namespace

size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto first = static_cast<uint8_t>(text[0]);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((static_cast<uint8_t>(text[i]) & 0xC0) != 0x80) return 0;
  }
  const uint32_t code = decode(text, length);
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return overlong || surrogate || code > 0x10FFFF ? 0 : length;
}

std::string printable(std::string_view text, size_t limit) {
  std::string result;
  bool space = false;
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    std::string_view character = text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
    if (character == " " || character == "\t" || character == "\n" || character == "\r") {
      space = !result.empty();
      continue;
    }
    if (length == 0 || steers(decode(character, length))) character = kReplacement;
    if (result.size() + character.size() + static_cast<size_t>(space) > limit) return result + "...";
    if (space) result += ' ';
    space = false;
    result += character;
  }
  return result;
}

}  // namespace chain::http
