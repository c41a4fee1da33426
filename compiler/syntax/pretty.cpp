#include "compiler/syntax/pretty.h"

namespace chain::syntax {

namespace {
constexpr int kIndent = 2;
constexpr int kContinuation = 4;  // so that what continues a head does not look like its block
}  // namespace

int columns(std::string_view text) {
  int result = 0;
  for (const char c : text) result += (static_cast<unsigned char>(c) & 0xC0) == 0x80 ? 0 : 1;
  return result;
}

Document::Item& Document::add(Kind kind, std::string text) {
  Item item;
  item.kind = kind;
  item.text = std::move(text);
  items_.push_back(std::move(item));
  return items_.back();
}

void Document::text(std::string text) {
  add(Kind::Text, std::move(text));
}
void Document::comment(std::string text) {
  break_groups();
  add(Kind::Comment, std::move(text));
}
void Document::lines(std::function<std::string(int)> lines, int width) {
  Item& item = add(Kind::Lines);
  item.lines = std::move(lines);
  item.number = width;
}
void Document::line(std::string flat) {
  add(Kind::Line, std::move(flat));
}
void Document::fill() {
  add(Kind::Fill, " ");
}
void Document::hard_line(int blank) {
  break_groups();
  add(Kind::Hard).number = blank;
}
void Document::if_flat(std::string text) {
  add(Kind::IfFlat, std::move(text));
}
void Document::if_broken(std::string text) {
  add(Kind::IfBroken, std::move(text));
}
void Document::begin_group(bool open_ended) {
  open_.push_back(items_.size());
  add(Kind::Begin).open_ended = open_ended;
}
void Document::end_group() {
  open_.pop_back();
  add(Kind::End);
}
void Document::break_groups() {
  for (auto group = open_.rbegin(); group != open_.rend() && !items_[*group].broken; ++group) {
    items_[*group].broken = true;
  }
}
void Document::indent() {
  add(Kind::Indent);
}
void Document::dedent() {
  add(Kind::Dedent);
}

/// Widths first, in one pass from each side; then the text.
class Printer {
 public:
  Printer(const Document& document, int width) : items_(document.items_), width_(width) {}

  std::string run() {
    measure();
    for (size_t i = 0; i < items_.size(); ++i) print(i);
    end_line(0);
    return std::move(out_);
  }

 private:
  using Kind = Document::Kind;

  void measure();
  void print(size_t i);
  void put(std::string_view text);
  void new_line(int blank, int indent);
  void end_line(int next_indent);
  void trim_spaces() { out_.erase(out_.find_last_not_of(' ') + 1); }
  [[nodiscard]] bool fits(size_t from, size_t to) const {
    return column_ + flat_[to] - flat_[from] <= width_;
  }

  const std::vector<Document::Item>& items_;
  int width_;
  std::vector<int64_t> flat_;      // width of the items before each, all on one line
  std::vector<size_t> closing_;    // for Begin: its End
  std::vector<size_t> any_break_;  // the next place after each where a line can end, in whatever group
  std::vector<size_t> own_break_;  // the same, groups that begin after it passed over

  std::string out_;
  std::vector<std::string> comments_;  // that wait for the end of the line
  std::vector<bool> broken_ = {true};
  int64_t column_ = 0;
  int indent_ = 0;
  int line_indent_ = 0;  // of the line being written
  bool at_line_start_ = true;
};

void Printer::measure() {
  const size_t size = items_.size();
  flat_.assign(size + 1, 0);
  closing_.assign(size + 1, size);
  any_break_.assign(size + 1, size);
  own_break_.assign(size + 1, size);
  std::vector<size_t> open;
  for (size_t i = 0; i < size; ++i) {
    const Document::Item& item = items_[i];
    const bool counts = item.kind == Kind::Text || item.kind == Kind::Line || item.kind == Kind::Fill ||
                        item.kind == Kind::IfFlat;
    flat_[i + 1] = flat_[i] + (counts ? columns(item.text) : item.kind == Kind::Lines ? item.number : 0);
    if (item.kind == Kind::Begin) open.push_back(i);
    if (item.kind == Kind::End) {
      closing_[open.back()] = i;
      open.pop_back();
    }
  }
  std::vector<size_t> outer;
  size_t any = size;
  size_t own = size;
  for (size_t i = size; i-- > 0;) {
    any_break_[i] = any;
    own_break_[i] = own;
    const Kind kind = items_[i].kind;
    if (kind == Kind::Line || kind == Kind::Fill || kind == Kind::Hard) any = own = i;
    if (kind == Kind::End) outer.push_back(own);
    if (kind == Kind::Begin) {
      if (!items_[i].open_ended) own = outer.back();
      outer.pop_back();
    }
  }
}

void Printer::put(std::string_view text) {
  if (at_line_start_ && !text.empty()) {
    out_.append(static_cast<size_t>(line_indent_), ' ');
    at_line_start_ = false;
  }
  out_ += text;
  column_ += columns(text);
}

/// Ends the line, unless nothing stands on it, after the comments that belong to its end: the first of them
/// beside it, the others below, where the next line begins.
void Printer::end_line(int next_indent) {
  for (const std::string& comment : comments_) {
    if (!at_line_start_) trim_spaces(), put("  ");
    put(comment);
    out_ += '\n';
    at_line_start_ = true;
    line_indent_ = next_indent;
  }
  comments_.clear();
  if (at_line_start_) return;
  trim_spaces();
  out_ += '\n';
  at_line_start_ = true;
}

void Printer::new_line(int blank, int indent) {
  end_line(indent);
  if (!out_.empty()) out_.append(static_cast<size_t>(blank), '\n');
  line_indent_ = indent;
  column_ = indent;
}

void Printer::print(size_t i) {
  const Document::Item& item = items_[i];
  switch (item.kind) {
    case Kind::Text: put(item.text); break;
    case Kind::Comment: comments_.push_back(item.text); break;
    case Kind::Lines: {
      const std::string text = item.lines(line_indent_);
      const size_t last = text.rfind('\n');
      if (last == std::string::npos) {
        put(text);
      } else {
        put(text.substr(0, text.find('\n')));
        out_ += std::string_view(text).substr(text.find('\n'));
        column_ = columns(std::string_view(text).substr(last + 1));
      }
      break;
    }
    case Kind::Line:
      if (broken_.back()) {
        new_line(0, indent_);
      } else {
        put(item.text);
      }
      break;
    case Kind::Fill:
      // A comment that waits inside a group on one line came before the group, and ends that line.
      if ((comments_.empty() || !broken_.back()) && fits(i, own_break_[i])) {
        put(" ");
      } else {
        new_line(0, indent_ + kContinuation);
      }
      break;
    case Kind::Hard: new_line(item.number, indent_); break;
    case Kind::IfFlat:
      if (!broken_.back()) put(item.text);
      break;
    case Kind::IfBroken:
      if (broken_.back()) put(item.text);
      break;
    case Kind::Begin:
      // What stands in a group that fits, fits.
      broken_.push_back(item.broken || !fits(i, any_break_[closing_[i]]));
      break;
    case Kind::End: broken_.pop_back(); break;
    case Kind::Indent: indent_ += kIndent; break;
    case Kind::Dedent: indent_ -= kIndent; break;
  }
}

std::string Document::print(int width) const {
  return Printer(*this, width).run();
}

}  // namespace chain::syntax
