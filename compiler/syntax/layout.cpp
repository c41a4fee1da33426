#include "compiler/syntax/layout.h"

#include <fmt/format.h>

#include <antlr4-runtime.h>

#include "compiler/syntax/words.h"
#include "generated/ChainLexer.h"

namespace chain::syntax {
namespace {

using generated::ChainLexer;
using Lex = ChainLexer;

/// May a token of this type be the last of an operand? Then `(`, `[` and `-` after it continue it.
bool ends_operand(uint16_t type) {
  switch (type) {
    case Lex::NAME: case Lex::STRING: case Lex::INT: case Lex::FLOAT: case Lex::PERCENT: case Lex::DURATION:
    case Lex::MONEY: case Lex::VERSION: case Lex::TRUE: case Lex::FALSE: case Lex::NONE: case Lex::RPAREN:
    case Lex::RBRACKET: case Lex::RBRACE: case Lex::QUESTION: case Lex::ERROR:
      return true;
    default: return false;
  }
}

bool begins_statement(uint16_t type) {
  switch (type) {
    case Lex::LET: case Lex::VAR: case Lex::RETURN: case Lex::GIVEN: case Lex::EXPECT: case Lex::BREAK:
    case Lex::REPEAT:
      return true;
    default: return false;
  }
}

bool opens_bracket(uint16_t type) { return type >= Lex::CALL && type <= Lex::MAP && type != Lex::MINUS && type != Lex::NEGATE; }

char closer_of(char opener) { return opener == '(' ? ')' : opener == '[' ? ']' : '}'; }

uint16_t closing_type(char opener) {
  return opener == '(' ? Lex::RPAREN : opener == '[' ? Lex::RBRACKET : Lex::RBRACE;
}

/// An open bracket.
struct Frame {
  uint16_t type = 0;   // its label
  char opener = 0;
  Span span;
  int heads = 0;       // `if`, `for`, ... directly in it whose block has not come yet
};

class Layout {
 public:
  Layout(Tokens raw, std::string_view text, FileId file, const ParseLimits& limits, size_t outer, bool embedded,
         Diagnostics& diagnostics)
      : raw_(std::move(raw)), text_(text), file_(file), limits_(limits), outer_(outer), embedded_(embedded),
        diagnostics_(diagnostics) {
    Frame file_level;
    frames_.push_back(file_level);
    result_.complete = raw_.complete;
    result_.tokens.reserve(raw_.tokens.size() + 8);
  }

  LaidOut run();

 private:
  // Looking around. `at` counts from the token in hand.
  [[nodiscard]] const Token* raw(size_t at) const {
    return next_ + at < raw_.tokens.size() ? &raw_.tokens[next_ + at] : nullptr;
  }
  [[nodiscard]] bool follows(size_t at, uint16_t type) const {
    const Token* token = raw(at);
    return token && token->type == type;
  }
  [[nodiscard]] bool follows_on_line(size_t at, uint16_t type) const {
    return follows(at, type) && !raw(at)->first_on_line;
  }
  [[nodiscard]] bool opens(size_t at, char bracket) const {
    return follows(at, Lex::OPEN) && text_[raw(at)->begin] == bracket;
  }
  [[nodiscard]] std::string_view text(const Token& token) const {
    return text_.substr(token.begin, token.end - token.begin);
  }
  [[nodiscard]] Span span(const Token& token) const { return {file_, token.begin, token.end}; }
  [[nodiscard]] uint16_t last() const { return fresh_ ? 0 : result_.tokens.back().type; }
  [[nodiscard]] bool after_operand() const { return ends_operand(last()); }
  [[nodiscard]] bool at_file_level() const { return frames_.size() == 1; }
  [[nodiscard]] Frame& frame() { return frames_.back(); }

  Diagnostics::Builder error(Span where, std::string message) {
    return diagnostics_.report(SyntaxError{.message = std::move(message)}, where);
  }

  // Declarations.
  [[nodiscard]] bool begins_declaration(const Token& token) const;
  [[nodiscard]] bool begins_declaration_for_sure(const Token& token) const;
  void begin_declaration(Token token);
  void end_declaration();
  void skip_declaration();
  void outside_declarations(const Token& token);

  // Tokens.
  void step(Token token);
  void emit(Token token, uint16_t type);
  void word(Token token);
  void reserved(Token token, uint16_t type);
  void else_if(Token token);
  [[nodiscard]] uint16_t clause_word(const Token& token);
  [[nodiscard]] bool operand_follows() const;
  void foreign(Token token);
  void count_type_nesting(const Token& token);

  // Brackets.
  void open(Token token);
  [[nodiscard]] uint16_t brace(const Token& token);
  void close(Token token);
  void close_forgotten(size_t down_to, uint32_t where);
  void too_deep(const Token& token);

  Tokens raw_;
  std::string_view text_;
  FileId file_;
  const ParseLimits& limits_;
  size_t outer_;
  bool embedded_;
  Diagnostics& diagnostics_;

  LaidOut result_;
  std::vector<Frame> frames_;
  size_t next_ = 0;            // index of the token in hand
  bool fresh_ = true;          // no token of this declaration yet
  uint16_t declaration_ = 0;   // its word; 0 outside of any
  bool has_body_ = false;
  bool aliases_ = false;       // `=` has come: `type A = ...`
  bool given_ = false;         // a `given` waits for its `returns`
  bool sample_ = false;        // a `sample` waits for its `of`
  size_t type_nesting_ = 0;    // of `map<`
};

LaidOut Layout::run() {
  while (next_ < raw_.tokens.size() && result_.complete) {
    const Token token = raw_.tokens[next_];
    if (!embedded_ && begins_declaration(token)) {
      begin_declaration(token);
    } else if (!embedded_ && declaration_ == 0) {
      outside_declarations(token);
    } else {
      step(token);
    }
  }
  const auto end = raw_.tokens.empty() ? 0 : raw_.tokens.back().end;
  if (result_.complete) close_forgotten(1, end);
  if (embedded_) {
    result_.pieces.push_back({0, static_cast<uint32_t>(result_.tokens.size())});
  } else {
    end_declaration();
  }
  result_.comments = std::move(raw_.comments);
  return std::move(result_);
}

// ---- Declarations ---------------------------------------------------------------------------

bool Layout::begins_declaration(const Token& token) const {
  if (token.type != Lex::NAME || !token.first_on_line) return false;
  if (begins_declaration_for_sure(token)) return true;
  if (!at_file_level()) return false;
  if (reserved_word(text(token)) != 0) return false;
  // `within` may stand on a line of its own before the body.
  if (declaration_ == Lex::CHAIN && !has_body_ && text(token) == "within") return false;
  const bool after_type = declaration_ == Lex::TYPE && last() == Lex::GREATER;
  return fresh_ || after_type || after_operand();
}

/// Whatever is unclosed or unfinished before it: a declaration's word at the very start of a line, with what follows such a word.
bool Layout::begins_declaration_for_sure(const Token& token) const {
  if (token.begin > 0 && text_[token.begin - 1] != '\n') return false;
  const uint16_t type = declaration_word(text(token));
  if (type == 0) return false;
  if (type == Lex::IMPORT || type == Lex::TEST) return follows_on_line(1, Lex::STRING);
  if (!follows_on_line(1, Lex::NAME)) return false;
  return follows_on_line(2, Lex::ASSIGN) || follows_on_line(2, Lex::VERSION) || follows_on_line(2, Lex::COLON) ||
         (follows_on_line(2, Lex::OPEN));
}

void Layout::end_declaration() {
  if (declaration_ != 0) result_.pieces.back().end = static_cast<uint32_t>(result_.tokens.size());
  declaration_ = 0;
  fresh_ = true;
  has_body_ = aliases_ = given_ = sample_ = false;
  type_nesting_ = 0;
}

void Layout::begin_declaration(Token token) {
  close_forgotten(1, token.begin);
  end_declaration();
  frame().heads = 0;
  uint16_t type = declaration_word(text(token));
  if (type == 0) {
    const std::string_view guess = did_you_mean(text(token), declaration_words());
    auto builder = error(span(token), fmt::format("unknown declaration `{}`{}", text(token),
                                                  guess.empty() ? "" : fmt::format("; did you mean `{}`?", guess)));
    if (!guess.empty()) builder.fix(span(token), std::string(guess), fmt::format("write `{}`", guess));
    type = declaration_word(guess);
  } else if (type == kUnavailableDeclaration) {
    diagnostics_.report(NotAvailable{.what = fmt::format("`{}`", text(token))}, span(token));
  }
  result_.pieces.push_back({static_cast<uint32_t>(result_.tokens.size()), 0});
  declaration_ = type == 0 ? kUnavailableDeclaration : type;
  if (type != 0 && type != kUnavailableDeclaration) {
    emit(token, type);
    ++next_;
  } else {
    skip_declaration();
  }
}

/// Passes over a declaration of which nothing can be said; its tokens are kept for its span and name.
void Layout::skip_declaration() {
  result_.pieces.back().unavailable = true;
  size_t depth = 0;
  do {
    const Token& token = raw_.tokens[next_];
    if (token.type == Lex::OPEN) {
      ++depth;
    } else if (token.type == Lex::RPAREN || token.type == Lex::RBRACKET || token.type == Lex::RBRACE) {
      if (depth > 0) --depth;
    }
    emit(token, token.type);
    ++next_;
    if (next_ >= raw_.tokens.size()) break;
    const Token& following = raw_.tokens[next_];
    if (begins_declaration_for_sure(following)) break;
    if (depth == 0 && begins_declaration(following)) break;
  } while (true);
  end_declaration();
}

/// A token where a declaration should begin.
void Layout::outside_declarations(const Token& token) {
  const uint16_t word = token.type == Lex::NAME ? reserved_word(text(token)) : 0;
  if (token.type == Lex::FOREIGN && text(token) == ";") {
    error(span(token), "statements end with their line, without `;`").fix(span(token), "", "remove it");
  } else if (word == Lex::LET || word == Lex::VAR) {
    auto builder = error(span(token), fmt::format("`{}` stands inside a chain; outside of one use `const`", text(token)));
    if (word == Lex::LET) builder.fix(span(token), "const", "write `const`");
  } else if (token.type != Lex::ERROR) {
    error(span(token), fmt::format("expected a declaration such as `type`, `prompt` or `chain`, found `{}`", text(token)));
  }
  size_t depth = 0;
  do {
    const Token& skipped = raw_.tokens[next_];
    if (skipped.type == Lex::OPEN) ++depth;
    if (skipped.type == Lex::RPAREN || skipped.type == Lex::RBRACKET || skipped.type == Lex::RBRACE) {
      depth -= depth > 0 ? 1 : 0;
    }
    ++next_;
    if (next_ >= raw_.tokens.size()) return;
    if (begins_declaration_for_sure(raw_.tokens[next_])) return;
  } while (depth > 0 || !raw_.tokens[next_].first_on_line ||
           declaration_word(text(raw_.tokens[next_])) == 0);
}

// ---- Tokens ---------------------------------------------------------------------------------

void Layout::emit(Token token, uint16_t type) {
  token.type = type;
  token.depth = static_cast<uint16_t>(frames_.size() - 1);
  result_.tokens.push_back(token);
  fresh_ = false;
}

void Layout::step(Token token) {
  count_type_nesting(token);
  switch (token.type) {
    case Lex::NAME: return word(token);
    case Lex::OPEN: return open(token);
    case Lex::RPAREN: case Lex::RBRACKET: case Lex::RBRACE: return close(token);
    case Lex::FOREIGN: return foreign(token);
    case Lex::DASH:
      emit(token, !token.first_on_line && after_operand() ? Lex::MINUS : Lex::NEGATE);
      break;
    case Lex::ASSIGN:
      if (at_file_level()) aliases_ = true;
      emit(token, token.type);
      break;
    case Lex::COMMA: {
      // A comma after the last item says nothing.
      const Token* next = raw(1);
      const bool closes = next && (next->type == Lex::RPAREN || next->type == Lex::RBRACKET || next->type == Lex::RBRACE);
      if (!closes || last() == Lex::COMMA || opens_bracket(last())) emit(token, token.type);
      break;
    }
    case Lex::PERCENT:
      if (embedded_) {
        diagnostics_.report(BadNumber{.message = "in a template `%` closes a tag; write the number, like `0.9`"},
                            span(token));
        token.type = Lex::ERROR;
      }
      emit(token, token.type);
      break;
    default: emit(token, token.type);
  }
  ++next_;
}

/// `map<map<...` nests without brackets, and the parser recurses there as well.
void Layout::count_type_nesting(const Token& token) {
  switch (token.type) {
    case Lex::LESS:
      if (type_nesting_++ >= limits_.nesting) too_deep(token);
      break;
    case Lex::GREATER: type_nesting_ -= type_nesting_ > 0 ? 1 : 0; break;
    case Lex::NAME: case Lex::DOT: case Lex::PIPE: case Lex::QUESTION: case Lex::RBRACKET: case Lex::STRING:
    case Lex::INT: case Lex::OPEN: case Lex::DASH: case Lex::RPAREN:
      break;
    default: type_nesting_ = 0;
  }
}

void Layout::word(Token token) {
  ++next_;
  const bool before_colon = follows(0, Lex::COLON);
  if (before_colon) {
    const bool example = declaration_ == Lex::PROMPT && frames_.size() == 2 && text(token) == "example";
    return emit(token, example ? Lex::EXAMPLE : Lex::KEY);
  }
  const bool begins_new = token.first_on_line && begins_statement(reserved_word(text(token)));
  if ((last() == Lex::DOT || last() == Lex::QUESTION_DOT) && !begins_new) return emit(token, Lex::NAME);
  if (last() == Lex::RBRACE && !at_file_level() && (text(token) == "elif" || text(token) == "elseif")) return else_if(token);
  if (const uint16_t type = reserved_word(text(token)); type != 0) return reserved(token, type);
  emit(token, clause_word(token));
}

void Layout::reserved(Token token, uint16_t type) {
  if (token.first_on_line && begins_statement(type)) {
    size_t keep = frames_.size();
    while (keep > 1 && frames_[keep - 1].type != Lex::BLOCK && frames_[keep - 1].type != Lex::BODY) --keep;
    if (keep > 1) close_forgotten(keep, token.begin);
    frame().heads = 0;
    given_ = sample_ = false;
  }
  switch (type) {
    case Lex::IF: case Lex::MATCH: case Lex::FOR: case Lex::REPEAT: case Lex::CATCH: ++frame().heads; break;
    case Lex::ELSE:
      if (follows(0, Lex::FAT_ARROW) || (follows(0, Lex::NAME) && follows(1, Lex::FAT_ARROW))) {
        type = Lex::ELSE_PATTERN;
      } else if (!(follows(0, Lex::NAME) && text(*raw(0)) == "if")) {
        ++frame().heads;
      }
      break;
    case Lex::RETURN: {
      const Token* next = raw(0);
      if (next && !next->first_on_line && next->type != Lex::RBRACE) type = Lex::RETURN_VALUE;
      break;
    }
    case Lex::NOT:
      if (follows(0, Lex::NAME) && text(*raw(0)) == "in" && after_operand() && !follows(1, Lex::COLON)) {
        token.end = raw(0)->end;
        type = Lex::NOT_IN;
        ++next_;
      }
      break;
    case Lex::GIVEN: given_ = true; break;
    case Lex::SAMPLE: sample_ = true; break;
    default: break;
  }
  emit(token, type);
}

/// `elif`, as other languages have it.
void Layout::else_if(Token token) {
  error(span(token), fmt::format("`{}` is written `else if`", text(token)))
      .fix(span(token), "else if", "write `else if`");
  ++frame().heads;
  Token first = token;
  first.end = first.begin + 2;
  token.begin = first.end;
  emit(first, Lex::ELSE);
  emit(token, Lex::IF);
}

/// Can the token in hand begin an operand on this line?
bool Layout::operand_follows() const {
  const Token* next = raw(0);
  if (!next || next->first_on_line) return false;
  switch (next->type) {
    case Lex::NAME: return !follows(1, Lex::FAT_ARROW);
    case Lex::INT: case Lex::FLOAT: case Lex::DURATION: case Lex::MONEY: case Lex::PERCENT: case Lex::STRING:
    case Lex::DASH: case Lex::ERROR:
      return true;
    case Lex::OPEN: return !opens(0, '{');
    default: return false;
  }
}

/// The label of a word that is not reserved: NAME unless it stands in its own clause.
uint16_t Layout::clause_word(const Token& token) {
  const std::string_view word = text(token);
  const bool continues = !token.first_on_line && after_operand();
  const Token* next = raw(0);
  const bool same_line = next && !next->first_on_line;
  if (next && next->type == Lex::FAT_ARROW) {
    const uint16_t in = frame().type;
    return in == Lex::CALL || in == Lex::PAREN || in == Lex::LIST || in == Lex::RECORD || in == Lex::MAP
               ? Lex::LAMBDA : Lex::NAME;
  }
  if (word == "untrusted") {
    return same_line && (next->type == Lex::NAME || next->type == Lex::STRING) ? Lex::UNTRUSTED : Lex::NAME;
  }
  if (word == "parallel") return frame().heads > 0 && after_operand() ? Lex::PARALLEL : Lex::NAME;
  if (word == "within") return after_operand() && opens(0, '{') ? Lex::WITHIN : Lex::NAME;
  if (!continues) return Lex::NAME;
  if (word == "as") {
    const bool renames = last() == Lex::NAME || last() == Lex::STRING;
    return renames && same_line && (next->type == Lex::NAME || next->type == Lex::STRING) ? Lex::AS : Lex::NAME;
  }
  if (word == "with") return opens(0, '{') ? Lex::WITH : Lex::NAME;
  if (word == "mod") return declaration_ != Lex::ENUM && operand_follows() ? Lex::MOD : Lex::NAME;
  if (word == "of" && sample_) {
    sample_ = false;
    return Lex::OF;
  }
  if (word == "returns" && given_) {
    given_ = false;
    return Lex::RETURNS;
  }
  return Lex::NAME;
}

void Layout::foreign(Token token) {
  ++next_;
  const std::string_view found = text(token);
  if (found == ";") {
    error(span(token), "statements end with their line, without `;`").fix(span(token), "", "remove it");
    return;
  }
  const std::string_view ours = found == "&&" ? "and" : found == "||" ? "or" : found == "!" ? "not"
                              : found == "===" ? "==" : "!=";
  const uint16_t type = found == "&&" ? Lex::AND : found == "||" ? Lex::OR : found == "!" ? Lex::NOT
                      : found == "===" ? Lex::EQUAL : Lex::NOT_EQUAL;
  const bool glued_before = token.begin > 0 && !std::isspace(static_cast<unsigned char>(text_[token.begin - 1])) &&
                            found != "!";
  const bool glued_after = token.end < text_.size() && !std::isspace(static_cast<unsigned char>(text_[token.end]));
  error(span(token), fmt::format("`{}` is written `{}`", found, ours))
      .fix(span(token), fmt::format("{}{}{}", glued_before ? " " : "", ours, glued_after ? " " : ""),
           fmt::format("write `{}`", ours));
  emit(token, type);
}

// ---- Brackets -------------------------------------------------------------------------------

void Layout::too_deep(const Token& token) {
  if (result_.complete) {
    diagnostics_.report(LimitExceeded{.what = "brackets and templates nest too deeply",
                                      .limit = std::to_string(limits_.nesting)},
                        span(token));
  }
  result_.complete = false;
}

void Layout::open(Token token) {
  const char bracket = text_[token.begin];
  const bool continues = !token.first_on_line && after_operand();
  uint16_t type = 0;
  switch (bracket) {
    case '(': type = continues ? Lex::CALL : Lex::PAREN; break;
    case '[': type = continues ? Lex::INDEX : Lex::LIST; break;
    default: type = brace(token);
  }
  emit(token, type);
  ++next_;
  if (frames_.size() + outer_ > limits_.nesting) return too_deep(token);
  Frame inner;
  inner.type = type;
  inner.opener = bracket;
  inner.span = span(token);
  frames_.push_back(inner);
}

/// Which of the four a `{` is.
uint16_t Layout::brace(const Token& token) {
  const bool has_braces = declaration_ == Lex::TYPE || declaration_ == Lex::ENUM || declaration_ == Lex::PROMPT ||
                          declaration_ == Lex::CHAIN || declaration_ == Lex::TEST;
  if (at_file_level() && has_braces && !has_body_ && !aliases_ && last() != Lex::WITHIN) {
    has_body_ = true;
    return Lex::BODY;
  }
  const bool after_name = last() == Lex::NAME && !token.first_on_line;
  const bool literal = ((follows(1, Lex::NAME) || follows(1, Lex::STRING)) && follows(2, Lex::COLON)) ||
                       follows(1, Lex::SPREAD);
  if (literal) return after_name ? Lex::RECORD : Lex::MAP;
  if (frame().heads > 0) {
    --frame().heads;
    return Lex::BLOCK;
  }
  if (follows(1, Lex::RBRACE) && last() != Lex::FAT_ARROW) return after_name ? Lex::RECORD : Lex::MAP;
  return Lex::BLOCK;
}

void Layout::close(Token token) {
  ++next_;
  const char bracket = text_[token.begin];
  size_t matching = frames_.size() - 1;
  while (matching > 0 && closer_of(frames_[matching].opener) != bracket) --matching;
  if (matching == 0) {
    diagnostics_.report(UnbalancedBracket{.message = fmt::format("`{}` closes nothing", bracket)}, span(token))
        .fix(span(token), "", "remove it");
    return;
  }
  close_forgotten(matching + 1, token.begin);
  frames_.pop_back();
  emit(token, token.type);
}

/// Closes every bracket above the first `down_to` frames, as if its closer stood at `where`, with one message
/// for the innermost.
void Layout::close_forgotten(size_t down_to, uint32_t where) {
  bool reported = false;
  while (frames_.size() > down_to) {
    const Frame forgotten = frames_.back();
    frames_.pop_back();
    if (!reported) {
      diagnostics_.report(UnbalancedBracket{.message = fmt::format("`{}` is not closed", forgotten.opener)},
                          forgotten.span)
          .note({file_, where, where}, fmt::format("`{}` is missed here at the latest", closer_of(forgotten.opener)));
    }
    reported = true;
    Token closer;
    closer.begin = closer.end = result_.tokens.back().end;
    closer.first_comment = closer.last_comment = result_.tokens.back().last_comment;
    closer.invented = true;
    emit(closer, closing_type(forgotten.opener));
  }
}

}  // namespace

LaidOut lay_out(Tokens raw, std::string_view text, FileId file, const ParseLimits& limits, Diagnostics& diagnostics) {
  return Layout(std::move(raw), text, file, limits, 0, false, diagnostics).run();
}

LaidOut lay_out_embedded(Tokens raw, std::string_view text, FileId file, const ParseLimits& limits, size_t outer,
                         Diagnostics& diagnostics) {
  return Layout(std::move(raw), text, file, limits, outer, true, diagnostics).run();
}

}  // namespace chain::syntax
