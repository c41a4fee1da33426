#include "compiler/syntax/template.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "compiler/syntax/foreign_tags.h"
#include "compiler/syntax/string_literal.h"
#include "compiler/syntax/string_text.h"

namespace chain::syntax {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

/// `{% if %}` or `{% for %}` whose end has not come, or a tag that has been reported and may have one.
struct OpenBlock {
  std::string_view tag;  // "if" or "for"
  Span span;
  std::vector<TemplateBranch> branches;
  Expr* condition = nullptr;  // of the branch being read; null in `else`
  bool has_else = false;
  bool reported = false;  // neither of the two: what it holds is dropped
  TagReader::Loop loop;
  std::span<TemplateNode* const> body;  // of a loop, once its `else` has come
  std::vector<TemplateNode*> outer;     // the nodes around it, read so far
};

/// A tag's code without its `-`.
struct Tag {
  uint32_t begin = 0;
  uint32_t end = 0;    // of the code
  uint32_t after = 0;  // behind `}}` or `%}`
  bool trim_before = false;
  bool trim_after = false;
};

class TemplateReader {
 public:
  TemplateReader(TemplateContext& context, Span literal, size_t nesting)
      : context_(context),
        literal_(literal),
        nesting_(nesting),
        content_(string_content(context.text, literal.begin, literal.end)) {}

  Template* read();

 private:
  [[nodiscard]] Span span(uint32_t begin, uint32_t end) const { return {literal_.file, begin, end}; }
  [[nodiscard]] std::string_view code(const Tag& tag) const {
    return context_.text.substr(tag.begin, tag.end - tag.begin);
  }
  Diagnostics& report() { return context_.diagnostics; }
  void bad_tag(Span where, std::string message) {
    report().report(BadTag{.message = std::move(message)}, where);
  }

  void add_text(uint32_t begin, uint32_t end, bool escapes);
  void flush_text();
  template <class Node, class... Args>
  void add(TemplateNodeKind kind, Span where, Args... args) {
    nodes_.push_back(context_.arena.make<Node>(TemplateNode{kind, where}, args...));
  }

  uint32_t next_tag(uint32_t from) const;
  [[nodiscard]] Tag tag_at(uint32_t begin, uint32_t close) const;
  uint32_t comment(uint32_t begin);
  uint32_t raw(uint32_t begin, uint32_t after);
  void output(uint32_t begin, const Tag& tag);
  void control(uint32_t begin, const Tag& tag);
  void include(Span where, const Tag& tag);
  void set(Span where, const Tag& tag);
  [[nodiscard]] std::string_view guess_tag(std::string_view word, const Tag& tag) const;
  void unknown(std::string_view word, Span where, const Tag& tag);
  void skip_block(std::string_view word, Span where);
  bool end_reported(std::string_view word);
  void open_block(std::string_view word, Span where, const Tag& tag);
  void else_branch(Span where, const Tag& tag, bool conditional);
  void close_block(std::string_view word, Span where);
  void finish_branch();
  [[nodiscard]] bool holds_more(const Tag& tag, size_t word) const;

  TemplateContext& context_;
  Span literal_;
  size_t nesting_;
  StringContent content_;
  std::vector<TemplateNode*> nodes_;
  std::vector<OpenBlock> blocks_;
  std::string text_;  // decoded, not yet a node
  uint32_t text_begin_ = 0;
  uint32_t text_end_ = 0;
  bool trim_next_ = false;  // the tag before said `-}}`
};

void TemplateReader::add_text(uint32_t begin, uint32_t end, bool escapes) {
  if (text_.empty()) text_begin_ = begin;
  text_end_ = end;
  std::string piece;
  append_text(context_.text, content_, begin, end, escapes, literal_.file, &context_.diagnostics, piece);
  size_t start = 0;
  if (trim_next_ && !piece.empty()) {
    start = std::min(piece.find_first_not_of(kSpace), piece.size());
    trim_next_ = start == piece.size();
  }
  text_.append(piece, start);
}

void TemplateReader::flush_text() {
  if (!text_.empty()) {
    add<TemplateText>(TemplateNodeKind::Text, span(text_begin_, text_end_), context_.arena.copy(text_));
  }
  text_.clear();
}

/// The next `{{`, `{%` or `{#` that no backslash takes away.
uint32_t TemplateReader::next_tag(uint32_t from) const {
  const std::string_view text = context_.text;
  for (uint32_t at = from; at < content_.end; ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '{' && at + 1 < content_.end &&
               (text[at + 1] == '{' || text[at + 1] == '%' || text[at + 1] == '#')) {
      return at;
    }
  }
  return content_.end;
}

Tag TemplateReader::tag_at(uint32_t begin, uint32_t close) const {
  Tag tag{begin + 2, close, close + 2};
  if (tag.begin < tag.end && context_.text[tag.begin] == '-') {
    tag.trim_before = true;
    ++tag.begin;
  }
  if (tag.begin < tag.end && context_.text[tag.end - 1] == '-') {
    tag.trim_after = true;
    --tag.end;
  }
  const std::string_view inner = code(tag);
  const size_t first = inner.find_first_not_of(kSpace);
  if (first == std::string_view::npos) {
    tag.begin = tag.end;
  } else {
    tag.end = tag.begin + static_cast<uint32_t>(inner.find_last_not_of(kSpace)) + 1;
    tag.begin += static_cast<uint32_t>(first);
  }
  return tag;
}

void trim_end(std::string& text) {
  text.erase(text.find_last_not_of(kSpace) + 1);
}

uint32_t TemplateReader::comment(uint32_t begin) {
  const size_t close = context_.text.substr(0, content_.end).find("#}", begin + 2);
  if (close == std::string_view::npos) {
    report().report(UnclosedTag{.open = "{#", .close = "#}"}, span(begin, begin + 2));
    return content_.end;
  }
  const Tag tag = tag_at(begin, static_cast<uint32_t>(close));
  if (tag.trim_before) trim_end(text_);
  trim_next_ = trim_next_ || tag.trim_after;
  return tag.after;
}

uint32_t TemplateReader::raw(uint32_t begin, uint32_t after) {
  const RawEnd end = find_endraw(context_.text, after, content_.end);
  if (end.begin == kNowhere) {
    report().report(UnclosedTemplateBlock{.tag = "raw"}, span(begin, after));
    return content_.end;
  }
  if (context_.text[begin + 2] == '-') trim_end(text_);
  trim_next_ = context_.text[after - 3] == '-';
  add_text(after, end.begin, false);
  if (context_.text[end.begin + 2] == '-') trim_end(text_);
  trim_next_ = context_.text[end.end - 3] == '-';
  return end.end;
}

void TemplateReader::output(uint32_t begin, const Tag& tag) {
  flush_text();
  if (tag.begin == tag.end) return bad_tag(span(begin, tag.after), "nothing stands between `{{` and `}}`");
  Expr* value = context_.tags.expression(tag.begin, tag.end, nesting_ + 1 + blocks_.size());
  add<TemplateOutput>(TemplateNodeKind::Output, span(begin, tag.after), value);
}

bool TemplateReader::holds_more(const Tag& tag, size_t word) const {
  return tag.end - tag.begin > word;
}

void TemplateReader::open_block(std::string_view word, Span where, const Tag& tag) {
  OpenBlock block;
  block.tag = word;
  block.span = where;
  const auto head = tag.begin + static_cast<uint32_t>(word.size());
  if (!holds_more(tag, word.size())) {
    bad_tag(where, word == "if" ? "`{% if %}` needs a condition"
                                : "`{% for %}` is written `{% for name in list %}`");
    block.condition = block.loop.list = context_.arena.make<Expr>(Expr{ExprKind::Error, where});
  } else if (word == "if") {
    block.condition = context_.tags.expression(head, tag.end, nesting_ + 1 + blocks_.size());
  } else {
    block.loop = context_.tags.loop(head, tag.end, nesting_ + 1 + blocks_.size());
  }
  block.outer = std::move(nodes_);
  nodes_.clear();
  blocks_.push_back(std::move(block));
}

void TemplateReader::finish_branch() {
  OpenBlock& block = blocks_.back();
  block.branches.push_back({block.condition, context_.arena.copy(nodes_)});
  nodes_.clear();
}

void TemplateReader::else_branch(Span where, const Tag& tag, bool conditional) {
  if (!blocks_.empty() && blocks_.back().reported) return;
  const bool in_loop = !blocks_.empty() && blocks_.back().tag == "for";
  if (blocks_.empty() || (in_loop && conditional)) {
    const std::string word = conditional ? "elif" : "else";
    report().report(StrayTag{.tag = word, .opener = "if"}, where);
    return;
  }
  OpenBlock& block = blocks_.back();
  if (block.has_else)
    bad_tag(where, fmt::format("nothing may follow `{{% else %}}` but `{{% end{} %}}`", block.tag));
  if (in_loop) {
    if (!block.has_else) block.body = context_.arena.copy(nodes_);
    nodes_.clear();
  } else {
    finish_branch();
  }
  block.has_else = block.has_else || !conditional;
  if (conditional && holds_more(tag, 4)) {
    block.condition = context_.tags.expression(tag.begin + 4, tag.end, nesting_ + blocks_.size());
  } else if (conditional) {
    bad_tag(where, "`{% elif %}` needs a condition");
    block.condition = context_.arena.make<Expr>(Expr{ExprKind::Error, where});
  } else {
    block.condition = nullptr;
    if (holds_more(tag, 4))
      bad_tag(where, "`{% else %}` stands alone; a further condition is `{% elif ... %}`");
  }
}

void TemplateReader::close_block(std::string_view word, Span where) {
  const std::string_view opener = word.substr(3);
  if (blocks_.empty() || blocks_.back().tag != opener) {
    report().report(StrayTag{.tag = std::string(word), .opener = std::string(opener)}, where);
    return;
  }
  if (opener == "if") finish_branch();
  OpenBlock block = std::move(blocks_.back());
  blocks_.pop_back();
  const auto last = context_.arena.copy(nodes_);
  nodes_ = std::move(block.outer);
  if (opener == "if") {
    add<TemplateIf>(TemplateNodeKind::If, block.span.to(where),
                    std::span<const TemplateBranch>(context_.arena.copy(block.branches)));
  } else {
    const std::span<TemplateNode* const> nodes(last);
    add<TemplateFor>(TemplateNodeKind::For, block.span.to(where), block.loop.variable, block.loop.second,
                     block.loop.list, block.loop.where, block.has_else ? block.body : nodes,
                     block.has_else ? nodes : std::span<TemplateNode* const>());
  }
}

void TemplateReader::control(uint32_t begin, const Tag& tag) {
  flush_text();
  const Span where = span(begin, tag.after);
  const std::string_view inner = code(tag);
  size_t size = 0;
  while (size < inner.size() && (std::isalnum(static_cast<unsigned char>(inner[size])) || inner[size] == '_'))
    ++size;
  const std::string_view word = inner.substr(0, size);
  if (word == "if" || word == "for") return open_block(word, where, tag);
  if (word == "elif" || word == "else") return else_branch(where, tag, word == "elif");
  if (word == "include") return include(where, tag);
  if (word == "set") return set(where, tag);
  if (word.starts_with("end") && end_reported(word.substr(3))) return;
  if (word == "endif" || word == "endfor") {
    if (holds_more(tag, size)) bad_tag(where, fmt::format("`{}` stands alone in its tag", word));
    return close_block(word, where);
  }
  if (word == "endraw") {
    report().report(StrayTag{.tag = "endraw", .opener = "raw"}, where);
    return;
  }
  unknown(word.empty() ? inner : word, where, tag);
}

/// `{% include card(x) %}`
void TemplateReader::include(Span where, const Tag& tag) {
  constexpr uint32_t word = 7;
  if (!holds_more(tag, word)) return bad_tag(where, "`{% include %}` is written `{% include name(x) %}`");
  Expr* call = context_.tags.expression(tag.begin + word, tag.end, nesting_ + 1 + blocks_.size());
  const bool bare = call->kind == ExprKind::Name || call->kind == ExprKind::Member;
  if (call->kind == ExprKind::String) {
    bad_tag(call->span, "`include` takes no file; declare `template name(...) = \"...\"` and include that");
  } else if (call->kind != ExprKind::Call && call->kind != ExprKind::Error && !bare) {
    bad_tag(call->span, "`{% include %}` takes the call of a template: `{% include name(x) %}`");
  }
  if (call->kind != ExprKind::Call && !bare) call = context_.arena.make<Expr>(Expr{ExprKind::Error, where});
  add<TemplateInclude>(TemplateNodeKind::Include, where, call);
}

/// `{% set x = 1 %}`
void TemplateReader::set(Span where, const Tag& tag) {
  constexpr uint32_t word = 3;
  if (code(tag).find('=') == std::string_view::npos) {
    bad_tag(where, "`{% set %}` is written `{% set name = value %}`");
    if (holds_more(tag, word)) skip_block("set", where);
    return;
  }
  const TagReader::Setting setting =
      context_.tags.setting(tag.begin + word, tag.end, nesting_ + 1 + blocks_.size());
  add<TemplateSet>(TemplateNodeKind::Set, where, setting.name, setting.value);
}

/// Drops what stands up to the end of a tag that has been reported.
void TemplateReader::skip_block(std::string_view word, Span where) {
  OpenBlock block;
  block.tag = word;
  block.span = where;
  block.reported = true;
  block.outer = std::move(nodes_);
  nodes_.clear();
  blocks_.push_back(std::move(block));
}

/// Leaves the innermost such block, and what is open in it. False if there is none.
bool TemplateReader::end_reported(std::string_view word) {
  const auto block = std::find_if(blocks_.rbegin(), blocks_.rend(),
                                  [&](const OpenBlock& each) { return each.reported && each.tag == word; });
  if (block == blocks_.rend()) return false;
  nodes_ = std::move(block->outer);
  blocks_.resize(static_cast<size_t>(blocks_.rend() - block) - 1);
  return true;
}

/// The tag that `word` is close to, among those that may stand here and are written like it: with something
/// behind them or alone.
std::string_view TemplateReader::guess_tag(std::string_view word, const Tag& tag) const {
  const std::string_view open = blocks_.empty() ? "" : blocks_.back().tag;
  std::vector<std::string_view> candidates = {"raw"};
  if (holds_more(tag, word.size())) {
    candidates = {"if", "include", "set"};
    if (open == "if") candidates.emplace_back("elif");
    if (code(tag).find(" in ") != std::string_view::npos) candidates.emplace_back("for");
  } else if (open == "if" || open == "for") {
    candidates.emplace_back("else");
    candidates.emplace_back(open == "if" ? "endif" : "endfor");
  }
  return did_you_mean(word, candidates);
}

void TemplateReader::unknown(std::string_view word, Span where, const Tag& tag) {
  if (const ForeignTag* foreign = foreign_tag(word)) {
    report().report(UnknownTag{.tag = std::string(word), .hint = std::string(foreign->advice)}, where);
    if (foreign->has_end) skip_block(foreign->word, where);
    return;
  }
  const std::string_view guess = guess_tag(word, tag);
  auto builder = report().report(
      UnknownTag{.tag = std::string(word),
                 .hint = guess.empty() ? "; there are if, elif, else, for, include, set and raw"
                                       : fmt::format("; did you mean `{}`?", guess)},
      where);
  if (guess.empty()) return;
  builder.fix(span(tag.begin, tag.begin + static_cast<uint32_t>(word.size())), std::string(guess),
              fmt::format("write `{}`", guess));
  // Go on as if it had been written, so that its end is not a mistake as well.
  if (guess == "if" || guess == "for") open_block(guess, where, tag);
  if (guess == "else") else_branch(where, tag, false);
  if (guess == "endif" || guess == "endfor") close_block(guess, where);
}

Template* TemplateReader::read() {
  uint32_t at = content_.begin;
  while (at < content_.end) {
    const uint32_t tag_begin = content_.raw ? content_.end : next_tag(at);
    if (tag_begin > at) add_text(at, tag_begin, !content_.raw);
    if (tag_begin >= content_.end) break;
    const char kind = context_.text[tag_begin + 1];
    if (kind == '#') {
      at = comment(tag_begin);
      continue;
    }
    if (const uint32_t after = raw_tag_end(context_.text, tag_begin, content_.end); after != kNowhere) {
      at = raw(tag_begin, after);
      continue;
    }
    const uint32_t close =
        find_tag_end(context_.text, tag_begin + 2, content_.end, kind, context_.limits.nesting);
    if (close == kNowhere || blocks_.size() + nesting_ >= context_.limits.nesting) {
      if (close == kNowhere) {
        report().report(UnclosedTag{.open = std::string("{") + kind, .close = kind == '{' ? "}}" : "%}"},
                        span(tag_begin, tag_begin + 2));
      } else {
        report().report(LimitExceeded{.what = "templates nest too deeply",
                                      .limit = std::to_string(context_.limits.nesting)},
                        span(tag_begin, tag_begin + 2));
        blocks_.clear();
      }
      break;
    }
    const Tag tag = tag_at(tag_begin, close);
    if (tag.trim_before) trim_end(text_);
    trim_next_ = false;
    kind == '{' ? output(tag_begin, tag) : control(tag_begin, tag);
    trim_next_ = tag.trim_after;
    at = tag.after;
  }
  flush_text();
  for (const OpenBlock& block : blocks_) {
    if (block.reported) continue;
    report().report(UnclosedTemplateBlock{.tag = std::string(block.tag)}, block.span);
  }
  return context_.arena.make<Template>(literal_, std::span<TemplateNode* const>(context_.arena.copy(nodes_)));
}

}  // namespace

Template* read_template(TemplateContext& context, Span span, size_t nesting) {
  return TemplateReader(context, span, nesting).read();
}

}  // namespace chain::syntax
