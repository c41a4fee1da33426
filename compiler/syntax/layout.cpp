#include "compiler/syntax/layout.h"

#include <fmt/format.h>

#include <antlr4-runtime.h>

#include "compiler/syntax/layout_pass.h"
#include "compiler/syntax/words.h"
#include "generated/ChainLexer.h"

namespace chain::syntax {

using Lex = generated::ChainLexer;

namespace {

bool opens_bracket(uint16_t type) {
  return (type >= Lex::CALL && type <= Lex::MAP && type != Lex::MINUS && type != Lex::NEGATE) ||
         type == Lex::PARAMETERS;
}

char closer_of(char opener) {
  return opener == '(' ? ')' : opener == '[' ? ']' : '}';
}

bool is_tool_word(std::string_view word) {
  return word == "pure" || word == "reads" || word == "writes" || word == "approve" || word == "idempotent";
}

uint16_t closing_type(char opener) {
  return opener == '(' ? Lex::RPAREN : opener == '[' ? Lex::RBRACKET : Lex::RBRACE;
}

}  // namespace

bool Layout::opens(size_t at, char bracket) const {
  return follows(at, Lex::OPEN) && text_[raw(at)->begin] == bracket;
}

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
  const bool bounded = declaration_ == Lex::CHAIN || declaration_ == Lex::AGENT || declaration_ == Lex::FN ||
                       declaration_ == Lex::EVAL;
  if (bounded && !has_body_ && text(token) == "within") return false;
  // The words of a tool may stand below its signature.
  if (declaration_ == Lex::TOOL && !aliases_ && is_tool_word(text(token))) return false;
  const bool after_type = declaration_ == Lex::TYPE && last() == Lex::GREATER;
  return fresh_ || after_type || after_operand();
}

/// Whatever is unclosed or unfinished before it: a declaration's word at the very start of a line, with what
/// follows such a word.
bool Layout::begins_declaration_for_sure(const Token& token) const {
  if (token.begin > 0 && text_[token.begin - 1] != '\n') return false;
  const uint16_t type = declaration_word(text(token));
  if (type == 0) return false;
  if (type == Lex::IMPORT || type == Lex::TEST) return follows_on_line(1, Lex::STRING);
  if (!follows_on_line(1, Lex::NAME)) return false;
  if (type == Lex::EVAL) return follows_on_line(2, Lex::NAME) && text(*raw(2)) == "over";
  return follows_on_line(2, Lex::ASSIGN) || follows_on_line(2, Lex::VERSION) ||
         follows_on_line(2, Lex::COLON) || (follows_on_line(2, Lex::OPEN));
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
    auto builder =
        error(span(token), fmt::format("unknown declaration `{}`{}", text(token),
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
    auto builder = error(span(token),
                         fmt::format("`{}` stands inside a chain; outside of one use `const`", text(token)));
    if (word == Lex::LET) builder.fix(span(token), "const", "write `const`");
  } else if (token.type != Lex::ERROR) {
    error(span(token),
          fmt::format("expected a declaration such as `type`, `prompt` or `chain`, found `{}`", text(token)));
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
  } while (depth > 0 || !raw_.tokens[next_].first_on_line || declaration_word(text(raw_.tokens[next_])) == 0);
}

// ---- Tokens ---------------------------------------------------------------------------------

/// `x => x => ...` nests without brackets, and the parser recurses there as well.
void Layout::count_functions(const Token& token) {
  function_nesting_ = last() == Lex::FAT_ARROW ? function_nesting_ + 1 : 1;
  if (function_nesting_ > limits_.nesting) too_deep(token);
}

/// `map<map<...` nests without brackets, and the parser recurses there as well. Whether a `<` compares is not
/// known here, so it counts for as long as only what types are made of has followed.
void Layout::count_types(const Token& token, uint16_t type) {
  switch (type) {
    case Lex::LESS:
      if (last() == Lex::NAME && type_nesting_++ >= limits_.nesting) too_deep(token);
      break;
    case Lex::GREATER: type_nesting_ -= type_nesting_ > 0 ? 1 : 0; break;
    case Lex::NAME:
    case Lex::DOT:
    case Lex::PIPE:
    case Lex::QUESTION:
    case Lex::INDEX:
    case Lex::LIST:
    case Lex::RBRACKET:
    case Lex::STRING:
    case Lex::INT:
    case Lex::NEGATE:
    case Lex::TRUE:
    case Lex::FALSE:
    case Lex::UNTRUSTED:
    case Lex::PAREN:
    case Lex::CALL:
    case Lex::PARAMETERS:
    case Lex::RPAREN: break;
    default: type_nesting_ = 0;
  }
}

void Layout::emit(Token token, uint16_t type) {
  if (type == Lex::LAMBDA || type == Lex::PARAMETERS) count_functions(token);
  count_types(token, type);
  token.type = type;
  token.depth = static_cast<uint16_t>(frames_.size() - 1);
  result_.tokens.push_back(token);
  fresh_ = false;
}

void Layout::step(Token token) {
  switch (token.type) {
    case Lex::NAME: return word(token);
    case Lex::OPEN: return open(token);
    case Lex::RPAREN:
    case Lex::RBRACKET:
    case Lex::RBRACE: return close(token);
    case Lex::FOREIGN: return foreign(token);
    case Lex::QUESTION: return question(token);
    case Lex::DASH: emit(token, !token.first_on_line && after_operand() ? Lex::MINUS : Lex::NEGATE); break;
    case Lex::ASSIGN:
      if (at_file_level()) aliases_ = true;
      emit(token, token.type);
      break;
    case Lex::COMMA: {
      // A comma after the last item says nothing.
      const Token* next = raw(1);
      const bool closes =
          next && (next->type == Lex::RPAREN || next->type == Lex::RBRACKET || next->type == Lex::RBRACE);
      if (!closes || last() == Lex::COMMA || opens_bracket(last())) emit(token, token.type);
      break;
    }
    case Lex::PERCENT:
      if (embedded_) {
        diagnostics_.report(
            BadNumber{.message = "in a template `%` closes a tag; write the number, like `0.9`"},
            span(token));
        token.type = Lex::ERROR;
      }
      emit(token, token.type);
      break;
    default: emit(token, token.type);
  }
  ++next_;
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
    case '(': type = continues ? Lex::CALL : opens_parameters() ? Lex::PARAMETERS : Lex::PAREN; break;
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
  inner.type_nesting = type_nesting_;
  frames_.push_back(inner);
}

/// Which of the four a `{` is.
uint16_t Layout::brace(const Token& token) {
  const bool has_braces = declaration_ == Lex::TYPE || declaration_ == Lex::ENUM ||
                          declaration_ == Lex::PROMPT || declaration_ == Lex::CHAIN ||
                          declaration_ == Lex::FN || declaration_ == Lex::TEST ||
                          declaration_ == Lex::AGENT || declaration_ == Lex::ROUTE ||
                          declaration_ == Lex::PROFILE || declaration_ == Lex::EVAL;
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
    diagnostics_
        .report(UnbalancedBracket{.message = fmt::format("`{}` closes nothing", bracket)}, span(token))
        .fix(span(token), "", "remove it");
    return;
  }
  close_forgotten(matching + 1, token.begin);
  type_nesting_ = frame().type_nesting;
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
      diagnostics_
          .report(UnbalancedBracket{.message = fmt::format("`{}` is not closed", forgotten.opener)},
                  forgotten.span)
          .note({file_, where, where},
                fmt::format("`{}` is missed here at the latest", closer_of(forgotten.opener)));
    }
    reported = true;
    Token closer;
    closer.begin = closer.end = result_.tokens.back().end;
    closer.first_comment = closer.last_comment = result_.tokens.back().last_comment;
    closer.invented = true;
    emit(closer, closing_type(forgotten.opener));
  }
}

LaidOut lay_out(Tokens raw, std::string_view text, FileId file, const ParseLimits& limits,
                Diagnostics& diagnostics) {
  return Layout(std::move(raw), text, file, limits, 0, false, diagnostics).run();
}

LaidOut lay_out_embedded(Tokens raw, std::string_view text, FileId file, const ParseLimits& limits,
                         size_t outer, Diagnostics& diagnostics) {
  return Layout(std::move(raw), text, file, limits, outer, true, diagnostics).run();
}

}  // namespace chain::syntax
