// The text of scalars in a reply.
#include <algorithm>
#include <cstring>

#include "runtime/value/characters.h"
#include "runtime/value/reply_fit.h"
#include "runtime/value/unescape.h"

namespace chain::value {

using Kind = ReplyNode::Kind;

namespace {

/// Spaces and tabs at the front.
size_t indentation(std::string_view line) {
  const size_t first = line.find_first_not_of(" \t");
  return first == std::string_view::npos ? line.size() : first;
}

/// Behind backticks, the rest of their line says what language the block is in.
std::string_view without_info(std::string_view raw) {
  const size_t line = raw.find('\n');
  return line == std::string_view::npos ? raw : raw.substr(line);
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
    case Kind::Block: return dedent(tree_.text[node.begin - 1] == '`' ? without_info(raw) : raw);
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

std::string_view ReplyFit::unescape(std::string_view raw) {
  auto* to = static_cast<char*>(scratch_.allocate(raw.size()));
  return to ? std::string_view(to, unescape_to(raw, to)) : raw;
}

/// A block that begins on a line of its own is without the indentation that its lines share, and without the
/// empty space around it; any other is as it stands.
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
