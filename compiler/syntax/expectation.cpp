#include "compiler/syntax/expectation.h"

#include <fmt/format.h>

#include <antlr4-runtime.h>

#include <vector>

#include "compiler/syntax/words.h"
#include "generated/ChainParser.h"

namespace chain::syntax {
namespace {

using P = generated::ChainParser;

std::string_view spelling(size_t type) {
  switch (type) {
    case P::NAME: return "a name";
    case P::KEY: return "`name:`";
    case P::STRING: return "a string";
    case P::INT: return "a number";
    case P::VERSION: return "a version";
    case P::CALL: case P::PAREN: return "`(`";
    case P::INDEX: case P::LIST: return "`[`";
    case P::BODY: case P::BLOCK: case P::RECORD: case P::MAP: return "`{`";
    case P::RPAREN: return "`)`";
    case P::RBRACKET: return "`]`";
    case P::RBRACE: return "`}`";
    case P::ASSIGN: return "`=`";
    case P::COLON: return "`:`";
    case P::COMMA: return "`,`";
    case P::DOT: return "`.`";
    case P::ARROW: return "`->`";
    case P::FAT_ARROW: return "`=>`";
    case P::GREATER: return "`>`";
    case P::IN: return "`in`";
    case P::AS: return "`as`";
    case P::WHERE: return "`where`";
    case P::RETURNS: return "`returns`";
    case P::OF: return "`of`";
    case P::PARALLEL: return "`parallel`";
    case P::EXAMPLE: return "`example:`";
    default: return "";
  }
}

std::string found_text(const Expectation::Place& found) {
  switch (found.type) {
    case P::STRING: return "a string";
    case antlr4::Token::EOF: return "the end";
    default: break;
  }
  if (found.text.size() > 40 || found.text.find('\n') != std::string_view::npos) return "something else";
  return fmt::format("`{}`", found.text);
}

bool wants_expression(const Expectation& e) { return e.tokens[P::INT] && e.tokens[P::STRING] && e.tokens[P::LIST]; }

/// What may follow a finished operand says little: the writer may have meant to end the expression.
void drop_continuations(std::bitset<128>& tokens) {
  std::bitset<128> others = tokens;
  for (const size_t type : {P::PIPE, P::STAR, P::SLASH, P::MOD, P::PLUS, P::MINUS, P::COALESCE, P::EQUAL, P::NOT_EQUAL,
                            P::LESS, P::LESS_EQUAL, P::GREATER, P::GREATER_EQUAL, P::IN, P::NOT_IN, P::AND, P::OR,
                            P::CALL, P::INDEX, P::DOT, P::QUESTION_DOT, P::RECORD, P::VERSION, P::WITH, P::CATCH,
                            P::QUESTION, P::LIST, P::WITHIN}) {
    others.reset(type);
  }
  if (others.any()) tokens = others;
}

std::string wanted(const Expectation& e) {
  if (e.tokens[P::LET]) return e.tokens[P::PLUS] || e.tokens[P::CALL] ? "the end of the statement" : "a statement";
  if (wants_expression(e)) return "an expression";
  if (e.tokens[P::UNTRUSTED]) return "a type";
  std::bitset<128> tokens = e.tokens;
  drop_continuations(tokens);
  if (tokens[P::INT] && tokens[P::NONE]) return "a pattern such as a case's name, a value or `else`";
  std::vector<std::string_view> names;
  for (size_t type = 0; type < tokens.size(); ++type) {
    if (tokens[type] && !spelling(type).empty()) names.push_back(spelling(type));
  }
  if (names.empty()) return e.rule == P::RuleDeclaration ? "the end of the declaration" : "something else";
  std::string result;
  const size_t shown = std::min<size_t>(names.size(), 3);
  for (size_t i = 0; i < shown; ++i) {
    result += i == 0 ? "" : i + 1 == shown ? " or " : ", ";
    result += names[i];
  }
  return result;
}

/// Mistakes with a better answer than what the grammar expects. True if one was reported.
bool report_habit(const Expectation& e, Span where, Diagnostics& diagnostics) {
  auto error = [&](std::string message, Span span) {
    return diagnostics.report(SyntaxError{.message = std::move(message)}, span);
  };
  const auto& found = e.found;
  if (e.tokens[P::NAME] && !wants_expression(e) && reserved_word(found.text) != 0 && !found.first_on_line) {
    error(fmt::format("`{}` is a reserved word and cannot be a name", found.text), found.span);
    return true;
  }
  if (found.type == P::ASSIGN && e.tokens[P::EQUAL]) {
    if (e.rule == P::RuleArguments) {
      error("an argument's name is followed by `:`", found.span).fix(found.span, ":", "write `:`");
    } else {
      error("`=` gives a name to a value; to compare, write `==`", found.span).fix(found.span, "==", "write `==`");
    }
    return true;
  }
  if (e.rule == P::RuleSignature && e.tokens[P::ARROW] && !e.tokens[P::CALL]) {
    error("expected `->` and the type of the result", where);
    return true;
  }
  if (found.type == P::BLOCK && wants_expression(e)) {
    error("`{` begins a block here; a map is written `{ \"key\": value }`", found.span);
    return true;
  }
  if (found.type == P::NEGATE && found.first_on_line && e.tokens[P::MINUS]) {
    error("a `-` at the start of a line does not continue the line before; end that line with it", found.span);
    return true;
  }
  return false;
}

}  // namespace

void report_unexpected(const Expectation& e, Diagnostics& diagnostics) {
  const bool at_line_end = e.before.type != 0 && (e.found.first_on_line || e.found.type == antlr4::Token::EOF);
  const Span where = at_line_end ? Span{e.before.span.file, e.before.span.end, e.before.span.end} : e.found.span;
  if (report_habit(e, where, diagnostics)) return;
  std::string message = "expected " + wanted(e);
  if (e.before.type != 0) message += " after " + found_text(e.before);
  if (!at_line_end) message += ", found " + found_text(e.found);
  diagnostics.report(SyntaxError{.message = std::move(message)}, where);
}

}  // namespace chain::syntax
