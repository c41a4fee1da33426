#include "runtime/documents/code_indent.h"

#include <algorithm>

#include "runtime/documents/code_scan.h"
#include "runtime/value/characters.h"

namespace chain::documents {
namespace {

using value::is_space;

/// A line that begins a statement, or a comment, or nothing.
struct LogicalLine {
  uint64_t begin = 0, end = 0;  // with what ends it; several lines if a bracket or string is open
  size_t indent = 0;
  bool blank = false, comment = false;
};

std::vector<LogicalLine> logical_lines(std::string_view code, const Language& language, uint64_t begin,
                                       uint64_t end) {
  const CodeScanner scanner(code, language);
  std::vector<LogicalLine> lines;
  for (uint64_t at = begin; at < end;) {
    LogicalLine line{.begin = at};
    uint64_t first = at;
    while (first < end && (code[first] == ' ' || code[first] == '\t')) ++first;
    line.indent = first - at;
    line.blank = first >= end || code[first] == '\n' || code[first] == '\r';
    line.comment = first < end && code[first] == '#';
    int depth = 0;
    while (at < end) {
      const uint64_t from = at;
      if (scanner.pass(at, end) != Lexeme::Code) continue;
      const char c = code[from];
      if (c == '(' || c == '[' || c == '{') ++depth;
      if ((c == ')' || c == ']' || c == '}') && depth > 0) --depth;
      if (c == '\n' && depth == 0 && (from == line.begin || code[from - 1] != '\\')) break;
    }
    line.end = at;
    lines.push_back(line);
  }
  return lines;
}

/// "f" of `async def f(x):`; empty for other statements. `type` for a class.
std::string name_of(std::string_view text, bool& type) {
  text = value::trimmed(text);
  for (const std::string_view word : {"async def ", "def ", "class "}) {
    if (!text.starts_with(word)) continue;
    type = word == "class ";
    text.remove_prefix(word.size());
    return std::string(text.substr(0, text.find_first_of("(:[ \n")));
  }
  return {};
}

class IndentReader {
 public:
  IndentReader(std::string_view code, std::vector<LogicalLine> lines)
      : code_(code), lines_(std::move(lines)) {
    const auto first =
        std::ranges::find_if(lines_, [](const LogicalLine& line) { return !line.blank && !line.comment; });
    base_ = first == lines_.end() ? 0 : first->indent;
  }

  std::vector<Symbol> read(uint64_t end) {
    for (size_t i = 0; i < lines_.size();) {
      const size_t head = behind_decorators(i);
      bool type = false;
      const std::string name = head < lines_.size() && lines_[head].indent <= base_
                                   ? name_of(text_of(lines_[head]), type)
                                   : std::string();
      if (name.empty()) {
        if (lines_[i].blank && i > first_) loose(i + 1);
        i = std::max(i + 1, head);
        continue;
      }
      i = definition(i, head, name, type);
    }
    loose(lines_.size());
    if (!symbols_.empty()) symbols_.back().end = end;
    return std::move(symbols_);
  }

 private:
  [[nodiscard]] std::string_view text_of(const LogicalLine& line) const {
    return code_.substr(line.begin, line.end - line.begin);
  }
  /// Past comments and decorators that stand right above a definition.
  [[nodiscard]] size_t behind_decorators(size_t i) const {
    while (i < lines_.size() && !lines_[i].blank &&
           (lines_[i].comment || code_[lines_[i].begin + lines_[i].indent] == '@'))
      ++i;
    return i;
  }
  size_t definition(size_t begin, size_t head, const std::string& name, bool type) {
    loose(begin);
    size_t next = head + 1, last = head;
    for (; next < lines_.size(); ++next) {
      const LogicalLine& line = lines_[next];
      if (line.blank) continue;
      if (line.indent <= base_) break;
      last = next;
    }
    Symbol symbol{.begin = lines_[begin].begin, .end = lines_[last].end, .name = name};
    if (type && last > head) symbol.members_begin = lines_[head].end, symbol.members_end = symbol.end;
    symbols_.push_back(std::move(symbol));
    first_ = last + 1;
    return first_;
  }
  /// What stands before line `end` and belongs to no definition.
  void loose(size_t end) {
    if (end > first_) symbols_.push_back({.begin = lines_[first_].begin, .end = lines_[end - 1].end});
    first_ = end;
  }

  std::string_view code_;
  std::vector<LogicalLine> lines_;
  size_t base_ = 0;
  size_t first_ = 0;  // the first line that belongs to no symbol yet
  std::vector<Symbol> symbols_;
};

}  // namespace

std::vector<Symbol> find_indented(std::string_view code, const Language& language, uint64_t begin,
                                  uint64_t end) {
  return IndentReader(code, logical_lines(code, language, begin, end)).read(end);
}

}  // namespace chain::documents
