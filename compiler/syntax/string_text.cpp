#include "compiler/syntax/string_text.h"

#include <fmt/format.h>
#include <unicode/utf8.h>

#include <charconv>

namespace chain::syntax {
namespace {

void append_code_point(uint32_t c, std::string& out) {
  char bytes[4];
  int32_t size = 0;
  U8_APPEND_UNSAFE(bytes, size, c);
  out.append(bytes, static_cast<size_t>(size));
}

/// Resolves the escape at `at` (its backslash); gives where it ends, or `at` if it is none.
uint32_t append_escape(std::string_view text, uint32_t at, uint32_t end, std::string& out) {
  if (at + 1 >= end) return at;
  switch (text[at + 1]) {
    case 'n': out += '\n'; return at + 2;
    case 't': out += '\t'; return at + 2;
    case 'r': out += '\r'; return at + 2;
    case '"':
    case '\\':
    case '{':
    case '}': out += text[at + 1]; return at + 2;
    case 'u': {
      if (at + 2 >= end || text[at + 2] != '{') return at;
      uint32_t value = 0;
      const char* first = text.data() + at + 3;
      const auto [stop, error] = std::from_chars(first, text.data() + end, value, 16);
      const bool scalar = value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
      if (error != std::errc() || stop == text.data() + end || *stop != '}' || stop - first > 6 || !scalar)
        return at;
      append_code_point(value, out);
      return static_cast<uint32_t>(stop + 1 - text.data());
    }
    default: return at;
  }
}

void unknown_escape(std::string_view text, uint32_t at, uint32_t end, FileId file, Diagnostics& diagnostics) {
  uint32_t stop = at + 1;
  if (stop < end) {
    size_t next = stop;
    U8_FWD_1(text.data(), next, end);
    stop = static_cast<uint32_t>(next);
  }
  std::string escape(text.substr(at, stop - at));
  if (escape.size() == 2 && static_cast<unsigned char>(escape[1]) < 0x20) escape = "\\";
  const std::string hint = escape == "\\u" ? "; a character is written `\\u{1F600}`, in hexadecimal"
                                           : fmt::format("; write `\\{}`", escape);
  auto builder = diagnostics.report(UnknownEscape{.escape = escape, .hint = hint}, {file, at, stop});
  if (escape != "\\u") builder.fix({file, at, at + 1}, "\\\\", "write `\\\\`");
}

}  // namespace

StringContent string_content(std::string_view text, uint32_t begin, uint32_t end) {
  StringContent content;
  content.raw = text[begin] == 'r';
  const uint32_t quote = begin + (content.raw ? 1 : 0);
  content.block = end - quote >= 6 && text.substr(quote).starts_with("\"\"\"");
  const uint32_t width = content.block ? 3 : 1;
  content.begin = quote + width;
  content.end = end - width;
  if (!content.block) return content;
  const std::string_view inner = text.substr(content.begin, content.end - content.begin);
  const size_t first_break = inner.find('\n');
  if (first_break == std::string_view::npos) return content;
  const size_t last_line = inner.rfind('\n') + 1;
  const bool opens_alone = inner.find_first_not_of(" \t\r") == first_break;
  const bool closes_alone = inner.find_first_not_of(" \t", last_line) == std::string_view::npos;
  const uint32_t origin = content.begin;
  if (opens_alone) {
    content.begin = origin + static_cast<uint32_t>(first_break) + 1;
    content.begins_line = true;
  }
  if (closes_alone) {
    content.indent = inner.substr(last_line);
    content.end = std::max(content.begin, origin + static_cast<uint32_t>(last_line) - 1);
    while (content.end > content.begin && text[content.end - 1] == '\r') --content.end;
  }
  return content;
}

void append_text(std::string_view text, const StringContent& content, uint32_t begin, uint32_t end,
                 bool escapes, FileId file, Diagnostics* diagnostics, std::string& out) {
  bool line_begins = content.begins_line && begin == content.begin;
  uint32_t at = begin;
  while (at < end) {
    if (line_begins) {
      for (size_t i = 0; i < content.indent.size() && at < end && text[at] == content.indent[i]; ++i) ++at;
      line_begins = false;
      continue;
    }
    const char c = text[at];
    if (c == '\\' && escapes) {
      const uint32_t after = append_escape(text, at, end, out);
      if (after == at && diagnostics) unknown_escape(text, at, end, file, *diagnostics);
      if (after == at) out += c;
      at = std::max(after, at + 1);
      continue;
    }
    if (c == '\r') {  // one or several before a line feed belong to the line's end
      const size_t after = std::min<size_t>(text.find_first_not_of('\r', at), end);
      const bool ends_line = after < text.size() && text[after] == '\n';
      if (!ends_line) out.append(text.substr(at, after - at));
      at = static_cast<uint32_t>(after);
      continue;
    }
    out += c;
    ++at;
    line_begins = c == '\n' && content.block;
  }
}

}  // namespace chain::syntax
