// Calls of library functions: which row of the table fits, what its type variable is.
#include <algorithm>

#include "compiler/sema/body.h"
#include "compiler/sema/foreign_functions.h"
#include "compiler/sema/literals.h"
#include "runtime/library/library.h"
#include "runtime/library/pattern.h"
#include "runtime/value/calendar.h"
#include "runtime/value/text.h"

namespace chain::sema {

namespace {

using library::Function;
using library::Pattern;
using library::PatternKind;
using program::TypeKind;

/// A row of the table while arguments are compared with it.
struct Candidate {
  uint32_t index = 0;
  const Function* function = nullptr;
  TypeId variable;  // what T stands for, once an argument has said so
  bool bound = false;
  std::vector<int> places;  // the argument for each parameter, or -1
};

/// Where each argument goes in `function`; nothing if the arguments cannot be its own.
std::optional<std::vector<int>> places(const Function& function, const std::vector<std::string_view>& names) {
  std::vector<int> result(function.parameters.size(), -1);
  for (size_t i = 0; i < names.size(); ++i) {
    size_t place = i;
    if (!names[i].empty()) {
      place = 0;
      while (place < result.size() && function.parameters[place].name != names[i]) ++place;
    }
    if (place >= result.size() || result[place] >= 0) return std::nullopt;
    result[place] = static_cast<int>(i);
  }
  for (size_t i = 0; i < result.size(); ++i) {
    if (result[i] < 0 && !function.parameters[i].fallback) return std::nullopt;
  }
  return result;
}

}  // namespace

/// The rows of one name that still fit, as arguments come in.
class BodyChecker::Overloads {
 public:
  Overloads(Context& context, std::string_view name, const std::vector<std::string_view>& argument_names)
      : context_(context) {
    for (uint32_t index : library::overloads(name)) {
      const Function& function = library::functions()[index];
      if (auto fitting = places(function, argument_names)) {
        candidates_.push_back({index, &function, {}, false, *std::move(fitting)});
      }
    }
  }

  /// The type that argument `argument` should have, if the rows that are left agree on one.
  Expected expected(size_t argument) {
    Expected result;
    for (const Candidate& candidate : candidates_) {
      const Pattern& pattern = parameter(candidate, argument).type;
      if (pattern.mentions_variable() && !candidate.bound) return std::nullopt;
      const TypeId type = library::instantiate(context_.module.types, pattern, candidate.variable);
      if (result && *result != type) return std::nullopt;
      result = type;
    }
    return result;
  }

  /// Drops the rows that do not take `type` as argument `argument`. False, and nothing dropped, if none would
  /// be left.
  template <class Converts>
  bool keep(size_t argument, TypeId type, Converts&& converts) {
    std::vector<Candidate> left;
    for (const Candidate& candidate : candidates_) {
      Candidate next = candidate;
      if (takes(next, parameter(candidate, argument).type, type, converts)) left.push_back(std::move(next));
    }
    if (left.empty()) return false;
    candidates_ = std::move(left);
    return true;
  }

  [[nodiscard]] bool empty() const { return candidates_.empty(); }
  [[nodiscard]] const Candidate& best() const { return candidates_.front(); }

 private:
  static const library::Parameter& parameter(const Candidate& candidate, size_t argument) {
    const auto place =
        std::find(candidate.places.begin(), candidate.places.end(), static_cast<int>(argument));
    return candidate.function->parameters[static_cast<size_t>(place - candidate.places.begin())];
  }

  template <class Converts>
  bool takes(Candidate& candidate, const Pattern& pattern, TypeId type, Converts&& converts) {
    if (!pattern.mentions_variable() || candidate.bound) {
      return converts(type, library::instantiate(context_.module.types, pattern, candidate.variable));
    }
    std::optional<TypeId> variable;
    const Pattern* inner = &pattern;
    if (!library::match(context_.module.types, *inner, type, variable)) {
      const bool opens = pattern.kind == PatternKind::Optional;  // T to T?
      if (!opens || !library::match(context_.module.types, pattern.element.front(), type, variable))
        return false;
    }
    if (!variable || !library::admits(candidate.function->bound, context_.module.types, *variable))
      return false;
    candidate.variable = *variable;
    candidate.bound = true;
    return true;
  }

  Context& context_;
  std::vector<Candidate> candidates_;
};

namespace {

std::string signatures(std::string_view name) {
  constexpr size_t kShown = 3;
  std::string text;
  const std::span<const uint32_t> rows = library::overloads(name);
  for (size_t i = 0; i < rows.size() && i < kShown; ++i) {
    if (i > 0) text += " or ";
    const Function& function = library::functions()[rows[i]];
    text +=
        '`' + std::string(name) + std::string(function.signature.substr(function.signature.find('('))) + '`';
  }
  if (rows.size() > kShown) text += " or " + std::to_string(rows.size() - kShown) + " more";
  return text;
}

Constant constant_of_default(const program::TypeTable& types, const library::Default& fallback, TypeId type) {
  Constant result;
  result.type = type;
  Constant* place = &result;
  if (types[type].kind == TypeKind::Optional && !std::holds_alternative<std::monostate>(fallback)) {
    result.value = Constant::Parts(1);
    place = &std::get<Constant::Parts>(result.value)[0];
    place->type = types[type].element;
  }
  std::visit([&](const auto& value) { place->value = value; }, fallback);
  return result;
}

}  // namespace

Value BodyChecker::call_library(std::string_view name, Span name_span, Span span,
                                std::vector<Given> arguments) {
  std::vector<std::string_view> argument_names;
  for (const Given& argument : arguments) argument_names.push_back(argument.name.text);
  Overloads rows(context_, name, argument_names);
  if (rows.empty()) return report_shape(name, name_span, arguments);
  bool fitting = true;
  for (size_t i = 0; i < arguments.size(); ++i) {
    Given& argument = arguments[i];
    if (argument.expr) {
      const bool null = argument.expr->kind == syntax::ExprKind::None && name == "to_json";
      argument.value = null ? json_literal(*argument.expr)
                            : wanted(value(*argument.expr, rows.expected(i)), argument.expr->span);
    }
    const Expected demanded = rows.expected(i);
    if (argument.value.good() && (!fitting || fits(rows, i, argument.value.type))) continue;
    if (!argument.value.good() || demanded || report_may_be_none(rows, i, argument)) {
      if (argument.value.good() && demanded) (void)mismatch(argument.value, *demanded, place_of(argument));
      arguments.erase(arguments.begin(), arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      ignore(arguments);
      return poison();
    }
    fitting = false;
  }
  if (fitting) return library_node(rows, arguments, span);
  std::string found;
  for (const Given& argument : arguments) found += (found.empty() ? "" : ", ") + shown(argument.value.type);
  auto report = context_.diagnostics.report(
      NoOverload{.function = std::string(name), .found = '(' + found + ')', .wanted = signatures(name)},
      name_span);
  if (const ForeignFunction* foreign = foreign_function(name))
    report.note(name_span, "elsewhere it is another function: " + std::string(foreign->instead));
  return poison();
}

Span BodyChecker::place_of(const Given& argument) {
  return argument.expr ? argument.expr->span : argument.span;
}

/// Whether some row takes `type` as its argument; those that do not are dropped.
bool BodyChecker::fits(Overloads& rows, size_t argument, TypeId type) {
  return rows.keep(argument, type, [this](TypeId from, TypeId to) { return converts(from, to); });
}

/// Reports an argument that would fit if it were not optional.
bool BodyChecker::report_may_be_none(Overloads& rows, size_t index, const Given& argument) {
  const program::Type& actual = type(context_.unconstrained(argument.value.type));
  if (actual.kind != TypeKind::Optional || !fits(rows, index, actual.element)) return false;
  context_.diagnostics.report(MayBeNone{.type = shown(argument.value.type),
                                        .hint = "give it a value with `??`, or open it with `if` or `match`"},
                              place_of(argument));
  return true;
}

/// The call of the row that is left first, with its defaults.
Value BodyChecker::library_node(const Overloads& rows, const std::vector<Given>& arguments, Span span) {
  const Candidate& chosen = rows.best();
  NodeParts parts;
  parts.index = chosen.index;
  for (size_t i = 0; i < chosen.places.size(); ++i) {
    const library::Parameter& parameter = chosen.function->parameters[i];
    const TypeId wanted_type = library::instantiate(types(), parameter.type, chosen.variable);
    if (chosen.places[i] < 0) {
      const Constant fallback = constant_of_default(types(), *parameter.fallback, wanted_type);
      parts.operands.push_back(rebuilt(fallback, span).node);
      continue;
    }
    const Given& argument = arguments[static_cast<size_t>(chosen.places[i])];
    const Value value = convert(argument.value, wanted_type, place_of(argument));
    if (!value.good()) return value;
    parts.operands.push_back(value.node);
  }
  const TypeId result = library::instantiate(types(), chosen.function->result, chosen.variable);
  if (const auto known = written_constant(*chosen.function, parts, result, span)) return *known;
  if (!check_written_pattern(*chosen.function, parts)) return poison();
  return make(Op::Library, result, span, std::move(parts));
}

/// `date("2026-01-31")`, `image("photo.jpg")`: a mistake in it is one of the program's.
std::optional<Value> BodyChecker::written_constant(const library::Function& function, const NodeParts& parts,
                                                   TypeId result, Span span) {
  const value::TextForm* form = type(result).kind == TypeKind::Time || type(result).kind == TypeKind::Date
                                    ? value::text_form(type(result).kind)
                                    : nullptr;
  const bool medium = type(result).kind == TypeKind::Media;
  if ((!form && !medium) || function.name != type(result).name) return std::nullopt;
  const graph::Node& argument = emit_.module()[parts.operands[0]];
  const auto* text = std::get_if<std::string>(&argument.constant);
  if (argument.op != Op::Constant || !text) return std::nullopt;
  if (medium && !text->empty()) return constant(result, span, *text);
  if (medium) {
    context_.diagnostics.report(ConstantFails{.why = "a medium has a path, a URL or a data URI"},
                                argument.span);
    return poison();
  }
  if (const auto known = form->parse(*text)) return constant(result, span, *known);
  const bool beyond = type(result).kind == TypeKind::Time && value::beyond_time(*text);
  const std::string why = beyond ? value::kBeyondTime : std::string("is not ") + form->what;
  context_.diagnostics.report(ConstantFails{.why = quoted(program::Literal(*text)) + ' ' + why},
                              argument.span);
  return poison();
}

/// `matches("(")`: a pattern that stands in the program is right or a mistake of the program.
bool BodyChecker::check_written_pattern(const library::Function& function, const NodeParts& parts) {
  for (size_t i = 0; i < parts.operands.size(); ++i) {
    if (function.parameters[i].name != "pattern") continue;
    const graph::Node& argument = emit_.module()[parts.operands[i]];
    const auto* pattern = std::get_if<std::string>(&argument.constant);
    if (argument.op != Op::Constant || !pattern) continue;
    const std::string why = library::pattern_problem(*pattern);
    if (why.empty()) continue;
    context_.diagnostics.report(
        ConstantFails{.why = quoted(program::Literal(*pattern)) + " is not a regular expression: " + why},
        argument.span);
    return false;
  }
  return true;
}

/// The number or the names of the arguments fit no row.
Value BodyChecker::report_shape(std::string_view name, Span name_span, std::vector<Given>& arguments) {
  ignore(arguments);
  const std::span<const uint32_t> rows = library::overloads(name);
  std::vector<std::string_view> known;
  size_t least = SIZE_MAX;
  size_t most = 0;
  std::vector<std::string> needed;
  for (uint32_t index : rows) {
    const Function& function = library::functions()[index];
    size_t required = 0;
    std::vector<std::string> missing;
    for (size_t i = 0; i < function.parameters.size(); ++i) {
      const library::Parameter& parameter = function.parameters[i];
      known.push_back(parameter.name);
      if (parameter.fallback) continue;
      ++required;
      if (i >= arguments.size()) missing.push_back(parameter.name);
    }
    if (required < least) {
      least = required;
      needed = missing;
    }
    most = std::max(most, function.parameters.size());
  }
  const std::string function(name);
  for (const Given& argument : arguments) {
    if (!argument.name || std::find(known.begin(), known.end(), argument.name.text) != known.end()) continue;
    context_.diagnostics.report(
        UnknownArgument{function, std::string(argument.name.text), context_.hint(argument.name.text, known)},
        argument.name.span);
    return poison();
  }
  if (arguments.size() > most) {
    context_.diagnostics.report(
        TooManyArguments{function, std::to_string(most) + (most == 1 ? " argument" : " arguments"),
                         std::to_string(arguments.size())},
        arguments[most].span);
  } else if (arguments.size() < least && !needed.empty()) {
    context_.diagnostics.report(MissingArgument{function, list_of_names(needed)}, name_span);
  } else {
    context_.diagnostics.report(
        NoOverload{function, std::to_string(arguments.size()) + " arguments like these", signatures(name)},
        name_span);
  }
  return poison();
}

}  // namespace chain::sema
