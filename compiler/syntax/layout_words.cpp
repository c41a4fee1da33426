// The layout pass: what each word is where it stands.
#include <fmt/format.h>

#include <antlr4-runtime.h>

#include "compiler/syntax/layout_pass.h"
#include "compiler/syntax/words.h"
#include "generated/ChainLexer.h"

namespace chain::syntax {

using Lex = generated::ChainLexer;

/// May a token of this type be the last of an operand? Then `(`, `[` and `-` after it continue it.
bool ends_operand(uint16_t type) {
  switch (type) {
    case Lex::NAME:
    case Lex::STRING:
    case Lex::INT:
    case Lex::FLOAT:
    case Lex::PERCENT:
    case Lex::DURATION:
    case Lex::MONEY:
    case Lex::VERSION:
    case Lex::TRUE:
    case Lex::FALSE:
    case Lex::NONE:
    case Lex::RPAREN:
    case Lex::RBRACKET:
    case Lex::RBRACE:
    case Lex::QUESTION:
    case Lex::ERROR: return true;
    default: return false;
  }
}

namespace {

bool begins_statement(uint16_t type) {
  switch (type) {
    case Lex::LET:
    case Lex::VAR:
    case Lex::RETURN:
    case Lex::GIVEN:
    case Lex::EXPECT:
    case Lex::BREAK:
    case Lex::REPEAT: return true;
    default: return false;
  }
}

}  // namespace

void Layout::word(Token token) {
  ++next_;
  const bool before_colon = follows(0, Lex::COLON);
  if (before_colon) {
    const bool has_members = declaration_ == Lex::PROMPT || declaration_ == Lex::AGENT;
    const bool example = has_members && frames_.size() == 2 && text(token) == "example";
    return emit(token, example ? Lex::EXAMPLE : Lex::KEY);
  }
  const bool begins_new = token.first_on_line && begins_statement(reserved_word(text(token)));
  if ((last() == Lex::DOT || last() == Lex::QUESTION_DOT) && !begins_new) return emit(token, Lex::NAME);
  if (last() == Lex::RBRACE && !at_file_level() && (text(token) == "elif" || text(token) == "elseif"))
    return else_if(token);
  // The function of the library: the loop goes on with `up to`.
  if (text(token) == "repeat" && opens(0, '(') && !raw(0)->first_on_line) return emit(token, Lex::NAME);
  if (const uint16_t type = reserved_word(text(token)); type != 0) return reserved(token, type);
  if (embedded_ && text(token) == "is" && after_operand() && raw(0)) return jinja_test(token);
  const uint16_t type = clause_word(token);
  if (type == Lex::NAME) {
    if (begins_while(token)) return while_loop(token);
    if (const uint16_t meant = misspelt_statement(token); meant != 0) return reserved(token, meant);
  }
  emit(token, type);
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
    case Lex::FOR:
      ++frame().heads;
      for_two_names();
      break;
    case Lex::IF:
    case Lex::MATCH:
    case Lex::REPEAT:
    case Lex::CATCH: ++frame().heads; break;
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

/// `for k, v in m`, as templates and other languages have it: goes on as if the first name stood alone.
void Layout::for_two_names() {
  const bool two = follows(0, Lex::NAME) && follows(1, Lex::COMMA) && follows(2, Lex::NAME) &&
                   follows(3, Lex::NAME) && text(*raw(3)) == "in";
  if (!two) return;
  error(
      span(*raw(1)).to(span(*raw(2))),
      "a `for` names one thing; of a map take the keys, `for key in prices.keys() { ... prices[key] ... }`");
  const auto comma = raw_.tokens.begin() + static_cast<ptrdiff_t>(next_) + 1;
  raw_.tokens.erase(comma, comma + 2);
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
    case Lex::INT:
    case Lex::FLOAT:
    case Lex::DURATION:
    case Lex::MONEY:
    case Lex::PERCENT:
    case Lex::STRING:
    case Lex::DASH:
    case Lex::ERROR: return true;
    case Lex::OPEN: return !opens(0, '{');
    default: return false;
  }
}

/// Does a value stand here whatever it begins with? Elsewhere a name before `=>` is a pattern.
bool Layout::begins_value() const {
  const uint16_t before = last();
  return before == Lex::ASSIGN || before == Lex::RETURN_VALUE || before == Lex::COLON ||
         before == Lex::FAT_ARROW || before == Lex::EXPECT;
}

/// Is the `(` in hand that of `(a, b) => ...`?
bool Layout::opens_parameters() const {
  size_t at = 1;
  while (follows(at, Lex::NAME) && follows(at + 1, Lex::COMMA)) at += 2;
  if (follows(at, Lex::NAME)) ++at;
  return follows(at, Lex::RPAREN) && follows(at + 1, Lex::FAT_ARROW);
}

/// The label of a word that is not reserved: NAME unless it stands in its own clause.
uint16_t Layout::clause_word(const Token& token) {
  const std::string_view word = text(token);
  const bool continues = !token.first_on_line && after_operand();
  const Token* next = raw(0);
  const bool same_line = next && !next->first_on_line;
  if (next && next->type == Lex::FAT_ARROW) {
    const uint16_t in = frame().type;
    const bool among_values =
        in == Lex::CALL || in == Lex::PAREN || in == Lex::LIST || in == Lex::RECORD || in == Lex::MAP;
    return among_values || begins_value() ? Lex::LAMBDA : Lex::NAME;
  }
  if (word == "untrusted") {
    return same_line && (next->type == Lex::NAME || next->type == Lex::STRING) ? Lex::UNTRUSTED : Lex::NAME;
  }
  if (declaration_ == Lex::EVAL) {
    if (word == "over" && at_file_level() && last() == Lex::NAME) return Lex::OVER;
    const bool begins_clause =
        frames_.size() == 2 && (token.first_on_line || last() == Lex::BODY) && operand_follows();
    if (begins_clause && word == "score") return Lex::SCORE;
    if (begins_clause && word == "require") return Lex::REQUIRE;
  }
  if (word == "up" && last() == Lex::REPEAT) return Lex::UP;
  if (word == "to" && last() == Lex::UP) return Lex::TO;
  if (word == "parallel") return frame().heads > 0 && after_operand() ? Lex::PARALLEL : Lex::NAME;
  if (word == "within") return after_operand() && opens(0, '{') ? Lex::WITHIN : Lex::NAME;
  if (!continues) return Lex::NAME;
  if (word == "as") {
    const bool renames = last() == Lex::NAME || last() == Lex::STRING;
    return renames && same_line && (next->type == Lex::NAME || next->type == Lex::STRING) ? Lex::AS
                                                                                          : Lex::NAME;
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
  if (word == "from" && given_) {
    given_ = false;
    return Lex::FROM;
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
  const std::string_view ours = found == "&&"    ? "and"
                                : found == "||"  ? "or"
                                : found == "!"   ? "not"
                                : found == "===" ? "=="
                                                 : "!=";
  const uint16_t type = found == "&&"    ? Lex::AND
                        : found == "||"  ? Lex::OR
                        : found == "!"   ? Lex::NOT
                        : found == "===" ? Lex::EQUAL
                                         : Lex::NOT_EQUAL;
  const bool glued_before =
      token.begin > 0 && !std::isspace(static_cast<unsigned char>(text_[token.begin - 1])) && found != "!";
  const bool glued_after =
      token.end < text_.size() && !std::isspace(static_cast<unsigned char>(text_[token.end]));
  error(span(token), fmt::format("`{}` is written `{}`", found, ours))
      .fix(span(token), fmt::format("{}{}{}", glued_before ? " " : "", ours, glued_after ? " " : ""),
           fmt::format("write `{}`", ours));
  emit(token, type);
}

bool Layout::in_statements() const {
  const uint16_t in = frames_.back().type;
  const bool of_statements =
      declaration_ == Lex::CHAIN || declaration_ == Lex::TEST || declaration_ == Lex::FN;
  return in == Lex::BLOCK || (in == Lex::BODY && of_statements);
}

/// `while n < 3 {`, on one line and where a statement begins. Elsewhere the word is a name.
bool Layout::begins_while(const Token& token) const {
  if (text(token) != "while" || !in_statements() || !operand_follows()) return false;
  if (!token.first_on_line && last() != frames_.back().type) return false;
  size_t at = 1;
  while (raw(at) && !raw(at)->first_on_line && !opens(at, '{')) ++at;
  return raw(at) && !raw(at)->first_on_line;
}

/// Reported; goes on with a `repeat`, whose bound is not known and takes the condition in.
void Layout::while_loop(Token token) {
  error(span(token),
        "there is no `while`; a loop has a bound: `repeat up to 10 { ... }`, and `break` leaves it");
  ++frame().heads;
  for (const uint16_t type : {Lex::REPEAT, Lex::UP, Lex::TO, Lex::ERROR, Lex::STAR}) emit(token, type);
}

/// Where the `:` of `a ? b : c` stands, counted from the token in hand, which follows the `?`; 0 if this is
/// none. Outside of templates a `?` may end the type of a pattern or a variable as well. Looks no further
/// than choices are long, so that a row of `?` takes no time that grows with its square.
size_t Layout::colon_of_choice() const {
  const bool in_body = has_body_ && !at_file_level() &&
                       (declaration_ == Lex::CHAIN || declaration_ == Lex::TEST || declaration_ == Lex::FN);
  if ((!embedded_ && !in_body) || !operand_follows()) return 0;
  if (opens(0, '[') && follows(1, Lex::RBRACKET) && !follows(2, Lex::COLON)) return 0;
  constexpr size_t kLongest = 200;
  size_t depth = 0;
  for (size_t at = 0; at < kLongest && raw(at) && (embedded_ || !raw(at)->first_on_line); ++at) {
    switch (raw(at)->type) {
      case Lex::OPEN: ++depth; break;
      case Lex::RPAREN:
      case Lex::RBRACKET:
      case Lex::RBRACE:
        if (depth-- == 0) return 0;
        break;
      case Lex::COLON:
        if (depth == 0) return at;
        break;
      case Lex::ASSIGN:
      case Lex::COMMA:
      case Lex::FAT_ARROW:
        if (depth == 0) return 0;
        break;
      default: break;
    }
  }
  return 0;
}

/// A `?`. That of a choice is reported, and goes on as an expression of which nothing is known.
void Layout::question(Token token) {
  ++next_;
  const size_t colon = after_operand() ? colon_of_choice() : 0;
  if (colon == 0) return emit(token, token.type);
  error(span(token), "a choice is written `if condition { a } else { b }`");
  raw_.tokens[next_ + colon].type = Lex::STAR;
  for (const uint16_t type : {Lex::STAR, Lex::ERROR, Lex::STAR}) emit(token, type);
}

/// `retrun x`: a name at the start of a statement, another operand behind it on its line, and a word of
/// statements that is close. Reported; gives the word's token, or 0.
uint16_t Layout::misspelt_statement(const Token& token) {
  if (!in_statements() || !(token.first_on_line || last() == frames_.back().type) || !operand_follows())
    return 0;
  const Token& next = *raw(0);
  if (next.type == Lex::OPEN || next.type == Lex::DASH) return 0;
  if (next.type == Lex::NAME) {
    // Two names begin a pattern as well, and a word of a clause may follow a name.
    if (follows(1, Lex::FAT_ARROW) || follows(1, Lex::PIPE)) return 0;
    if (reserved_word(text(next)) != 0 || text(next) == "mod" || text(next) == "with") return 0;
  }
  static const std::vector<std::string_view> candidates = {"let",   "var",   "return", "if",    "for",
                                                           "match", "given", "expect", "repeat"};
  const std::string_view guess = did_you_mean(text(token), candidates);
  if (guess.empty()) return 0;
  error(span(token), fmt::format("unexpected `{}`; did you mean `{}`?", text(token), guess))
      .fix(span(token), std::string(guess), fmt::format("write `{}`", guess));
  return reserved_word(guess);
}

}  // namespace chain::syntax
