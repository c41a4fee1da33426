// Calls: of prompts and chains, and the forms `f(x)`, `x.f()` and `x | f`.
#include <algorithm>

#include "compiler/sema/body.h"
#include "compiler/sema/foreign_functions.h"
#include "runtime/library/library.h"

namespace chain::sema {

using program::TypeKind;
using syntax::CallExpr;
using syntax::Expr;
using syntax::ExprKind;

namespace {

Span span_of(const syntax::Argument& argument) {
  return argument.name ? argument.name.span.to(argument.value->span) : argument.value->span;
}

}  // namespace

Value BodyChecker::call(const CallExpr& expr, Expected) {
  std::vector<Given> arguments;
  for (const syntax::Argument& argument : expr.arguments) {
    arguments.push_back({argument.name, argument.value, {}, span_of(argument)});
  }
  const Expr& callee = *expr.callee;
  if (callee.kind == ExprKind::Name) {
    return call_named(expr, callee.as<syntax::NameExpr>().text, callee.span, std::move(arguments));
  }
  if (callee.kind == ExprKind::Member) {
    const auto& member = callee.as<syntax::MemberExpr>();
    const std::optional<uint32_t> unit = module_named(*member.object);
    if (!unit) {
      if (!expr.piped) return method(expr, member);
    } else {
      std::string_view name = member.member.text;
      const size_t at = name.find('@');
      const std::string_view version = at == std::string_view::npos ? "" : name.substr(at);
      Symbol* symbol = member_of(*unit, {name.substr(0, at), member.member.span});
      if (!symbol) return ignore(arguments), poison();
      return call_symbol(expr, *symbol, version, member.member.span, std::move(arguments));
    }
  }
  ignore(arguments);
  if (callee.kind == ExprKind::Error) return poison();
  const Value value = wanted(this->value(callee), callee.span);
  if (value.good()) {
    context_.diagnostics.report(WrongKind{.name = std::string(context_.sources.text(callee.span)),
                                          .kind = "a value",
                                          .hint = "; it cannot be called"},
                                callee.span);
  }
  return poison();
}

/// `x.f(y)` is `f(x, y)`; `x?.f(y)` is none if x is.
Value BodyChecker::method(const CallExpr& expr, const syntax::MemberExpr& callee) {
  const bool on_loop = callee.object->kind == ExprKind::Name && !loops_.empty() &&
                       callee.object->as<syntax::NameExpr>().text == "loop" && !local("loop");
  if (on_loop && callee.member.text == "cycle") return loop_cycle(expr);
  auto rest = [&] {
    std::vector<Given> arguments;
    for (const syntax::Argument& argument : expr.arguments) {
      arguments.push_back({argument.name, argument.value, {}, span_of(argument)});
    }
    return arguments;
  };
  const Span object_span = callee.object->span;
  const Value object = wanted(value(*callee.object), object_span);
  auto call_on = [&](Value receiver) {
    std::vector<Given> arguments = rest();
    arguments.insert(arguments.begin(), Given{{}, nullptr, receiver, object_span});
    return call_named(expr, callee.member.text, callee.member.span, std::move(arguments));
  };
  if (!object.good() || !callee.member) {
    std::vector<Given> arguments = rest();
    ignore(arguments);
    return object.exits() ? object : poison();
  }
  const Value opened = unconstrained(object, object_span);
  if (callee.optional) {
    if (type(opened.type).kind == TypeKind::Optional)
      return on_present(opened, expr.span, object_span, call_on);
    context_.diagnostics.report(NeverNone{.op = "?.", .type = shown(object.type)}, object_span)
        .fix({expr.span.file, object_span.end, callee.member.span.begin}, ".", "write `.`");
    return poison();
  }
  return call_on(object);
}

Value BodyChecker::call_named(const Expr& expr, std::string_view name, Span name_span,
                              std::vector<Given> arguments) {
  const size_t at = name.find('@');
  const std::string_view version = at == std::string_view::npos ? "" : name.substr(at);
  name = name.substr(0, at);
  if (name.empty()) return ignore(arguments), poison();
  if (const Local* found = local(name); found && library::overloads(name).empty()) {
    ignore(arguments);
    if (!found->value.good()) return poison();
    context_.diagnostics.report(WrongKind{std::string(name), "a value", "; it cannot be called"}, name_span)
        .note(found->span, "it is declared here");
    return poison();
  }
  if (Symbol* symbol = context_.find(surroundings_.unit, name)) {
    return call_symbol(expr, *symbol, version, name_span, std::move(arguments));
  }
  if (!library::overloads(name).empty())
    return call_library(name, name_span, expr.span, std::move(arguments));
  ignore(arguments);
  return unknown_function(name, name_span);
}

Value BodyChecker::unknown_function(std::string_view name, Span name_span) {
  if (const ForeignFunction* foreign = foreign_function(name)) {
    const std::string ours(foreign->ours);
    const std::string hint =
        ours.empty() ? "; " + std::string(foreign->advice) : "; it is `" + ours + "` here";
    auto report = context_.diagnostics.report(UnknownFunction{std::string(name), hint}, name_span);
    if (!ours.empty()) report.fix(name_span, ours, "write `" + ours + "`");
    return poison();
  }
  std::vector<std::string_view> candidates = library::names();
  for (std::string_view declared : context_.names(surroundings_.unit, true)) {
    const SymbolKind kind = context_.find(surroundings_.unit, declared)->kind;
    const bool callable =
        kind == SymbolKind::Template || kind == SymbolKind::Prompt || kind == SymbolKind::Chain;
    if (callable) candidates.push_back(declared);
  }
  const std::string_view best = closest(context_.diagnostics, name, candidates);
  auto report = context_.diagnostics.report(
      UnknownFunction{std::string(name), best.empty() ? "" : "; did you mean `" + std::string(best) + "`?"},
      name_span);
  if (!best.empty()) report.fix(name_span, std::string(best), "write `" + std::string(best) + "`");
  return poison();
}

Value BodyChecker::call_symbol(const Expr& expr, Symbol& symbol, std::string_view version, Span name_span,
                               std::vector<Given> arguments) {
  if (symbol.kind == SymbolKind::Template) {
    return call_template(expr, symbol.place, version, name_span, std::move(arguments));
  }
  const bool callable = symbol.kind == SymbolKind::Prompt || symbol.kind == SymbolKind::Chain;
  if (!callable || symbol.versions.empty()) {
    ignore(arguments);
    if (symbol.kind == SymbolKind::Unavailable) return poison();
    const std::string hint = symbol.kind == SymbolKind::Record
                                 ? "; a value of it is written `" + std::string(symbol.name) + " { ... }`"
                                 : "; it cannot be called";
    context_.diagnostics
        .report(WrongKind{std::string(symbol.name), std::string(describe(symbol.kind)), hint}, name_span)
        .note(symbol.span, "it is declared here");
    return poison();
  }
  std::vector<Signature>& all = symbol.kind == SymbolKind::Prompt ? context_.prompts : context_.chains;
  uint32_t index = symbol.versions.back();
  if (!version.empty()) {
    const std::optional<uint32_t> chosen = version_of(context_, symbol, version);
    if (!chosen) {
      report_version(context_, symbol, version, name_span);
      return ignore(arguments), poison();
    }
    index = *chosen;
  }
  return call_step(expr, all[index], index, name_span, std::move(arguments));
}

/// A call that leaves the code around it: of a prompt or of a chain.
Value BodyChecker::call_step(const Expr& expr, Signature& signature, uint32_t index, Span name_span,
                             std::vector<Given> arguments) {
  const bool allowed = step_allowed(signature, name_span);
  std::optional<std::vector<NodeId>> operands = bind(signature, arguments, name_span);
  if (!allowed || !operands || signature.broken) return poison();
  ++steps_;
  if (signature.kind == SymbolKind::Chain) calls_.push_back({index, name_span});
  const Op op = signature.kind == SymbolKind::Prompt ? Op::Prompt : Op::Chain;
  return make(op, signature.result, expr.span, {.operands = *std::move(operands), .index = index});
}

/// A template gives its text wherever a string may stand.
Value BodyChecker::call_template(const Expr& expr, uint32_t index, std::string_view version, Span name_span,
                                 std::vector<Given> arguments) {
  Signature& signature = context_.templates[index];
  const std::string name(signature.name);
  if (!version.empty()) {
    context_.diagnostics.report(
        UnknownVersion{
            .name = name, .version = std::string(version.substr(1)), .hint = "; templates have none"},
        name_span);
  } else if (!surroundings_.includes) {
    context_.diagnostics
        .report(EffectNotAllowed{.where = std::string(surroundings_.pure),
                                 .kind = "template",
                                 .name = name,
                                 .hint = "call it where the value is used"},
                name_span)
        .note(signature.declaration->name.span, "it is declared here");
  }
  std::optional<std::vector<NodeId>> operands = bind(signature, arguments, name_span);
  if (!operands || !version.empty() || !surroundings_.includes) return poison();
  includes_.push_back({index, name_span});
  const Branch whole = branch(expr.span, [&] {
    emit_.add(Op::Include, types().void_type, expr.span, {.operands = *std::move(operands), .index = index});
    return good({}, types().void_type);
  });
  return make(Op::Render, types().string_type, expr.span, {.regions = {whole.region}});
}

bool BodyChecker::step_allowed(const Signature& signature, Span span) {
  if (surroundings_.pure.empty()) return true;
  const bool in_chain = surroundings_.chain || surroundings_.test;
  context_.diagnostics
      .report(EffectNotAllowed{.where = std::string(surroundings_.pure),
                               .kind = signature.kind == SymbolKind::Prompt ? "prompt" : "chain",
                               .name = std::string(signature.name),
                               .hint = in_chain ? "call it in a `let` before"
                                                : "call it in a chain and pass the value on"},
              span)
      .note(signature.declaration->name.span, "it is declared here");
  return false;
}

/// The parameter that an argument is for; nothing, and a report, if there is none. `position` counts the
/// positional ones, UINT32_MAX once a named one has come.
std::optional<uint32_t> BodyChecker::place_of(const Signature& signature, const Given& argument, size_t count,
                                              uint32_t& position) {
  const Slots& slots = signature.parameters;
  const std::string function(signature.name);
  const Span declared = signature.declaration->name.span;
  if (argument.name) {
    position = UINT32_MAX;
    if (const auto place = slots.by_name.find(argument.name.text); place != slots.by_name.end())
      return place->second;
    const std::string_view best = closest(context_.diagnostics, argument.name.text, context_.names(slots));
    auto report = context_.diagnostics.report(
        UnknownArgument{function, std::string(argument.name.text),
                        best.empty() ? "" : "; did you mean `" + std::string(best) + "`?"},
        argument.name.span);
    if (!best.empty()) report.fix(argument.name.span, std::string(best), "write `" + std::string(best) + "`");
    report.note(declared, "it is declared here");
    return std::nullopt;
  }
  if (position == UINT32_MAX) {
    context_.diagnostics.report(PositionalAfterNamed{}, argument.span);
    return std::nullopt;
  }
  const uint32_t place = position++;
  if (place < slots.items.size()) return place;
  if (place == slots.items.size()) {  // said once, at the first that is too much
    const size_t takes = slots.items.size();
    context_.diagnostics
        .report(TooManyArguments{.function = function,
                                 .wanted = std::to_string(takes) + (takes == 1 ? " argument" : " arguments"),
                                 .found = std::to_string(count)},
                argument.span)
        .note(declared, "it is declared here");
  }
  return std::nullopt;
}

/// The arguments of a call as operands, in the order of the parameters, evaluated in the order of the text.
/// Nothing after a report.
std::optional<std::vector<NodeId>> BodyChecker::bind(Signature& signature,
                                                     const std::vector<Given>& arguments, Span call) {
  Filling filling(signature.parameters);
  uint32_t position = 0;
  bool misplaced = false;  // what is missing may be what went astray
  for (const Given& argument : arguments) {
    if (const auto place = place_of(signature, argument, arguments.size(), position)) {
      put(filling, *place, argument, argument.span);
      continue;
    }
    misplaced = true;
    if (argument.expr && !names_nothing_yet(*argument.expr)) (void)value(*argument.expr);
  }
  const std::vector<std::string> missing = fill_rest(filling, call);
  if (!missing.empty() && !misplaced) {
    context_.diagnostics
        .report(MissingArgument{.function = std::string(signature.name), .arguments = list_of_names(missing)},
                call)
        .note(signature.declaration->name.span, "it is declared here");
  }
  if (misplaced || !missing.empty()) return std::nullopt;
  return operands_of(filling);
}

Value BodyChecker::arguments_record(Signature& signature, std::span<const syntax::Argument> arguments,
                                    Span span) {
  std::vector<Given> given;
  for (const syntax::Argument& argument : arguments) {
    given.push_back({argument.name, argument.value, {}, span_of(argument)});
  }
  std::optional<std::vector<NodeId>> operands = bind(signature, given, span);
  if (!operands) return poison();
  return make(Op::Record, signature.parameters.type, span, {.operands = *std::move(operands)});
}

/// Checks arguments of a call that is wrong for another reason.
void BodyChecker::ignore(std::vector<Given>& arguments) {
  for (const Given& argument : arguments) {
    if (argument.expr && !names_nothing_yet(*argument.expr)) (void)value(*argument.expr);
  }
}

}  // namespace chain::sema
