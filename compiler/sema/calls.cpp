// Calls: of prompts and chains, and the forms `f(x)`, `x.f()` and `x | f`.
#include <algorithm>

#include "compiler/sema/body.h"
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
    context_.diagnostics.report(
        WrongKind{.name = std::string(context_.sources.text(callee.span)), .kind = "a value", .hint = "; it cannot be called"},
        callee.span);
  }
  return poison();
}

/// `x.f(y)` is `f(x, y)`; `x?.f(y)` is none if x is.
Value BodyChecker::method(const CallExpr& expr, const syntax::MemberExpr& callee) {
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
    if (type(opened.type).kind == TypeKind::Optional) return on_present(opened, expr.span, object_span, call_on);
    context_.diagnostics.report(NeverNone{.op = "?.", .type = shown(object.type)}, object_span)
        .fix({expr.span.file, object_span.end, callee.member.span.begin}, ".", "write `.`");
    return poison();
  }
  return call_on(object);
}

Value BodyChecker::call_named(const Expr& expr, std::string_view name, Span name_span, std::vector<Given> arguments) {
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
  if (!library::overloads(name).empty()) return call_library(name, name_span, expr.span, std::move(arguments));
  ignore(arguments);
  std::vector<std::string_view> candidates = library::names();
  for (std::string_view declared : context_.names(surroundings_.unit, true)) {
    const SymbolKind kind = context_.find(surroundings_.unit, declared)->kind;
    if (kind == SymbolKind::Prompt || kind == SymbolKind::Chain) candidates.push_back(declared);
  }
  const std::string_view best = closest(context_.diagnostics, name, candidates);
  auto report = context_.diagnostics.report(
      UnknownFunction{std::string(name), best.empty() ? "" : "; did you mean `" + std::string(best) + "`?"}, name_span);
  if (!best.empty()) report.fix(name_span, std::string(best), "write `" + std::string(best) + "`");
  return poison();
}

Value BodyChecker::call_symbol(const Expr& expr, Symbol& symbol, std::string_view version, Span name_span,
                               std::vector<Given> arguments) {
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
  const std::optional<std::vector<Value>> values = bind(signature, signature.parameters, arguments, name_span);
  if (!allowed || !values || signature.broken) return poison();
  NodeParts parts;
  for (const Value& value : *values) {
    if (!value.good()) return value;
    parts.operands.push_back(value.node);
  }
  parts.index = index;
  ++steps_;
  if (signature.kind == SymbolKind::Chain) calls_.push_back({index, name_span});
  const Op op = signature.kind == SymbolKind::Prompt ? Op::Prompt : Op::Chain;
  return make(op, signature.result, expr.span, std::move(parts));
}

bool BodyChecker::step_allowed(const Signature& signature, Span span) {
  if (surroundings_.pure.empty()) return true;
  const bool in_chain = surroundings_.chain || surroundings_.test;
  context_.diagnostics
      .report(EffectNotAllowed{.where = std::string(surroundings_.pure),
                               .kind = signature.kind == SymbolKind::Prompt ? "prompt" : "chain",
                               .name = std::string(signature.name),
                               .hint = in_chain ? "call it in a `let` before" : "call it in a chain and pass the value on"},
              span)
      .note(signature.declaration->name.span, "it is declared here");
  return false;
}

/// The value for each parameter, in their order, evaluated in the order of the text. Nothing after a report.
std::optional<std::vector<Value>> BodyChecker::bind(const Signature& signature, Slots& slots,
                                                    std::vector<Given>& arguments, Span call) {
  std::vector<Value> values(slots.items.size());
  std::vector<std::optional<Span>> given(slots.items.size());
  const std::string name(signature.name);
  bool good_arguments = true;
  bool named = false;
  uint32_t position = 0;
  bool misplaced = false;  // what is missing may be what went astray
  auto wrong = [&](const Given& argument) {
    if (argument.expr) (void)value(*argument.expr);
    good_arguments = false;
    misplaced = true;
  };
  for (const Given& argument : arguments) {
    uint32_t index = position;
    if (argument.name) {
      named = true;
      const auto place = slots.by_name.find(argument.name.text);
      if (place == slots.by_name.end()) {
        const std::string_view best = closest(context_.diagnostics, argument.name.text, slots.names());
        auto report = context_.diagnostics.report(
            UnknownArgument{name, std::string(argument.name.text),
                            best.empty() ? "" : "; did you mean `" + std::string(best) + "`?"},
            argument.name.span);
        if (!best.empty()) report.fix(argument.name.span, std::string(best), "write `" + std::string(best) + "`");
        report.note(signature.declaration->name.span, "it is declared here");
        wrong(argument);
        continue;
      }
      index = place->second;
    } else if (named) {
      context_.diagnostics.report(PositionalAfterNamed{}, argument.span);
      wrong(argument);
      continue;
    } else if (position++ >= slots.items.size()) {
      if (position == slots.items.size() + 1) {
        const size_t count = slots.items.size();
        context_.diagnostics
            .report(TooManyArguments{.function = name,
                                     .wanted = std::to_string(count) + (count == 1 ? " argument" : " arguments"),
                                     .found = std::to_string(arguments.size())},
                    argument.span)
            .note(signature.declaration->name.span, "it is declared here");
      }
      wrong(argument);
      continue;
    }
    Slot& slot = slots.items[index];
    if (given[index]) {
      context_.diagnostics.report(GivenTwice{.name = std::string(slot.name)}, argument.span)
          .note(*given[index], "it is given here first");
      wrong(argument);
      continue;
    }
    given[index] = argument.span;
    if (slot.broken) {
      wrong(argument);
      continue;
    }
    const Span span = argument.expr ? argument.expr->span : argument.span;
    const Value value = argument.expr ? value_as(*argument.expr, slot.type) : convert(argument.value, slot.type, span);
    values[index] = checked(value, slot.predicates, span);
    good_arguments = good_arguments && !values[index].poisoned();
  }
  std::vector<std::string> missing;
  for (size_t i = 0; i < values.size(); ++i) {
    Slot& slot = slots.items[i];
    if (given[i] || slot.broken) continue;
    if (const Constant* fallback = default_of(context_, slots, slot)) {
      values[i] = rebuilt(*fallback, call);
    } else if (slot.fallback) {
      good_arguments = false;
    } else if (type(context_.unconstrained(slot.type)).kind == TypeKind::Optional) {
      values[i] = convert(make(Op::None, context_.unconstrained(slot.type), call), slot.type, call);
    } else {
      missing.emplace_back(slot.name);
    }
  }
  if (!missing.empty() && misplaced) return std::nullopt;
  if (!missing.empty()) {
    context_.diagnostics.report(MissingArgument{.function = name, .arguments = list_of_names(missing)}, call)
        .note(signature.declaration->name.span, "it is declared here");
    return std::nullopt;
  }
  return good_arguments ? std::optional(std::move(values)) : std::nullopt;
}

Value BodyChecker::arguments_record(Signature& signature, std::span<const syntax::Argument> arguments, Span span) {
  std::vector<Given> given;
  for (const syntax::Argument& argument : arguments) {
    given.push_back({argument.name, argument.value, {}, span_of(argument)});
  }
  const std::optional<std::vector<Value>> values = bind(signature, signature.parameters, given, span);
  if (!values) return poison();
  NodeParts parts;
  for (const Value& value : *values) {
    if (!value.good()) return value;
    parts.operands.push_back(value.node);
  }
  return make(Op::Record, signature.parameters.type, span, std::move(parts));
}

/// Checks arguments of a call that is wrong for another reason.
void BodyChecker::ignore(std::vector<Given>& arguments) {
  for (const Given& argument : arguments) {
    if (argument.expr && !names_nothing_yet(*argument.expr)) (void)value(*argument.expr);
  }
}

}  // namespace chain::sema
