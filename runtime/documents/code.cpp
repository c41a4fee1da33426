// Symbols of languages with braces, and parts of others.
#include "runtime/documents/code.h"

#include <algorithm>
#include <array>

#include "runtime/documents/code_indent.h"
#include "runtime/documents/code_scan.h"
#include "runtime/value/characters.h"

namespace chain::documents {
namespace {

using value::is_space;
using value::trimmed;

constexpr std::array<std::string_view, 17> kTypes = {
    "class",    "struct",    "enum",  "interface", "trait",   "impl",    "union", "record",  "object",
    "protocol", "extension", "actor", "mixin",     "message", "service", "type",  "contract"};
constexpr std::array<std::string_view, 5> kSpaces = {"namespace", "mod", "module", "package", "extern"};
constexpr std::array<std::string_view, 6> kContinues = {"else",  "catch",  "finally",
                                                        "while", "rescue", "ensure"};

bool is_name(char c) {
  return value::is_letter(c) || value::is_digit(c) || c == '_' || c == '$' || c == '~' || value::is_wide(c);
}

template <class Words>
bool contains(const Words& words, std::string_view word) {
  return std::ranges::find(words, word) != std::end(words);
}

/// The words and signs of a declaration before its body, without comments and what stands in brackets.
class Head {
 public:
  void word(std::string_view word) {
    if (words_.size() < kMostWords) words_.push_back(word);
  }
  void open_parenthesis() {
    if (call_.empty() && !words_.empty() && is_name(words_.back().back()) && words_.back() != "func")
      call_ = words_.back();
  }
  void equals() { assigned_ = true; }
  void arrow() { arrow_ = true; }
  [[nodiscard]] bool empty() const { return words_.empty(); }
  void clear() { *this = {}; }

  [[nodiscard]] bool may_have_generics() const {
    return call_.empty() && !assigned_ && !words_.empty() && words_.back() != "operator";
  }
  [[nodiscard]] bool opens_space() const {
    return std::ranges::any_of(words_, [](std::string_view word) { return contains(kSpaces, word); }) &&
           call_.empty();
  }
  [[nodiscard]] bool is_type() const {
    return call_.empty() &&
           std::ranges::any_of(words_, [](std::string_view word) { return contains(kTypes, word); });
  }
  /// Of a function or type; empty if it is neither.
  [[nodiscard]] std::string name() const {
    if (is_type()) return type_name();
    if (assigned_ && !arrow_) return {};
    if (arrow_) return assigned_name();
    return std::string(call_);
  }
  /// "a" of `namespace a {`
  [[nodiscard]] std::string space_name() const { return words_.empty() ? "" : std::string(words_.back()); }

 private:
  static constexpr size_t kMostWords = 200;

  [[nodiscard]] std::string type_name() const {
    const auto for_word = std::ranges::find(words_, std::string_view("for"));
    if (for_word != words_.end() && for_word + 1 != words_.end()) return std::string(*(for_word + 1));
    std::string name;
    for (size_t i = 0; i + 1 < words_.size(); ++i) {
      if (contains(kTypes, words_[i]) && !contains(kTypes, words_[i + 1])) {
        name = words_[i + 1];
        break;
      }
    }
    return name;
  }
  /// "f" of `export const f = (x) => {`
  [[nodiscard]] std::string assigned_name() const {
    for (size_t i = 0; i + 1 < words_.size(); ++i) {
      if (words_[i] == "const" || words_[i] == "let" || words_[i] == "var") return std::string(words_[i + 1]);
    }
    return std::string(call_);
  }

  std::vector<std::string_view> words_;
  std::string_view call_;  // the word before the first parenthesis
  bool assigned_ = false, arrow_ = false;
};

class BraceReader {
 public:
  BraceReader(std::string_view code, const Language& language, uint64_t begin, uint64_t end)
      : code_(code), language_(language), scanner_(code, language), at_(begin), end_(end), begin_(begin) {}

  std::vector<Symbol> read() {
    while (at_ < end_) step();
    finish(end_);
    return std::move(symbols_);
  }

 private:
  [[nodiscard]] char peek(uint64_t at) const { return at < end_ ? code_[at] : '\n'; }

  void step() {
    if (at_line_start_ && language_.preprocessor && directive()) return;
    const uint64_t begin = at_;
    const Lexeme lexeme = scanner_.pass(at_, end_);
    if (lexeme == Lexeme::Comment) {
      commented_ = true;
      return;
    }
    at_line_start_ = false;
    if (lexeme == Lexeme::String) {
      if (depth_ == 0) code_seen_ = true;
      return;
    }
    const char c = code_[begin];
    if (c == '\n') return line_end();
    if (is_space(c)) return;
    if (depth_ == 0 && is_name(c)) return word(begin);
    sign(c);
  }

  /// A line of the preprocessor, with those that it goes on in. Between declarations it is one of its own.
  bool directive() {
    uint64_t at = at_;
    while (at < end_ && (code_[at] == ' ' || code_[at] == '\t')) ++at;
    at_line_start_ = false;
    if (peek(at) != '#') return false;
    while (at < end_ && (code_[at] != '\n' || code_[at - 1] == '\\')) ++at;
    at_ = std::min(at + 1, end_);
    at_line_start_ = true;
    if (depth_ == 0 && !code_seen_) finish(at_);
    return true;
  }

  void word(uint64_t begin) {
    while (at_ < end_ &&
           (is_name(code_[at_]) || (code_[at_] == ':' && peek(at_ + 1) == ':' && is_name(peek(at_ + 2))) ||
            (code_[at_] == ':' && code_[at_ - 1] == ':')))
      ++at_;
    code_seen_ = true;
    if (body_end_ == 0 && generics_ == 0) head_.word(code_.substr(begin, at_ - begin));
  }

  void sign(char c) {
    switch (c) {
      case '(':
      case '[':
        if (depth_ == 0) code_seen_ = true;
        if (depth_ == 0 && c == '(' && body_end_ == 0 && generics_ == 0) head_.open_parenthesis();
        ++depth_;
        return;
      case ')':
      case ']':
        if (depth_ > 0) --depth_;
        return;
      case '{': return open_brace();
      case '}': return close_brace();
      case ';':
        if (depth_ == 0) end_statement();
        return;
      default: break;
    }
    if (depth_ > 0) return;
    code_seen_ = true;
    // `name<T>`, `template <class T>`: what is between is no part of a declaration's name.
    if (c == '<' && head_.may_have_generics()) ++generics_;
    if (c == '>' && generics_ > 0 && code_[at_ - 2] != '-' && code_[at_ - 2] != '=') --generics_;
    if (c == '=' && body_end_ == 0) peek(at_) == '>' ? head_.arrow() : head_.equals();
  }

  void open_brace() {
    if (depth_ == 0 && head_.opens_space() && body_end_ == 0) {
      // What is in a namespace is read as if it stood outside.
      ++spaces_;
      return finish(rest_of_line(at_));
    }
    if (depth_ == 0) {
      code_seen_ = true;
      if (members_begin_ == 0) members_begin_ = at_;
    }
    ++depth_;
    ++braces_;
  }
  void close_brace() {
    if (depth_ == 0) {
      if (spaces_ > 0) --spaces_;
      return finish(rest_of_line(at_));
    }
    // A bracket that is missing does not hide the end of its body.
    --braces_;
    --depth_;
    if (braces_ == 0) depth_ = 0;
    if (depth_ > 0) return;
    body_end_ = at_ - 1;
    uint64_t next = at_;
    while (next < end_ && is_space(code_[next])) ++next;
    uint64_t word_end = next;
    while (word_end < end_ && value::is_letter(code_[word_end])) ++word_end;
    if (contains(kContinues, code_.substr(next, word_end - next))) return;
    uint64_t same_line = at_;
    while (same_line < end_ &&
           (code_[same_line] == ' ' || code_[same_line] == '\t' || code_[same_line] == ';'))
      ++same_line;
    const std::string_view rest = code_.substr(same_line, std::min<uint64_t>(end_ - same_line, 2));
    if (rest.empty() || rest[0] == '\n' || rest[0] == '\r' || rest.starts_with("//") ||
        rest.starts_with("/*"))
      finish(rest_of_line(at_));
  }

  /// Behind the line's end, if only a comment stands before it.
  [[nodiscard]] uint64_t rest_of_line(uint64_t at) const {
    while (at < end_ && (code_[at] == ' ' || code_[at] == '\t' || code_[at] == ';' || code_[at] == '\r'))
      ++at;
    if (code_.substr(at, end_ - at).starts_with("//")) at = std::min<uint64_t>(code_.find('\n', at), end_);
    return at < end_ && code_[at] == '\n' ? at + 1 : at;
  }
  void end_statement() { finish(rest_of_line(at_)); }

  void line_end() {
    at_line_start_ = true;
    if (depth_ > 0) return;
    uint64_t next = at_;
    bool blank = false;
    while (next < end_ && is_space(code_[next]) && !blank) blank = code_[next++] == '\n';
    if (blank && (code_seen_ || commented_)) return finish(at_);
    if (!code_seen_ || !language_.line_ends) return;
    if (only_attributes()) return;
    constexpr std::string_view kJoins = "{.?:=&|+,)";
    const bool goes_on = kJoins.find(peek(next)) != std::string_view::npos ||
                         std::string_view(",=([{+-*&|.<:\\").find(last_sign()) != std::string_view::npos;
    if (!goes_on || body_end_ != 0) finish(at_);
  }
  [[nodiscard]] bool only_attributes() const {
    return trimmed(code_.substr(begin_, at_ - begin_)).starts_with('@') && head_.empty();
  }
  [[nodiscard]] char last_sign() const {
    uint64_t at = at_;
    while (at > begin_ && is_space(code_[at - 1])) --at;
    return at > begin_ ? code_[at - 1] : '\n';
  }

  void finish(uint64_t end) {
    end = std::max(end, at_);
    if (end > begin_) {
      Symbol symbol{.begin = begin_, .end = end};
      if (body_end_ > 0) {
        symbol.name = head_.name();
        if (head_.is_type()) symbol.members_begin = members_begin_, symbol.members_end = body_end_;
      }
      symbols_.push_back(std::move(symbol));
    }
    begin_ = at_ = end;
    head_.clear();
    members_begin_ = body_end_ = 0;
    code_seen_ = commented_ = false;
    depth_ = braces_ = generics_ = 0;
    at_line_start_ = true;
  }

  std::string_view code_;
  const Language& language_;
  CodeScanner scanner_;
  uint64_t at_, end_;
  uint64_t begin_;  // of the symbol
  Head head_;
  uint64_t members_begin_ = 0, body_end_ = 0;
  uint64_t depth_ = 0, braces_ = 0;  // open brackets of any kind, braces among them
  uint64_t generics_ = 0;            // open `<` of a declaration's head
  uint64_t spaces_ = 0;              // open namespaces
  bool code_seen_ = false, commented_ = false, at_line_start_ = true;
  std::vector<Symbol> symbols_;
};

/// What stands between empty lines.
std::vector<Symbol> find_blank(std::string_view code, uint64_t begin, uint64_t end) {
  std::vector<Symbol> symbols;
  uint64_t first = begin;
  for (uint64_t line = begin; line < end;) {
    const uint64_t next = std::min<uint64_t>(code.find('\n', line), end - 1) + 1;
    if (trimmed(code.substr(line, next - line)).empty() && line > first) {
      symbols.push_back({.begin = first, .end = next});
      first = next;
    }
    line = next;
  }
  if (first < end) symbols.push_back({.begin = first, .end = end});
  return symbols;
}

}  // namespace

std::vector<Symbol> find_symbols(std::string_view code, std::string_view language, uint64_t begin,
                                 uint64_t end) {
  const Language* known = find_language(language);
  if (known == nullptr || known->layout == Layout::Blank) return find_blank(code, begin, end);
  if (known->layout == Layout::Indent) return find_indented(code, *known, begin, end);
  return BraceReader(code, *known, begin, end).read();
}

}  // namespace chain::documents
