#include "compiler/diagnostics/display.h"

#include <fmt/format.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

namespace chain {
namespace {

/// Characters that turn the direction of what follows, or are there and cannot be seen.
bool hidden(UChar32 c) {
  if (c == 0x200D) return false;  // joins emoji
  const int8_t category = u_charType(c);
  return category == U_CONTROL_CHAR || category == U_FORMAT_CHAR || category == U_LINE_SEPARATOR ||
         category == U_PARAGRAPH_SEPARATOR || category == U_SURROGATE || category == U_PRIVATE_USE_CHAR ||
         category == U_UNASSIGNED;
}

int columns_of(UChar32 c) {
  const int8_t category = u_charType(c);
  if (category == U_NON_SPACING_MARK || category == U_ENCLOSING_MARK || c == 0x200D) return 0;
  // Vowels and final consonants of decomposed Hangul join the syllable before them.
  if (c >= 0x1160 && c <= 0x11FF) return 0;
  const int32_t width = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
  return width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
}

}  // namespace

Glyph glyph_at(std::string_view line, size_t at, int column) {
  const auto byte = static_cast<unsigned char>(line[at]);
  if (byte == '\t') {
    const int columns = kTabStop - column % kTabStop;
    return {std::string(static_cast<size_t>(columns), ' '), columns, 1};
  }
  if (byte >= 0x20 && byte < 0x7F) return {std::string(1, line[at]), 1, 1};
  UChar32 c = 0;
  size_t next = at;
  U8_NEXT(line.data(), next, line.size(), c);
  const auto bytes = static_cast<uint32_t>(next - at);
  if (c < 0) {
    std::string text = fmt::format("<{:02X}>", byte);
    return {text, static_cast<int>(text.size()), bytes};
  }
  if (hidden(c)) {
    std::string text = fmt::format("<U+{:04X}>", static_cast<uint32_t>(c));
    return {text, static_cast<int>(text.size()), bytes};
  }
  return {std::string(line.substr(at, bytes)), columns_of(c), bytes};
}

std::string displayable(std::string_view text) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    if (text[at] == '\n') {
      result += text[at++];
      continue;
    }
    const Glyph glyph = glyph_at(text, at, 0);
    result += text[at] == '\t' ? " " : glyph.text;
    at += glyph.bytes;
  }
  return result;
}

}  // namespace chain
