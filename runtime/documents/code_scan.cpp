#include "runtime/documents/code_scan.h"

#include <algorithm>
#include <string>

#include "runtime/value/characters.h"

namespace chain::documents {
namespace {

constexpr uint64_t kLongestRegex = 1000;

bool is_name(char c) {
  return value::is_letter(c) || value::is_digit(c) || c == '_' || value::is_wide(c);
}

}  // namespace

uint64_t CodeScanner::line_end(uint64_t at) const {
  return std::min<uint64_t>(code_.find('\n', at), code_.size());
}

uint64_t CodeScanner::behind(std::string_view what, uint64_t from) const {
  const size_t found = code_.find(what, from);
  return found == std::string_view::npos ? code_.size() : found + what.size();
}

/// Behind the quote that closes the one at `at`.
uint64_t CodeScanner::quoted_end(uint64_t at, bool many_lines) const {
  const char quote = code_[at];
  for (uint64_t i = at + 1; i < code_.size(); ++i) {
    if (code_[i] == '\\')
      ++i;
    else if (code_[i] == quote)
      return i + 1;
    else if (code_[i] == '\n' && !many_lines)
      return i;
  }
  return code_.size();
}

uint64_t CodeScanner::string_end(uint64_t at) const {
  const bool triple = language_.triple || language_.layout == Layout::Indent;
  const char quote = code_[at];
  const std::string three(3, quote);
  if (!triple || !is(at, three)) return quoted_end(at, false);
  for (uint64_t i = at + 3; i < code_.size(); ++i) {
    if (code_[i] == '\\')
      ++i;
    else if (is(i, three))
      return i + 3;
  }
  return code_.size();
}

uint64_t CodeScanner::single_quote_end(uint64_t at) const {
  if (language_.single == SingleQuote::String) return string_end(at);
  if (is_name(before(at)) && value::is_digit(before(at))) return at + 1;  // 1'000'000
  // A character, however it is written; anything longer is none.
  const bool escaped = at + 1 < code_.size() && code_[at + 1] == '\\';
  const uint64_t most = std::min<uint64_t>(at + (escaped ? 14 : 6), code_.size());
  for (uint64_t i = at + (escaped ? 3 : 2); i < most && code_[i] != '\n'; ++i) {
    if (code_[i] == '\'') return i + 1;
  }
  return at + 1;
}

/// R"x(...)x", r#"..."#; 0 if there is none at `at`.
uint64_t CodeScanner::raw_end(uint64_t at) const {
  if (language_.raw_cpp && is(at, "R\"")) {
    const size_t open = code_.find_first_of("(\n", at + 2);
    if (open == std::string_view::npos || code_[open] != '(' || open - at > 18) return 0;
    return behind(")" + std::string(code_.substr(at + 2, open - at - 2)) + "\"", open);
  }
  if (language_.raw_rust && code_[at] == 'r' && !is_name(before(at))) {
    uint64_t hashes = 0;
    while (is(at + 1 + hashes, "#") && hashes < 255) ++hashes;
    if (!is(at + 1 + hashes, "\"")) return 0;
    return behind("\"" + std::string(hashes, '#'), at + 2 + hashes);
  }
  return 0;
}

/// A slash begins a regular expression where a value may stand; 0 if this one divides.
uint64_t CodeScanner::regex_end(uint64_t at) const {
  uint64_t last = at;
  while (last > 0 && (code_[last - 1] == ' ' || code_[last - 1] == '\t')) --last;
  if (std::string_view("(,=:[!&|?{};\n").find(before(last)) == std::string_view::npos) return 0;
  bool set = false;
  const uint64_t most = std::min<uint64_t>(at + kLongestRegex, code_.size());
  for (uint64_t i = at + 1; i < most && code_[i] != '\n'; ++i) {
    if (code_[i] == '\\')
      ++i;
    else if (code_[i] == '[')
      set = true;
    else if (code_[i] == ']')
      set = false;
    else if (code_[i] == '/' && !set)
      return i + 1;
  }
  return 0;
}

Lexeme CodeScanner::pass(uint64_t& at, uint64_t end) const {
  const uint64_t begin = at;
  const auto passed = [&](uint64_t to, Lexeme what) {
    at = std::min(std::max(to, begin + 1), end);
    return what;
  };
  const char c = code_[begin];
  if (c == language_.line_comment[0] && is(begin, language_.line_comment))
    return passed(line_end(begin), Lexeme::Comment);
  if (c == '/' && language_.block_comments && language_.layout == Layout::Braces && is(begin, "/*"))
    return passed(behind("*/", begin + 2), Lexeme::Comment);
  if (c == '"') return passed(string_end(begin), Lexeme::String);
  if (c == '`' && language_.backtick) return passed(quoted_end(begin, true), Lexeme::String);
  if (c == '\'') {
    const uint64_t to = single_quote_end(begin);
    return passed(to, to > begin + 1 ? Lexeme::String : Lexeme::Code);
  }
  if (c == 'R' || c == 'r') {
    if (const uint64_t to = raw_end(begin); to != 0) return passed(to, Lexeme::String);
  }
  if (c == '/' && language_.regexes) {
    if (const uint64_t to = regex_end(begin); to != 0) return passed(to, Lexeme::String);
  }
  return passed(begin + 1, Lexeme::Code);
}

}  // namespace chain::documents
