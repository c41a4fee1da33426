#include "cli/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <iterator>

namespace chain::cli {
namespace {

struct Character {
  uint32_t code = 0;
  size_t size = 1;
  bool valid = false;
};

/// The character at the start of `text`, which is not empty (Unicode 3.9, table 3-7).
Character first_character(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const size_t size = lead >= 0xC2 && lead <= 0xDF   ? 2
                      : (lead & 0xF0) == 0xE0        ? 3
                      : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                     : 0;
  if (size == 0 || size > text.size()) return {lead, 1, false};
  uint32_t code = lead & (0xFF >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {lead, 1, false};
    code = (code << 6) | (byte(i) & 0x3F);
  }
  const bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (overlong || surrogate || code > 0x10FFFF) return {lead, 1, false};
  return {code, size, true};
}

struct Range {
  uint32_t first, last;
};

template <size_t N>
bool within(uint32_t code, const Range (&ranges)[N]) {
  for (const Range& range : ranges) {
    if (code >= range.first && code <= range.last) return true;
  }
  return false;
}

bool is_unsafe(uint32_t code) {
  static constexpr Range kUnsafe[] = {
      {0x00, 0x08},       {0x0B, 0x1F},       {0x7F, 0x9F},  // C0, DEL, C1
      {0x061C, 0x061C},   {0x200E, 0x200F},   {0x202A, 0x202E},
      {0x2066, 0x2069},                      // bidirectional
      {0x2028, 0x2029},   {0xFFF9, 0xFFFB},  // separators, annotation
      {0x00AD, 0x00AD},   {0x034F, 0x034F},   {0x115F, 0x1160},
      {0x17B4, 0x17B5},  // nothing is seen of these:
      {0x180B, 0x180F},   {0x200B, 0x200B},   {0x2060, 0x2065},
      {0x206A, 0x206F},  // hyphens, fillers, spaces
      {0x3164, 0x3164},   {0xFE00, 0xFE0D},   {0xFEFF, 0xFEFF},
      {0xFFA0, 0xFFA0},                        // without width, operators
      {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},  // music, tags, selectors
  };
  return within(code, kUnsafe);
}

/// Joiners, and how an emoji is drawn: they belong to what stands before them, and are nothing to be seen
/// anywhere else.
bool is_attached(uint32_t code) {
  return code == 0x200C || code == 0x200D || code == 0xFE0E || code == 0xFE0F;
}

/// Whether a character can carry one of these: a letter of a script that joins, or a picture.
bool carries(uint32_t code) {
  static constexpr Range kCarriers[] = {
      {0x0600, 0x0DFF}, {0x1000, 0x109F}, {0x1780, 0x17B3},  // Arabic, Indic, Burmese, Khmer
      {0x203C, 0x2049}, {0x2122, 0x2BFF}, {0x3030, 0x303D},  // symbols with a picture
      {0x3297, 0x3299}, {0xFE0F, 0xFE0F}, {0x1F000, 0x1FAFF},
  };
  return within(code, kCarriers);
}

bool is_wide(uint32_t code) {
  static constexpr Range kWide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},
                                    {0xA960, 0xA97C},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
                                    {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
                                    {0x1F300, 0x1F64F}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
  return code >= 0x1100 && within(code, kWide);
}

void append_escaped(std::string& out, const Character& c, Escape escape) {
  auto to = std::back_inserter(out);
  if (escape == Escape::Text) {
    c.code < 0x100 ? fmt::format_to(to, "\\x{:02x}", c.code) : fmt::format_to(to, "\\u{{{:x}}}", c.code);
  } else if (!c.valid) {
    out += "\\ufffd";
  } else if (c.code < 0x10000) {
    fmt::format_to(to, "\\u{:04x}", c.code);
  } else {
    const uint32_t rest = c.code - 0x10000;
    fmt::format_to(to, "\\u{:04x}\\u{:04x}", 0xD800 + (rest >> 10), 0xDC00 + (rest & 0x3FF));
  }
}

}  // namespace

std::string printable(std::string_view text, Escape escape) {
  std::string result;
  result.reserve(text.size());
  uint32_t before = 0;
  while (!text.empty()) {
    const Character c = first_character(text);
    const bool stray = is_attached(c.code) && (!carries(before) || before == c.code);
    before = c.valid ? c.code : 0;
    if (c.valid && !is_unsafe(c.code) && !stray) {
      result += text.substr(0, c.size);
    } else {
      append_escaped(result, c, escape);
    }
    text.remove_prefix(c.size);
  }
  return result;
}

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (c == '\n') {
      line += "\\n";
    } else if (c == '\r') {
      line += "\\r";
    } else {
      line += c;
    }
  }
  return printable(line);
}

bool is_terminal(int fd) {
  const char* term = std::getenv("TERM");
  return isatty(fd) == 1 && term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
}

bool has_color(int fd) {
  const char* refused = std::getenv("NO_COLOR");
  return is_terminal(fd) && (refused == nullptr || *refused == '\0');
}

size_t columns(int fd) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

size_t display_width(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const Character c = first_character(text);
    width += c.valid && is_wide(c.code) ? 2 : 1;
    text.remove_prefix(c.size);
  }
  return width;
}

std::string_view cut_to_width(std::string_view text, size_t width) {
  size_t end = 0;
  while (end < text.size()) {
    const Character c = first_character(text.substr(end));
    const size_t wide = c.valid && is_wide(c.code) ? 2 : 1;
    if (wide > width) break;
    width -= wide;
    end += c.size;
  }
  return text.substr(0, end);
}

}  // namespace chain::cli
