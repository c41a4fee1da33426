// ANTLR's lexer, over bytes: every offset is an offset in the file.
#include <fmt/format.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <antlr4-runtime.h>

#include "compiler/syntax/string_literal.h"
#include "compiler/syntax/tokens.h"
#include "generated/ChainLexer.h"

namespace chain::syntax {
namespace {

using generated::ChainLexer;

constexpr size_t kMaxTokens = 1'000'000;
constexpr size_t kMaxMistakes = 200;  // in tokens; a file with more is no text of this language

/// The bytes of a file as code points. Indexes are byte offsets.
class Utf8Stream : public antlr4::CharStream {
 public:
  explicit Utf8Stream(std::string_view text) : text_(text) {}

  void bounds(uint32_t begin, uint32_t end) {
    at_ = begin;
    end_ = end;
  }

  void consume() override { advance(at_); }

  size_t LA(ssize_t i) override {
    size_t at = at_;
    for (; i > 1 && at < end_; --i) advance(at);
    if (i < 1 || at >= end_) return IntStream::EOF;
    const auto byte = static_cast<unsigned char>(text_[at]);
    return byte < 0x80 ? byte : fold(at);
  }

  ssize_t mark() override { return 0; }
  void release(ssize_t) override {}
  size_t index() override { return at_; }
  void seek(size_t index) override { at_ = index; }
  size_t size() override { return end_; }
  [[nodiscard]] std::string getSourceName() const override { return "chain"; }
  [[nodiscard]] std::string toString() const override { return std::string(text_); }
  std::string getText(const antlr4::misc::Interval&) override { return {}; }

 private:
  void advance(size_t& at) const {
    do { ++at; } while (at < end_ && (static_cast<unsigned char>(text_[at]) & 0xC0) == 0x80);
  }

  /// See WORD_START in the grammar. Besides, ANTLR remembers its moves for ASCII alone: every other character
  /// costs it a simulation.
  [[nodiscard]] size_t fold(size_t at) const {
    UChar32 c = 0;
    size_t next = at;
    U8_NEXT(text_.data(), next, text_.size(), c);
    if (u_hasBinaryProperty(c, UCHAR_XID_START)) return 'a';
    return u_hasBinaryProperty(c, UCHAR_XID_CONTINUE) ? 0xB7 : static_cast<size_t>(c);
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t end_ = 0;
};

}  // namespace

class Lexer::Machine {
 public:
  Machine(const SourceFile& source, FileId file, const ParseLimits& limits, Diagnostics& diagnostics)
      : text_(source.text()),
        file_(file),
        limits_(limits),
        diagnostics_(diagnostics),
        chars_(text_),
        lexer_(&chars_) {
    lexer_.removeErrorListeners();
  }

  Tokens read(uint32_t begin, uint32_t end);

 private:
  void take(size_t type, uint32_t begin, uint32_t end);
  void add(size_t type, uint32_t begin, uint32_t end);
  void add_string(uint32_t begin);
  void report_open(const StringExtent& extent, uint32_t begin);
  void bad_number(Span span);
  [[nodiscard]] bool behind_operand(uint32_t begin) const;
  void point_behind_operand(Span span);
  void single_quoted(Span span);
  uint32_t unknown(uint32_t begin);
  [[nodiscard]] Span span(uint32_t begin, uint32_t end) const { return {file_, begin, end}; }
  [[nodiscard]] std::string_view text(Span span) const {
    return text_.substr(span.begin, span.end - span.begin);
  }
  [[nodiscard]] bool line_break_before(uint32_t begin) const;

  std::string_view text_;
  FileId file_;
  const ParseLimits& limits_;
  Diagnostics& diagnostics_;
  Utf8Stream chars_;
  ChainLexer lexer_;
  uint32_t end_ = 0;
  uint32_t previous_end_ = 0;  // of the last token or comment
  bool line_begins_ = true;
  uint32_t comments_seen_ = 0;  // by the tokens so far
  size_t mistakes_ = 0;
  uint32_t flat_until_ = 0;  // strings before this offset are read without their tags
  Tokens result_;
};

bool Lexer::Machine::line_break_before(uint32_t begin) const {
  return text_.substr(previous_end_, begin - previous_end_).find('\n') != std::string_view::npos;
}

void Lexer::Machine::add(size_t type, uint32_t begin, uint32_t end) {
  line_begins_ = line_begins_ || line_break_before(begin);
  previous_end_ = end;
  const auto comment = [&](CommentKind kind) { result_.comments.push_back({begin, end, kind}); };
  switch (type) {
    case ChainLexer::LINE_COMMENT: return comment(CommentKind::Line);
    // Behind something on its line it documents nothing: it would seem to speak of that, not of what is
    // below.
    case ChainLexer::DOC: return comment(line_begins_ ? CommentKind::Doc : CommentKind::Line);
    case ChainLexer::FILE_DOC: return comment(CommentKind::FileDoc);
    case ChainLexer::BLOCK_COMMENT:
      if (text(span(begin, end)).find('\n') != std::string_view::npos) line_begins_ = true;
      return comment(CommentKind::Block);
    default: break;
  }
  Token token;
  token.begin = begin;
  token.end = end;
  token.first_comment = comments_seen_;
  token.last_comment = comments_seen_ = static_cast<uint32_t>(result_.comments.size());
  token.type = static_cast<uint16_t>(type);
  token.first_on_line = line_begins_;
  line_begins_ = false;
  result_.tokens.push_back(token);
}

void Lexer::Machine::report_open(const StringExtent& extent, uint32_t begin) {
  ++mistakes_;
  if (extent.too_deep) {
    diagnostics_.report(
        LimitExceeded{.what = "templates nest too deeply", .limit = std::to_string(limits_.nesting)},
        span(begin, begin + 1));
  } else if (extent.open_tag != kNowhere && extent.open_tag + 1 < text_.size()) {
    const std::string open(text_.substr(extent.open_tag, 2));
    const std::string close = open == "{{" ? "}}" : open == "{%" ? "%}" : "#}";
    diagnostics_.report(UnclosedTag{.open = open, .close = close},
                        span(extent.open_tag, extent.open_tag + 2));
  } else {
    const std::string hint = extent.block ? "; it ends with `\"\"\"`" : "; it ends on its line with `\"`";
    diagnostics_.report(Unterminated{.what = "this string", .hint = hint}, span(begin, extent.content_begin));
  }
}

void Lexer::Machine::add_string(uint32_t begin) {
  const bool flat = begin < flat_until_;
  StringExtent extent = scan_string(text_, begin, end_, limits_.nesting, flat);
  if (extent.closed) return add(ChainLexer::STRING, begin, extent.end);
  report_open(extent, begin);
  // From here on tags are not looked into, since what never closes would be searched for again and again.
  flat_until_ = std::max(flat_until_, extent.end);
  if (!flat && extent.open_tag != kNowhere) extent = scan_string(text_, begin, end_, limits_.nesting, true);
  if (extent.too_deep) result_.complete = false;
  add(ChainLexer::ERROR, begin, extent.end);
}

void Lexer::Machine::bad_number(Span where) {
  const std::string_view number = text(where);
  auto report = [&](std::string message) -> Diagnostics::Builder {
    return diagnostics_.report(BadNumber{.message = std::move(message)}, where);
  };
  if (number[0] == '.') {
    report("a number has digits on both sides of its point")
        .fix(where, fmt::format("0{}", number), "add the zero");
  } else if (number.find_first_not_of("0123456789_") == std::string_view::npos) {
    std::string plain(number);
    std::erase(plain, '_');
    report("numbers are written without `_`").fix(where, plain, "write the digits alone");
  } else if (number.find_first_not_of("0123456789eE") == std::string_view::npos) {
    report(fmt::format("`{}` is not a number; with an exponent it is written like `1.0e6`", number));
  } else {
    report(fmt::format("`{}` is not a number; the units of time are ms, s, m, h and d", number));
  }
}

/// Is what begins at `begin` glued to a token that may end an operand?
bool Lexer::Machine::behind_operand(uint32_t begin) const {
  if (result_.tokens.empty() || result_.tokens.back().end != begin) return false;
  switch (result_.tokens.back().type) {
    case ChainLexer::NAME:
    case ChainLexer::INT:
    case ChainLexer::FLOAT:
    case ChainLexer::RPAREN:
    case ChainLexer::RBRACKET:
    case ChainLexer::ERROR: return true;
    default: return false;
  }
}

/// `classify2.1(...)` or `xs.0`, which are no numbers. Goes on with the version or with the element.
void Lexer::Machine::point_behind_operand(Span where) {
  Token& operand = result_.tokens.back();
  const std::string_view digits = text(where).substr(1);
  auto report = [&](std::string message) -> Diagnostics::Builder {
    return diagnostics_.report(BadNumber{.message = std::move(message)}, where);
  };
  const bool name = operand.type == ChainLexer::NAME;
  const bool bracket = operand.type == ChainLexer::RPAREN || operand.type == ChainLexer::RBRACKET;
  if (digits.find_first_not_of("0123456789") != std::string_view::npos || !(name || bracket)) {
    report(fmt::format("`{}` is not a number", text(where)));
  } else if (name && where.end < end_ && text_[where.end] == '(') {
    const std::string_view written = text(span(operand.begin, operand.end));
    const size_t letters = written.find_last_not_of("0123456789") + 1;
    report(letters == written.size()
               ? "a version is written `@MAJOR.MINOR`, like `@1.0`"
               : fmt::format("a version stands behind `@`, like `{}@{}.{}`", written.substr(0, letters),
                             written.substr(letters), digits));
    return add(ChainLexer::VERSION, where.begin, where.end);
  } else {
    const std::string index = fmt::format("[{}]", digits);
    report(fmt::format("an element of a list is written `{}`", index))
        .fix(where, index, fmt::format("write `{}`", index));
  }
  if (!bracket) {
    operand.type = ChainLexer::ERROR;
    operand.end = where.end;
  }
  previous_end_ = where.end;
}

void Lexer::Machine::single_quoted(Span where) {
  const std::string_view inner = text_.substr(where.begin + 1, where.end - where.begin - 2);
  auto builder = diagnostics_.report(SyntaxError{.message = "strings stand in double quotes"}, where);
  if (inner.find_first_of("\"\\{") == std::string_view::npos) {
    builder.fix(where, fmt::format("\"{}\"", inner), "use double quotes");
  }
}

/// Reports a run of characters that mean nothing, once; gives where it ends.
uint32_t Lexer::Machine::unknown(uint32_t begin) {
  UChar32 c = 0;
  size_t end = begin;
  U8_NEXT(text_.data(), end, text_.size(), c);
  const std::string_view character = text_.substr(begin, end - begin);
  if (c == '#') {
    end = std::min<size_t>(text_.find('\n', begin), end_);
  } else {
    while (end < end_ && text_.substr(end).starts_with(character)) end += character.size();
  }
  const auto where = span(begin, static_cast<uint32_t>(end));
  auto report = [&](std::string message) -> Diagnostics::Builder {
    return diagnostics_.report(SyntaxError{.message = std::move(message)}, where);
  };
  if (c == 0x201C || c == 0x201D || c == 0xFF02) {
    report("strings stand in straight double quotes").fix(where, "\"", "use `\"`");
  } else if (c == '#') {
    const auto hash = span(begin, begin + 1);
    diagnostics_.report(SyntaxError{.message = "unexpected `#`; comments begin with `//`"}, hash)
        .fix(hash, "//", "write `//`");
  } else if (c == '\'') {
    report("unexpected `'`; strings stand in double quotes");
  } else if (c == '\\') {
    report("unexpected `\\`; outside of a string's text nothing is escaped");
  } else if (c == '~') {
    report("unexpected `~`; texts are joined by `+`, or stand in one string: `\"{{ a }}{{ b }}\"`");
  } else if (u_isgraph(c)) {
    report(fmt::format("unexpected character `{}`", character));
  } else {
    report(fmt::format("unexpected invisible character U+{:04X}", static_cast<unsigned>(c)));
  }
  return static_cast<uint32_t>(end);
}

/// What is no token of the language is reported, and where something stood, an ERROR takes its place, so that
/// what depends on it need not complain again.
void Lexer::Machine::take(size_t type, uint32_t begin, uint32_t end) {
  switch (type) {
    case ChainLexer::STRING:
      add_string(begin);
      chars_.seek(previous_end_);
      return;
    case ChainLexer::OPEN_COMMENT:
      ++mistakes_;
      diagnostics_.report(Unterminated{.what = "this comment", .hint = "; it ends with `*/`"},
                          span(begin, end));
      chars_.seek(end_);
      return;
    case ChainLexer::BAD_VERSION:
      ++mistakes_;
      diagnostics_.report(BadNumber{.message = "a version is written `@MAJOR.MINOR`, like `@1.0`"},
                          span(begin, end));
      return add(ChainLexer::VERSION, begin, end);
    case ChainLexer::BAD_NUMBER:
      ++mistakes_;
      if (text_[begin] == '.' && behind_operand(begin)) return point_behind_operand(span(begin, end));
      bad_number(span(begin, end));
      return add(ChainLexer::ERROR, begin, end);
    case ChainLexer::SINGLE_QUOTED:
      ++mistakes_;
      single_quoted(span(begin, end));
      return add(ChainLexer::ERROR, begin, end);
    case ChainLexer::UNKNOWN:
      ++mistakes_;
      end = unknown(begin);
      chars_.seek(end);
      // A `#` begins a comment, if not one of ours.
      if (text_[begin] != '#') add(ChainLexer::ERROR, begin, end);
      return;
    default: add(type, begin, end);
  }
}

Tokens Lexer::Machine::read(uint32_t begin, uint32_t end) {
  result_ = {};
  end_ = end;
  previous_end_ = begin;
  line_begins_ = true;
  comments_seen_ = 0;
  chars_.bounds(begin, end);
  lexer_.reset();
  chars_.seek(begin);
  while (result_.complete) {
    const std::unique_ptr<antlr4::Token> token = lexer_.nextToken();
    if (token->getType() == antlr4::Token::EOF) break;
    const auto first = static_cast<uint32_t>(token->getStartIndex());
    take(token->getType(), first, static_cast<uint32_t>(chars_.index()));
    if (mistakes_ > kMaxMistakes) result_.complete = false;
    if (result_.tokens.size() > kMaxTokens) {
      diagnostics_.report(
          LimitExceeded{.what = "the file has too many tokens", .limit = std::to_string(kMaxTokens)},
          span(first, first + 1));
      result_.complete = false;
    }
  }
  return std::move(result_);
}

Lexer::Lexer(const SourceFile& source, FileId file, const ParseLimits& limits, Diagnostics& diagnostics)
    : machine_(std::make_unique<Machine>(source, file, limits, diagnostics)) {}
Lexer::~Lexer() = default;
Tokens Lexer::read(uint32_t begin, uint32_t end) {
  return machine_->read(begin, end);
}

}  // namespace chain::syntax
