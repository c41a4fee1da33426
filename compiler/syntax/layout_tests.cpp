// The layout pass: Jinja's tests (`x is none`), which are comparisons here.
#include <fmt/format.h>

#include <antlr4-runtime.h>

#include <algorithm>
#include <iterator>

#include "compiler/syntax/layout_pass.h"
#include "generated/ChainLexer.h"

namespace chain::syntax {

using Lex = generated::ChainLexer;

namespace {

struct JinjaTest {
  std::string_view name;
  std::string_view ours;
};

constexpr JinjaTest kTests[] = {
    {"divisibleby", "x mod n == 0"},
    {"eq", "x == y"},
    {"equalto", "x == y"},
    {"false", "not x"},
    {"ge", "x >= y"},
    {"gt", "x > y"},
    {"greaterthan", "x > y"},
    {"le", "x <= y"},
    {"lessthan", "x < y"},
    {"lt", "x < y"},
    {"lower", "x == lower(x)"},
    {"ne", "x != y"},
    {"sameas", "x == y"},
    {"true", "x"},
    {"upper", "x == upper(x)"},
};

constexpr std::string_view kTypes[] = {"boolean", "callable", "float",    "integer", "iterable",
                                       "mapping", "number",   "sequence", "string"};

std::string meaning(std::string_view name, bool negated) {
  if (std::find(std::begin(kTypes), std::end(kTypes), name) != std::end(kTypes))
    return "there is no `is`: what type a value has is known before the program runs";
  const auto* found = std::find_if(std::begin(kTests), std::end(kTests),
                                   [&](const JinjaTest& test) { return test.name == name; });
  if (found == std::end(kTests)) return "there is no `is`: values are compared, like `x == y`";
  return fmt::format("`is {}{}` is written `{}{}`", negated ? "not " : "", name, negated ? "not " : "",
                     found->ours);
}

}  // namespace

/// `token` is an `is` behind an operand. Reported; what follows is read as the comparison that was meant.
void Layout::jinja_test(Token token) {
  const bool negated = follows(0, Lex::NAME) && text(*raw(0)) == "not";
  const size_t place = negated ? 1 : 0;
  const std::string_view name = follows(place, Lex::NAME) ? text(*raw(place)) : "";
  Token whole = token;
  if (!name.empty()) whole.end = raw(place)->end;
  Token op = token;
  if (negated) op.end = raw(0)->end;
  if (name == "none") {
    const std::string_view sign = negated ? "!=" : "==";
    error(span(whole), fmt::format("`is {}none` is written `{} none`", negated ? "not " : "", sign))
        .fix(span(op), std::string(sign), fmt::format("write `{}`", sign));
    next_ += place;
    return emit(op, negated ? Lex::NOT_EQUAL : Lex::EQUAL);
  }
  if (name == "in") {
    const std::string_view sign = negated ? "not in" : "in";
    error(span(whole), fmt::format("`is {0}` is written `{0}`", sign))
        .fix(span(whole), std::string(sign), fmt::format("write `{}`", sign));
    next_ += place + 1;
    return emit(whole, negated ? Lex::NOT_IN : Lex::IN);
  }
  if (name == "defined" || name == "undefined") {
    const bool present = (name == "defined") != negated;
    const std::string_view sign = present ? "!= none" : "== none";
    error(span(whole),
          fmt::format("a name that does not exist is an error; whether a value is there is asked by `{}`",
                      sign))
        .fix(span(whole), std::string(sign), fmt::format("write `{}`", sign));
    emit(op, present ? Lex::NOT_EQUAL : Lex::EQUAL);
    emit(*raw(place), Lex::NONE);
    next_ += place + 1;
    return;
  }
  if (name == "even" || name == "odd") {
    const std::string sign = (name == "even") != negated ? "mod 2 == 0" : "mod 2 != 0";
    error(span(whole), fmt::format("`{}` is written `{}`", text(whole), sign))
        .fix(span(whole), sign, fmt::format("write `{}`", sign));
  } else {
    error(span(whole), meaning(name, negated));
  }
  emit(op, Lex::EQUAL);
  if (name.empty()) return;
  emit(*raw(place), Lex::ERROR);
  next_ += place + 1;
}

}  // namespace chain::syntax
