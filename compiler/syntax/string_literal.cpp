#include "compiler/syntax/string_literal.h"

#include <algorithm>
#include <vector>

namespace chain::syntax {
namespace {

/// What the scanner is inside of: the text of a string, or the code of a tag.
struct Level {
  char kind;            // '"' plain text, 'B' block text, '{' and '%' code
  uint32_t begin;       // of the quote or the tag
  uint32_t braces = 0;  // open in code
};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

class Scanner {
 public:
  Scanner(std::string_view text, uint32_t limit, size_t nesting, bool flat)
      : text_(text.substr(0, limit)), limit_(limit), nesting_(nesting), flat_(flat) {}

  /// Runs from `at` until the level that `open` pushes is closed; gives the offset after it.
  uint32_t run(uint32_t at, Level first);

  [[nodiscard]] bool too_deep() const { return too_deep_; }
  [[nodiscard]] uint64_t steps() const { return steps_; }
  [[nodiscard]] uint32_t open_tag() const {
    for (const Level& level : levels_) {
      if (level.kind == '{' || level.kind == '%') return level.begin;
    }
    return comment_;
  }
  uint32_t open_quote(uint32_t at);

 private:
  [[nodiscard]] bool starts(std::string_view word) const { return text_.substr(at_).starts_with(word); }
  void push(Level level);
  void pop();
  bool text_step();
  bool code_step();
  [[nodiscard]] uint32_t comment_end();
  bool tag_in_text();

  std::string_view text_;
  uint32_t limit_;
  size_t nesting_;
  bool flat_;
  bool too_deep_ = false;
  uint32_t at_ = 0;
  uint32_t comment_ = kNowhere;  // a `{#` without an end
  size_t plain_levels_ = 0;      // while one is open, a line break ends everything
  uint64_t steps_ = 0;
  std::vector<Level> levels_;
};

void Scanner::push(Level level) {
  if (levels_.size() >= nesting_) too_deep_ = true;
  if (level.kind == '"') ++plain_levels_;
  levels_.push_back(level);
}

void Scanner::pop() {
  if (levels_.back().kind == '"') --plain_levels_;
  levels_.pop_back();
}

/// Behind the `#}` of the comment at `at_`; in a plain string it must stand on the same line. Nothing may be
/// looked for beyond that: done for every tag, a look for the end of the line would cost its length each
/// time.
uint32_t Scanner::comment_end() {
  for (uint32_t at = at_ + 2; at + 1 < limit_; ++at, ++steps_) {
    if (text_[at] == '\n' && plain_levels_ > 0) break;
    if (text_[at] == '#' && text_[at + 1] == '}') return at + 2;
  }
  return kNowhere;
}

bool Scanner::tag_in_text() {
  const uint32_t tag = at_;
  if (starts("{#")) {
    at_ = comment_end();
    if (at_ == kNowhere) comment_ = tag;
    return at_ != kNowhere;
  }
  if (const uint32_t after = raw_tag_end(text_, at_, limit_); after != kNowhere) {
    at_ = find_endraw(text_, after, limit_, plain_levels_ > 0).end;
    if (at_ == kNowhere)
      push({'%', tag});
    else
      steps_ += at_ - after;
    return at_ != kNowhere;
  }
  push({text_[at_ + 1], tag});
  at_ += 2;
  return true;
}

bool Scanner::text_step() {
  const bool block = levels_.back().kind == 'B';
  const char c = text_[at_];
  if (c == '\\') {
    if (at_ + 1 < limit_ && text_[at_ + 1] == '\n' && plain_levels_ > 0) return false;
    at_ += 2;
    return true;
  }
  if (block ? starts("\"\"\"") : c == '"') {
    at_ += block ? 3 : 1;
    pop();
    return true;
  }
  if (!flat_ && (starts("{{") || starts("{%") || starts("{#"))) return tag_in_text();
  ++at_;
  return true;
}

bool Scanner::code_step() {
  Level& level = levels_.back();
  const char c = text_[at_];
  if (c == '"') {
    const uint32_t quote = at_;
    at_ = open_quote(quote);
    return at_ != kNowhere;
  }
  if (c == '{') ++level.braces;
  if (level.braces == 0 && at_ + 1 < limit_ && text_[at_ + 1] == '}' &&
      c == (level.kind == '{' ? '}' : '%')) {
    at_ += 2;
    pop();
    return true;
  }
  if (c == '}' && level.braces > 0) --level.braces;
  // A backslash before a quote is a mistake here; the quote does not open a string then.
  at_ += c == '\\' ? 2 : 1;
  return true;
}

/// Enters the string whose quote stands at `at`. A raw one is passed over whole.
uint32_t Scanner::open_quote(uint32_t at) {
  const bool block = text_.substr(at).starts_with("\"\"\"");
  const bool raw = at > 0 && text_[at - 1] == 'r' && (at < 2 || !is_word(text_[at - 2]));
  const uint32_t content = at + (block ? 3 : 1);
  if (!raw) {
    push({block ? 'B' : '"', at});
    return content;
  }
  const size_t close = block ? text_.find("\"\"\"", content) : text_.find_first_of("\"\n", content);
  if (close == std::string_view::npos || text_[close] == '\n') return kNowhere;
  return static_cast<uint32_t>(close) + (block ? 3 : 1);
}

uint32_t Scanner::run(uint32_t at, Level first) {
  at_ = at;
  push(first);
  for (; !levels_.empty() && at_ < limit_ && !too_deep_; ++steps_) {
    if (text_[at_] == '\n' && plain_levels_ > 0) return kNowhere;
    const bool code = levels_.back().kind == '{' || levels_.back().kind == '%';
    if (!(code ? code_step() : text_step())) return kNowhere;
  }
  return levels_.empty() && at_ <= limit_ ? at_ : kNowhere;
}

StringExtent scan_raw(std::string_view text, StringExtent extent, uint32_t limit) {
  const size_t close = extent.block ? text.find("\"\"\"", extent.content_begin)
                                    : text.find_first_of("\"\n", extent.content_begin);
  extent.closed = close != std::string_view::npos && close < limit && text[close] == '"';
  extent.content_end = extent.closed ? static_cast<uint32_t>(close) : limit;
  extent.end = extent.closed ? extent.content_end + (extent.block ? 3 : 1) : limit;
  return extent;
}

}  // namespace

StringExtent scan_string(std::string_view text, uint32_t begin, uint32_t limit, size_t nesting, bool flat) {
  text = text.substr(0, limit);
  StringExtent extent;
  extent.raw = text[begin] == 'r';
  const uint32_t quote = begin + (extent.raw ? 1 : 0);
  extent.block = text.substr(quote).starts_with("\"\"\"");
  extent.content_begin = quote + (extent.block ? 3 : 1);
  if (extent.raw) {
    extent = scan_raw(text, extent, limit);
  } else {
    Scanner scanner(text, limit, nesting, flat);
    const uint32_t end = scanner.run(extent.content_begin, {extent.block ? 'B' : '"', quote});
    extent.closed = end != kNowhere;
    extent.too_deep = scanner.too_deep();
    extent.steps = scanner.steps();
    extent.open_tag = extent.closed ? kNowhere : scanner.open_tag();
    extent.end = extent.closed ? end : limit;
    extent.content_end = extent.closed ? end - (extent.block ? 3 : 1) : limit;
  }
  if (!extent.closed && !extent.block) {
    const size_t line = text.find('\n', begin);
    extent.end = extent.content_end = line == std::string_view::npos ? limit : static_cast<uint32_t>(line);
  }
  return extent;
}

uint32_t find_tag_end(std::string_view text, uint32_t begin, uint32_t limit, char kind, size_t nesting,
                      uint64_t* steps) {
  Scanner scanner(text, limit, nesting, false);
  const uint32_t end = scanner.run(begin, {kind, begin});
  if (steps) *steps += scanner.steps();
  return end == kNowhere ? kNowhere : end - 2;
}

uint32_t raw_tag_end(std::string_view text, uint32_t begin, uint32_t limit) {
  text = text.substr(0, limit);
  if (!text.substr(begin).starts_with("{%")) return kNowhere;
  size_t at = begin + 2;
  if (at < text.size() && text[at] == '-') ++at;
  at = text.find_first_not_of(" \t", at);
  if (at == std::string_view::npos || !text.substr(at).starts_with("raw")) return kNowhere;
  at = text.find_first_not_of(" \t", at + 3);
  if (at != std::string_view::npos && text[at] == '-') ++at;
  if (at == std::string_view::npos || !text.substr(at).starts_with("%}")) return kNowhere;
  return static_cast<uint32_t>(at + 2);
}

RawEnd find_endraw(std::string_view text, uint32_t begin, uint32_t limit, bool one_line) {
  text = text.substr(0, limit);
  for (size_t tag = begin; tag + 1 < text.size(); ++tag) {
    if (one_line && text[tag] == '\n') break;
    if (text[tag] != '{' || text[tag + 1] != '%') continue;
    size_t at = tag + 2;
    if (at < text.size() && text[at] == '-') ++at;
    at = text.find_first_not_of(" \t", at);
    if (at == std::string_view::npos) break;
    if (!text.substr(at).starts_with("endraw")) continue;
    at = text.find_first_not_of(" \t", at + 6);
    if (at != std::string_view::npos && text[at] == '-') ++at;
    if (at != std::string_view::npos && text.substr(at).starts_with("%}")) {
      return {static_cast<uint32_t>(tag), static_cast<uint32_t>(at + 2)};
    }
  }
  return {};
}

}  // namespace chain::syntax
