#include "compiler/syntax/expectation.h"

#include <fmt/format.h>

#include <antlr4-runtime.h>

#include <algorithm>
#include <cctype>
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
    case P::CALL:
    case P::PAREN: return "`(`";
    case P::INDEX:
    case P::LIST: return "`[`";
    case P::BODY:
    case P::BLOCK:
    case P::RECORD:
    case P::MAP: return "`{`";
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
    case P::UP: return "`up to` and how often";
    case P::TO: return "`to`";
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

bool wants_expression(const Expectation& e) {
  return e.tokens[P::INT] && e.tokens[P::STRING] && e.tokens[P::LIST];
}

/// What may follow a finished operand says little: the writer may have meant to end the expression.
void drop_continuations(std::bitset<128>& tokens) {
  std::bitset<128> others = tokens;
  for (const size_t type :
       {P::PIPE,   P::STAR,      P::SLASH, P::MOD,        P::PLUS,     P::MINUS,         P::COALESCE,
        P::EQUAL,  P::NOT_EQUAL, P::LESS,  P::LESS_EQUAL, P::GREATER,  P::GREATER_EQUAL, P::IN,
        P::NOT_IN, P::AND,       P::OR,    P::CALL,       P::INDEX,    P::DOT,           P::QUESTION_DOT,
        P::RECORD, P::VERSION,   P::WITH,  P::CATCH,      P::QUESTION, P::LIST,          P::WITHIN}) {
    others.reset(type);
  }
  if (others.any()) tokens = others;
}

std::string wanted(const Expectation& e) {
  if (e.tokens[P::LET])
    return e.tokens[P::PLUS] || e.tokens[P::CALL] ? "the end of the statement" : "a statement";
  if (wants_expression(e)) return "an expression";
  if (e.tokens[P::UNTRUSTED] || e.rule == P::RuleTypeAtom || e.rule == P::RuleTypeMember) return "a type";
  std::bitset<128> tokens = e.tokens;
  if (tokens[P::NAME]) tokens.reset(P::KEY);
  drop_continuations(tokens);
  if (tokens[P::INT] && tokens[P::NONE]) return "a pattern such as a case's name, a value or `else`";
  std::vector<std::string_view> names;
  for (size_t type = 0; type < tokens.size(); ++type) {
    if (tokens[type] && !spelling(type).empty()) names.push_back(spelling(type));
  }
  const bool in_tag = e.rule == P::RuleEmbedded || e.rule == P::RuleLoopHead || e.rule == P::RuleSetTag;
  if (names.empty() && in_tag) return "the end of the tag";
  if (names.empty()) return e.rule == P::RuleDeclaration ? "the end of the declaration" : "something else";
  std::string result;
  const size_t shown = std::min<size_t>(names.size(), 3);
  for (size_t i = 0; i < shown; ++i) {
    result += i == 0 ? "" : i + 1 == shown ? " or " : ", ";
    result += names[i];
  }
  return result;
}

bool may_end_operand(size_t type) {
  return (type >= P::NAME && type <= P::MONEY) || type == P::RPAREN || type == P::RBRACKET ||
         type == P::TRUE || type == P::FALSE || type == P::NONE;
}

bool opens(size_t type) {
  return type == P::CALL || type == P::LIST || type == P::MAP || type == P::RECORD || type == P::PAREN;
}

std::string_view item_of(size_t rule) {
  return rule == P::RuleMap || rule == P::RuleSuffix ? "`key: value`"
         : rule == P::RuleParameters                 ? "a parameter"
                                                     : "an expression";
}

bool holds_items(size_t rule) {
  return rule == P::RuleRecordBody || rule == P::RuleEnumBody || rule == P::RulePromptBody ||
         rule == P::RuleBlock || rule == P::RuleMatchBody || rule == P::RuleChainDecl ||
         rule == P::RuleFnDecl || rule == P::RuleRouteDecl || rule == P::RuleProfileDecl ||
         rule == P::RuleTestDecl || rule == P::RuleEvalDecl;
}

bool is_bracketed_list(size_t rule) {
  return rule == P::RuleList || rule == P::RuleMap || rule == P::RuleSuffix || rule == P::RuleArguments ||
         rule == P::RuleParameters;
}

/// Mistakes with a better answer than what the grammar expects: habits of other languages, and forms that are
/// easier shown than named.
class Habits {
 public:
  Habits(const Expectation& expectation, Span where, Diagnostics& diagnostics)
      : e_(expectation), where_(where), diagnostics_(diagnostics) {}

  /// True if there was one, and it has been reported.
  bool report() { return names() || equals_sign() || where() || forms() || lists(); }

 private:
  Diagnostics::Builder error(Span span, std::string message) {
    return diagnostics_.report(SyntaxError{.message = std::move(message)}, span);
  }
  [[nodiscard]] Span after(const Expectation::Place& place) const {
    return {place.span.file, place.span.end, place.span.end};
  }
  bool names();
  bool equals_sign();
  bool where();
  bool forms();
  bool lists();

  const Expectation& e_;
  Span where_;
  Diagnostics& diagnostics_;
};

bool Habits::names() {
  const bool pattern = e_.tokens[P::ELSE_PATTERN];
  const bool wants_name = e_.tokens[P::NAME] && !wants_expression(e_) && (pattern || !e_.tokens[P::PAREN]);
  if (!wants_name || reserved_word(e_.found.text) == 0 || e_.found.first_on_line) return false;
  error(e_.found.span, fmt::format("`{}` is a reserved word and cannot be a name", e_.found.text));
  return true;
}

bool Habits::equals_sign() {
  if (e_.found.type != P::ASSIGN || e_.found.first_on_line || !may_end_operand(e_.before.type)) return false;
  if (e_.rule == P::RuleArguments && e_.before.type == P::NAME) {
    error(e_.found.span, "an argument's name is followed by `:`").fix(e_.found.span, ":", "write `:`");
    return true;
  }
  const bool in_body =
      e_.rule == P::RuleIfExpression || e_.rule == P::RuleElseBranch || e_.rule == P::RuleExpression ||
      e_.rule == P::RuleBlock || e_.rule == P::RuleChainDecl || e_.rule == P::RuleFnDecl ||
      e_.rule == P::RuleTestDecl || e_.rule == P::RulePrimary || e_.rule == P::RuleArguments ||
      e_.rule == P::RuleStatement || e_.rule == P::RuleForExpression || e_.rule == P::RuleEmbedded;
  if (!in_body) return false;
  error(e_.found.span, "`=` gives a name to a value; to compare, write `==`")
      .fix(e_.found.span, "==", "write `==`");
  return true;
}

/// `string Where len(it) > 0`. In a record the word was read as the next field.
bool Habits::where() {
  const bool field = e_.rule == P::RuleField && e_.tokens[P::AS];
  const bool elsewhere = e_.rule == P::RuleParameters || e_.rule == P::RuleLoopHead ||
                         (e_.rule == P::RuleDeclaration && e_.declaration == P::TYPE);
  if (!field && !elsewhere) return false;
  const Expectation::Place& word = field ? e_.before : e_.found;
  if (word.type != P::NAME || word.first_on_line || (field && e_.found.first_on_line)) return false;
  std::string lower(word.text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  if (did_you_mean(lower, {"where"}).empty()) return false;
  error(word.span, fmt::format("unexpected `{}`; did you mean `where`?", word.text))
      .fix(word.span, "where", "write `where`");
  return true;
}

bool Habits::forms() {
  const bool late_if = e_.found.type == P::IF && !e_.found.first_on_line && may_end_operand(e_.before.type);
  if (e_.found.type == P::VERSION && e_.rule == P::RuleParameters) {
    error(where_, "a template has no version: it belongs to what includes it")
        .fix(e_.found.span, "", "remove it");
  } else if (e_.rule == P::RuleTemplateDecl && e_.tokens[P::ASSIGN]) {
    error(where_, "a template is written `template name(x: string) = \"...\"`");
  } else if (late_if && e_.rule == P::RuleLoopHead) {
    error(e_.found.span, "`if` in the head of a `for` is written `where`")
        .fix(e_.found.span, "where", "write `where`");
  } else if (late_if && !holds_items(e_.rule)) {
    error(e_.found.span, "a choice is written `if condition { a } else { b }`");
  } else if (e_.rule == P::RuleSignature && e_.tokens[P::ARROW] && !e_.tokens[P::CALL]) {
    error(where_, "expected `->` and the type of the result");
  } else if (e_.rule == P::RuleField && e_.tokens[P::AS]) {
    error(e_.before.span, "a field is written `name: type`").fix(after(e_.before), ":", "add the `:`");
  } else if ((e_.rule == P::RuleParameter || e_.rule == P::RuleParameters) && e_.found.type == P::NAME &&
             e_.tokens[P::KEY]) {
    error(e_.found.span, "a parameter is written `name: type`");
  } else if (e_.rule == P::RulePromptBody && e_.found.type == P::NAME) {
    error(e_.found.span, "what a prompt holds is written `key: value`")
        .fix(after(e_.found), ":", "add the `:`");
  } else if (e_.rule == P::RuleMember && e_.tokens[P::PAREN] && !wants_expression(e_)) {
    error(where_, "an example is written `example: (input) -> output`");
  } else if (e_.rule == P::RuleTypeAtom && e_.found.type == P::MAP && e_.before.type == P::ASSIGN) {
    error(e_.found.span, "a record is written without `=`, like `type Ticket { id: string }`")
        .fix(e_.before.span, "", "remove the `=`");
  } else if (e_.found.type == P::ARROW && is_bracketed_list(e_.rule) && may_end_operand(e_.before.type)) {
    error(e_.found.span, "a function without a name is written `x => ...`")
        .fix(e_.found.span, "=>", "write `=>`");
  } else if (e_.found.type == P::KEY && e_.before.type == P::PAREN && wants_expression(e_)) {
    error(e_.found.span,
          "what stands in parentheses has no name; a function without a name, `x => ...`, takes no types");
  } else if (e_.found.type == P::BLOCK && wants_expression(e_)) {
    error(e_.found.span, "`{` begins a block here; a map is written `{ \"key\": value }`");
  } else {
    return false;
  }
  return true;
}

bool Habits::lists() {
  const bool closes = e_.tokens[P::RPAREN] || e_.tokens[P::RBRACKET] || e_.tokens[P::RBRACE];
  if (!is_bracketed_list(e_.rule) || !closes || wants_expression(e_) || e_.tokens[P::NAME]) return false;
  const std::string_view closer = e_.tokens[P::RPAREN] ? ")" : e_.tokens[P::RBRACKET] ? "]" : "}";
  if (e_.before.type == P::COMMA || opens(e_.before.type)) {
    error(where_, fmt::format("expected {} after {}, found {}", item_of(e_.rule), found_text(e_.before),
                              found_text(e_.found)));
    return true;
  }
  auto builder = error(where_, fmt::format("expected `,` or `{}` after {}, found {}", closer,
                                           found_text(e_.before), found_text(e_.found)));
  const bool item = e_.found.type == P::STRING || e_.found.type == P::INT || e_.found.type == P::KEY;
  if (item && closer != ")") builder.fix(after(e_.before), ",", "add the `,`");
  return true;
}

}  // namespace

void report_unexpected(const Expectation& e, Diagnostics& diagnostics) {
  // What is missing at the end of a line is missing there; what begins a line and is no item is wrong itself.
  const bool wrong_item = holds_items(e.rule) && e.tokens[P::RBRACE];
  const bool at_line_end =
      e.before.type != 0 && !wrong_item && (e.found.first_on_line || e.found.type == antlr4::Token::EOF);
  const Span where =
      at_line_end ? Span{e.before.span.file, e.before.span.end, e.before.span.end} : e.found.span;
  if (Habits(e, where, diagnostics).report()) return;
  std::string message = "expected " + wanted(e);
  if (e.before.type != 0) message += " after " + found_text(e.before);
  if (!at_line_end) message += ", found " + found_text(e.found);
  diagnostics.report(SyntaxError{.message = std::move(message)}, where);
}

}  // namespace chain::syntax
