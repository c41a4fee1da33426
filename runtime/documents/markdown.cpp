// Markdown's words, line by line: the blocks of CommonMark 0.30 and GitHub's tables, read for what they say.
// What stands in quotes and lists is read as if it stood alone.
#include <algorithm>
#include <array>
#include <optional>

#include "runtime/documents/flow.h"
#include "runtime/documents/front_matter.h"
#include "runtime/documents/markdown_inline.h"
#include "runtime/value/characters.h"

namespace chain::documents {
namespace {

using value::is_digit;
using value::trimmed;

constexpr size_t kNone = std::string_view::npos;
constexpr size_t kMostMarkers = 32;  // of lists on one line; what is behind is text

/// A part of the source.
struct Line {
  size_t begin = 0, end = 0;  // without what ends it
};

size_t indent_of(std::string_view text) {
  size_t columns = 0;
  for (const char c : text) {
    if (c == ' ') {
      ++columns;
    } else if (c == '\t') {
      columns += 4 - columns % 4;
    } else {
      break;
    }
  }
  return columns;
}

std::string_view without_indent(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
}

/// From 1 to 6; 0 if `text` is no heading.
uint32_t atx_level(std::string_view text) {
  const size_t level = std::min(text.find_first_not_of('#'), text.size());
  if (level == 0 || level > 6) return 0;
  return level == text.size() || text[level] == ' ' || text[level] == '\t' ? static_cast<uint32_t>(level) : 0;
}

bool is_only(std::string_view text, char mark, size_t least) {
  size_t count = 0;
  for (const char c : text) {
    if (c == mark)
      ++count;
    else if (c != ' ' && c != '\t')
      return false;
  }
  return count >= least;
}

bool is_thematic_break(std::string_view text) {
  return is_only(text, '-', 3) || is_only(text, '*', 3) || is_only(text, '_', 3);
}

/// Bytes of a list's marker and the space behind it; 0 if there is none.
size_t marker_size(std::string_view text) {
  size_t at = 0;
  if (!text.empty() && (text[0] == '-' || text[0] == '*' || text[0] == '+')) {
    at = 1;
  } else {
    while (at < text.size() && at < 9 && is_digit(text[at])) ++at;
    if (at == 0 || at >= text.size() || (text[at] != '.' && text[at] != ')')) return 0;
    ++at;
  }
  if (at == text.size()) return at;
  return text[at] == ' ' || text[at] == '\t' ? at + 1 : 0;
}

/// The row under a table's head: `| --- | :---: |`.
bool is_delimiter_row(std::string_view text) {
  text = trimmed(text);
  return text.find('-') != kNone && text.find('|') != kNone && text.find_first_not_of("|-: \t") == kNone;
}

/// `[name]: address`
bool is_link_definition(std::string_view text) {
  if (!text.starts_with('[') || text.starts_with("[^")) return false;
  const size_t close = text.find(']');
  return close != kNone && close > 1 && text.substr(close).starts_with("]:");
}

/// Bytes of `[^name]: `, which begins a footnote; 0 if there is none.
size_t footnote_size(std::string_view text) {
  const size_t close = text.starts_with("[^") ? text.substr(0, 100).find("]:") : kNone;
  return close == kNone || close < 3 ? 0 : close + 2;
}

struct Fence {
  char mark = '`';
  size_t length = 0;
  size_t indent = 0;
};

std::optional<Fence> fence_at(std::string_view text) {
  if (text.empty() || (text[0] != '`' && text[0] != '~')) return std::nullopt;
  const size_t length = std::min(text.find_first_not_of(text[0]), text.size());
  if (length < 3) return std::nullopt;
  if (text[0] == '`' && text.find('`', length) != kNone) return std::nullopt;
  return Fence{text[0], length, 0};
}

/// What begins a part that is not shown, and what ends it.
constexpr std::array<std::array<std::string_view, 2>, 4> kUnshown = {
    {{"<!--", "-->"}, {"<script", "</script>"}, {"<style", "</style>"}, {"<template", "</template>"}}};

class Reader {
 public:
  explicit Reader(std::string_view source) : source_(source) {}

  Flow read() {
    const FrontMatter front = front_matter(source_);
    at_ = front.end;
    while (at_ < source_.size()) {
      const Line line = next_line();
      if (fence_) {
        fenced(line);
      } else {
        markdown(line);
      }
    }
    end_paragraph();
    Flow flow = flow_.take();
    if (const std::string_view title = front.value("title"); !title.empty()) flow.title = title;
    return flow;
  }

 private:
  [[nodiscard]] std::string_view text_of(Line line) const {
    return source_.substr(line.begin, line.end - line.begin);
  }
  Line next_line() {
    Line line{at_, std::min(source_.find('\n', at_), source_.size())};
    at_ = std::min(line.end + 1, source_.size());
    if (line.end > line.begin && source_[line.end - 1] == '\r') --line.end;
    return line;
  }

  /// Passes `>` and the space behind it; any number of them.
  static bool pass_quotes(std::string_view source, Line& line) {
    bool quoted = false;
    while (true) {
      const std::string_view text = source.substr(line.begin, line.end - line.begin);
      const size_t mark = std::min(text.find_first_not_of(' '), text.size());
      if (mark > 3 || mark >= text.size() || text[mark] != '>') return quoted;
      line.begin += mark + 1;
      if (line.begin < line.end && source[line.begin] == ' ') ++line.begin;
      quoted = true;
    }
  }

  void fenced(Line line) {
    if (fence_quoted_ && !pass_quotes(source_, line)) {  // a quote ends with its last line
      end_fence();
      return markdown(line);
    }
    const std::string_view text = trimmed(text_of(line));
    if (text.size() >= fence_->length && text.find_first_not_of(fence_->mark) == kNone) return end_fence();
    size_t strip = 0;
    while (strip < fence_->indent && line.begin < line.end && source_[line.begin] == ' ')
      ++line.begin, ++strip;
    add_line(line);
  }
  void end_fence() {
    fence_.reset();
    flow_.end();
  }
  /// One more line of a block of lines.
  void add_line(Line line) {
    if (!flow_.open())
      flow_.begin(BlockKind::Lines);
    else
      flow_.text().add("\n");
    flow_.text().copy(text_of(line), line.begin);
  }

  void markdown(Line line) {
    const bool quoted = pass_quotes(source_, line);
    if (trimmed(text_of(line)).empty()) {
      end_paragraph();
      after_blank_ = true;
      return;
    }
    const size_t indent = indent_of(text_of(line));
    if (indent == 0) in_list_ = in_list_ && !after_blank_;
    if (indent >= 4 && !paragraph_ && !in_list_) return indented_code(line);
    if (code_open_) end_code();
    items(line, quoted, indent);
    after_blank_ = false;
  }

  void indented_code(Line line) {
    if (!code_open_) end_paragraph();
    size_t columns = 0;
    while (columns < 4) columns += source_[line.begin++] == '\t' ? 4 : 1;
    add_line(line);
    code_open_ = true;
    after_blank_ = false;
  }
  void end_code() {
    code_open_ = false;
    flow_.end();
  }

  /// A line within any number of list markers: `- 1. text`.
  void items(Line line, bool quoted, size_t indent) {
    for (size_t markers = 0; markers < kMostMarkers; ++markers) {
      line.begin += text_of(line).size() - without_indent(text_of(line)).size();
      const std::string_view text = text_of(line);
      if (is_thematic_break(text) && !(paragraph_ && is_only(text, '-', 1) && indent < 4))
        return end_paragraph();
      const size_t marker = marker_size(text);
      if (marker == 0) break;
      // "1986. What a year" within a paragraph is none (CommonMark, 5.3): only 1 begins a list there.
      if (paragraph_ && !in_list_ && is_digit(text[0]) && !text.starts_with("1.") && !text.starts_with("1)"))
        break;
      end_paragraph();
      separator_ = in_list_ && !after_blank_ ? "\n" : "\n\n";
      in_list_ = true;
      after_blank_ = false;
      line.begin += marker;
      for (const std::string_view box : {"[ ] ", "[x] ", "[X] "}) {
        if (text_of(line).starts_with(box)) line.begin += box.size();
      }
      indent = 0;
      if (trimmed(text_of(line)).empty()) return;
    }
    leaf(line, quoted, indent);
  }

  void leaf(Line line, bool quoted, size_t indent) {
    const std::string_view text = text_of(line);
    if (paragraph_ && indent < 4 && !in_list_) {
      if (is_only(text, '=', 1)) return end_paragraph(1);
      if (is_only(text, '-', 1)) return end_paragraph(2);
    }
    if (const auto fence = fence_at(text)) {
      end_paragraph();
      fence_ = fence;
      fence_->indent = indent;
      fence_quoted_ = quoted;
      return;
    }
    if (const uint32_t level = atx_level(text); level > 0) return heading(line, level);
    if (!paragraph_ && is_link_definition(text)) return;
    if (const size_t note = footnote_size(text); note > 0) {
      end_paragraph();
      line.begin += note;
    }
    if (unshown(line)) return;
    if (!paragraph_ && text.find('|') != kNone && table(line)) return;
    continue_paragraph(line);
  }

  void heading(Line line, uint32_t level) {
    end_paragraph();
    in_list_ = false;
    line.begin += level;
    std::string_view text = trimmed(text_of(line));
    const size_t last = text.find_last_not_of('#');
    if (last == kNone)
      text = {};
    else if (last + 1 < text.size() && (text[last] == ' ' || text[last] == '\t'))
      text = trimmed(text.substr(0, last));
    if (text.empty()) return;
    raw_.copy(text, static_cast<uint64_t>(text.data() - source_.data()));
    paragraph_ = true;
    end_paragraph(level);
  }

  /// Comments, scripts and styles, to their end.
  bool unshown(Line line) {
    const std::string_view text = text_of(line);
    if (!text.starts_with('<')) return false;
    for (const auto& [begin, end] : kUnshown) {
      if (!text.starts_with(begin)) continue;
      const size_t found = source_.find(end, line.begin);
      end_paragraph();
      at_ = found == kNone ? source_.size() : found + end.size();
      return true;
    }
    return false;
  }

  /// A table, if the next line says so: read to its end.
  bool table(Line head) {
    const size_t behind = at_;
    Line second = next_line();
    pass_quotes(source_, second);
    if (!is_delimiter_row(text_of(second))) {
      at_ = behind;
      return false;
    }
    flow_.begin(BlockKind::Lines);
    row(head, true);
    while (at_ < source_.size()) {
      const size_t begin = at_;
      Line line = next_line();
      pass_quotes(source_, line);
      if (text_of(line).find('|') == kNone) {
        at_ = begin;
        break;
      }
      row(line, false);
    }
    flow_.end();
    return true;
  }
  void row(Line line, bool first) {
    if (!first) flow_.text().add("\n");
    bool any = false;
    size_t begin = line.begin;
    const auto cell = [&](size_t end) {
      const std::string_view text = trimmed(source_.substr(begin, end - begin));
      if (!text.empty()) {
        if (any) flow_.text().add(" | ");
        append_inline(text, {{0, static_cast<uint64_t>(text.data() - source_.data())}}, flow_.text());
        any = true;
      }
      begin = end + 1;
    };
    bool code = false;
    for (size_t at = line.begin; at < line.end; ++at) {
      if (source_[at] == '\\')
        ++at;
      else if (source_[at] == '`')
        code = !code;
      else if (source_[at] == '|' && !code)
        cell(at);
    }
    if (begin < line.end) cell(line.end);
  }

  void continue_paragraph(Line line) {
    if (paragraph_) { raw_.put("\n", raw_.next(), 1); }
    const std::string_view text = trimmed(text_of(line));
    raw_.copy(text, static_cast<uint64_t>(text.data() - source_.data()));
    paragraph_ = true;
  }
  /// `level`: it was a heading.
  void end_paragraph(uint32_t level = 0) {
    if (code_open_) end_code();
    if (!paragraph_) return;
    paragraph_ = false;
    const std::vector<Origin> origins = raw_.take_origins();
    const std::string raw = raw_.take_text();
    raw_ = {};
    flow_.begin(level > 0 ? BlockKind::Heading : BlockKind::Paragraph, separator_);
    separator_ = "\n\n";
    append_inline(raw, origins, flow_.text());
    level > 0 ? flow_.end_heading(level) : flow_.end();
  }

  std::string_view source_;
  size_t at_ = 0;
  FlowBuilder flow_;
  bool paragraph_ = false;  // one is open, in `raw_`
  TextBuilder raw_;
  std::string_view separator_ = "\n\n";  // before the next paragraph
  bool in_list_ = false, after_blank_ = false, code_open_ = false;
  std::optional<Fence> fence_;
  bool fence_quoted_ = false;
};

}  // namespace

Flow flow_of_markdown(std::string_view markdown) {
  return Reader(markdown).read();
}

}  // namespace chain::documents
