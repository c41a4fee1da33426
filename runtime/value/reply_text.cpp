// The text of scalars in a reply.
#include <algorithm>
#include <cstring>

#include "runtime/value/characters.h"
#include "runtime/value/reply_fit.h"
#include "runtime/value/utf8.h"

namespace chain::value {

using Kind = ReplyNode::Kind;

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

/// Spaces and tabs at the front.
size_t indentation(std::string_view line) {
  const size_t first = line.find_first_not_of(" \t");
  return first == std::string_view::npos ? line.size() : first;
}

template <typename Each>
void for_each_line(std::string_view text, Each&& each) {
  while (true) {
    const size_t end = text.find('\n');
    each(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string_view ReplyFit::text_of(const ReplyNode& node) {
  const std::string_view raw = tree_.raw(node);
  switch (node.kind) {
    case Kind::Quoted: return node.escaped ? unescape(raw) : raw;
    case Kind::Block: return dedent(raw);
    case Kind::Bare: return node.complete ? raw : trimmed(raw);
    default: return raw;
  }
}

std::string_view ReplyFit::key_of(const ReplyNode& node) {
  const std::string_view raw = tree_.slice(node.key_begin, node.key_end);
  return node.key_escaped ? unescape(raw) : raw;
}

bool ReplyFit::is_null(const ReplyNode& node) const {
  if (node.kind != Kind::Bare) return false;
  const std::string_view raw = tree_.raw(node);
  return raw.empty() || raw == "null";
}

/// Unknown escapes keep their backslash: they are more likely a path or a pattern than a mistake.
std::string_view ReplyFit::unescape(std::string_view raw) {
  auto* to = static_cast<char*>(scratch_.allocate(raw.size()));
  if (!to) return raw;
  size_t size = 0;
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
    constexpr std::string_view kFrom = "\"\\/bfnrt'`\n";
    constexpr std::string_view kTo = "\"\\/\b\f\n\r\t'`\n";
    const size_t known = raw.size() > 1 ? kFrom.find(raw[1]) : std::string_view::npos;
    to[size++] = known == std::string_view::npos ? '\\' : kTo[known];
    raw.remove_prefix(known == std::string_view::npos ? 1 : 2);
  }
  return {to, size};
}

/// A block that begins on a line of its own is without the indentation that its lines share, and without the empty
/// space around it; any other is as it stands.
std::string_view ReplyFit::dedent(std::string_view raw) {
  const size_t first = raw.find_first_not_of(" \t\r");
  const bool own_lines = first != std::string_view::npos && raw[first] == '\n';
  if (!own_lines) return raw;
  raw.remove_prefix(first + 1);
  while (!raw.empty() && is_space(raw.back())) raw.remove_suffix(1);
  size_t shared = SIZE_MAX;
  for_each_line(raw, [&](std::string_view line) {
    if (!trimmed(line).empty()) shared = std::min(shared, indentation(line));
  });
  if (shared == 0 || shared == SIZE_MAX) return raw;
  auto* to = static_cast<char*>(scratch_.allocate(raw.size() + 1));
  if (!to) return raw;
  size_t size = 0;
  for_each_line(raw, [&](std::string_view line) {
    line.remove_prefix(std::min(shared, line.size()));
    std::memcpy(to + size, line.data(), line.size());
    size += line.size();
    to[size++] = '\n';
  });
  return {to, size - 1};
}

}  // namespace chain::value
