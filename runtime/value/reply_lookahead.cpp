// Where a value ends that is not quoted, or holds its own quotes: by what follows.
#include <algorithm>

#include "runtime/value/characters.h"
#include "runtime/value/reply_scanner.h"

namespace chain::value {

namespace {

bool is_key_start(char c) {
  return is_letter(c) || is_digit(c) || is_wide(c) || c == '_' || c == '$';
}
bool is_key_part(char c) {
  return is_key_start(c) || c == '-' || c == '.' || c == '/';
}

bool is_literal_start(std::string_view text) {
  return text.starts_with("true") || text.starts_with("false") || text.starts_with("null");
}

constexpr uint32_t kLongestKey = 96;

}  // namespace

/// First place from `from` that is no space, or `kLookahead` on; tells whether a line ended before it.
uint32_t ReplyScanner::skip_space(uint32_t from, bool& new_line) {
  const uint32_t limit = std::min<uint64_t>(size(), uint64_t{from} + kLookahead);
  uint32_t place = from;
  for (; place < limit && is_space(at(place)); ++place) new_line |= at(place) == '\n';
  steps_ += place - from;
  return place;
}

ReplyScanner::Verdict ReplyScanner::comment_follows(uint32_t place) const {
  if (place + 1 == size()) return ended_ ? Verdict::No : Verdict::Wait;
  const char next = at(place + 1);
  if (at(place) == '#') return next == ' ' || next == '\t' ? Verdict::Yes : Verdict::No;
  return next == '/' || next == '*' ? Verdict::Yes : Verdict::No;
}

ReplyScanner::Verdict ReplyScanner::colon_follows(uint32_t from) {
  bool new_line = false;
  const uint32_t place = skip_space(from, new_line);
  if (place == size()) return at_end();
  return at(place) == ':' ? Verdict::Yes : Verdict::No;
}

ReplyScanner::Verdict ReplyScanner::quote_ends_key(uint32_t from) {
  bool new_line = false;
  const uint32_t place = skip_space(from, new_line);
  if (place == size()) return at_end();
  const char c = at(place);
  return c == ':' || c == ',' || c == '}' ? Verdict::Yes : Verdict::No;
}

ReplyScanner::Verdict ReplyScanner::quote_ends_value(uint32_t from) {
  bool new_line = false;
  const uint32_t place = skip_space(from, new_line);
  if (place == size()) return at_end();
  if (at(place) == '/' || at(place) == '#') return comment_follows(place);
  if (at(place) == '`' && new_line) return Verdict::Yes;
  return in_object() ? quote_ends_member(place, new_line) : quote_ends_element(place, new_line);
}

ReplyScanner::Verdict ReplyScanner::quote_ends_member(uint32_t place, bool new_line) {
  switch (at(place)) {
    case ',': return key_follows(place + 1, false);
    case '}': return brace_ends_member(place + 1);
    case ']': return lists_ > 0 ? Verdict::Yes : Verdict::No;
    default: break;
  }
  if (new_line) return key_follows(place, true);
  return is_quote(at(place)) && is_space(at(place - 1)) ? quoted_key_follows(place) : Verdict::No;
}

/// A brace within a string may stand behind a quote of that string. Behind the brace of an inner object there
/// must follow what may follow a value; behind that of the outermost may follow anything.
ReplyScanner::Verdict ReplyScanner::brace_ends_member(uint32_t from) {
  if (stack_.size() == 1) return Verdict::Yes;
  bool new_line = false;
  const uint32_t place = skip_space(from, new_line);
  if (place == size()) return at_end();
  constexpr std::string_view kAfter = ",}]/`#";
  return new_line || kAfter.find(at(place)) != std::string_view::npos ? Verdict::Yes : Verdict::No;
}

ReplyScanner::Verdict ReplyScanner::quote_ends_element(uint32_t place, bool new_line) {
  switch (at(place)) {
    case ',': return element_follows(place + 1);
    case ']': return Verdict::Yes;
    case '}': return objects_ > 0 ? Verdict::Yes : Verdict::No;
    default: break;
  }
  if (new_line) return is_quote(at(place)) || at(place) == '{' ? Verdict::Yes : Verdict::No;
  if (!is_quote(at(place)) || !is_space(at(place - 1))) return Verdict::No;
  // `"a" "b"`: a comma is missing, if the second quote opens something.
  if (place + 1 == size()) return ended_ ? Verdict::No : Verdict::Wait;
  const char next = at(place + 1);
  return is_letter(next) || is_digit(next) || is_wide(next) ? Verdict::Yes : Verdict::No;
}

/// Whether what follows a comma can be an element. An unquoted word beside quoted ones is more likely a part
/// of them.
ReplyScanner::Verdict ReplyScanner::element_follows(uint32_t from) {
  bool new_line = false;
  const uint32_t place = skip_space(from, new_line);
  if (place == size()) return at_end();
  const char c = at(place);
  constexpr std::string_view kStarts = "{[]-,/}#";
  if (is_quote(c) || is_digit(c) || kStarts.find(c) != std::string_view::npos) return Verdict::Yes;
  return new_line || is_literal_start(std::string_view(tree_.text).substr(place, 5)) ? Verdict::Yes
                                                                                     : Verdict::No;
}

ReplyScanner::Verdict ReplyScanner::key_follows(uint32_t from, bool new_line) {
  const uint32_t place = skip_space(from, new_line);
  if (place == size()) return at_end();
  const char c = at(place);
  if (c == '}') return Verdict::Yes;
  if (c == ']') return lists_ > 0 ? Verdict::Yes : Verdict::No;
  if (c == '/' || c == '#') return comment_follows(place);
  if (is_quote(c)) return quoted_key_follows(place);
  return is_key_start(c) ? bare_key_follows(place, new_line) : Verdict::No;
}

ReplyScanner::Verdict ReplyScanner::quoted_key_follows(uint32_t place) {
  const uint32_t limit = std::min<uint64_t>(size(), uint64_t{place} + kLongestKey);
  uint32_t end = place + 1;
  while (end < limit && at(end) != at(place) && at(end) != '\n') ++end;
  steps_ += end - place;
  if (end == size()) return at_end();
  if (end == limit || at(end) == '\n') return Verdict::No;
  return colon_follows(end + 1);
}

/// Only behind a line break may an unquoted key hold spaces. A colon with slashes behind it is a URL.
ReplyScanner::Verdict ReplyScanner::bare_key_follows(uint32_t place, bool new_line) {
  const uint32_t limit = std::min<uint64_t>(size(), uint64_t{place} + kLongestKey);
  uint32_t end = place;
  while (end < limit && (is_key_part(at(end)) || (new_line && at(end) == ' '))) ++end;
  steps_ += end - place;
  if (end == size()) return ended_ ? (new_line ? Verdict::Yes : Verdict::No) : Verdict::Wait;
  if (end == limit) return Verdict::No;
  bool broken = false;
  const uint32_t colon = skip_space(end, broken);
  if (colon == size()) return ended_ ? Verdict::No : Verdict::Wait;
  if (at(colon) != ':') return Verdict::No;
  if (colon + 1 == size()) return at_end();
  return at(colon + 1) == '/' ? Verdict::No : Verdict::Yes;
}

/// At a line break in a bare value: it ends there if a comma was forgotten, or the fence closes.
ReplyScanner::Verdict ReplyScanner::line_ends_bare(uint32_t from) {
  bool new_line = true;
  const uint32_t place = skip_space(from, new_line);
  if (place == size()) return ended_ ? Verdict::No : Verdict::Wait;
  const char c = at(place);
  if (c == '`') {
    const std::string_view rest = std::string_view(tree_.text).substr(place, 3);
    if (rest == "```") return Verdict::Yes;
    return !ended_ && std::string_view("```").starts_with(rest) ? Verdict::Wait : Verdict::No;
  }
  if (!in_object() && stack_.size() == 1 && !fenced_ && at(from) == '\n') return Verdict::Yes;
  if (!in_object()) return is_quote(c) || c == '{' || c == '[' ? Verdict::Yes : Verdict::No;
  if (is_quote(c)) return quoted_key_follows(place);
  if (!is_key_start(c)) return Verdict::No;
  // An unquoted word and a colon also occur in text of several words.
  const uint32_t begin = tree_.nodes[scalar_].begin;
  if (at_ - begin > kLongestKey) return Verdict::No;
  const std::string_view so_far = trimmed(tree_.slice(begin, at_));
  const bool one_word = so_far.find_first_of(" \n") == std::string_view::npos;
  return one_word ? bare_key_follows(place, true) : Verdict::No;
}

}  // namespace chain::value
