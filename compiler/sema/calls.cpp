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
using syntax::Name;

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
  const bool versioned = expr.callee->kind == ExprKind::Versioned;
  const syntax::Version version =
      versioned ? expr.callee->as<syntax::VersionedExpr>().version : syntax::Version();
  const Expr& callee = versioned ? *expr.callee->as<syntax::VersionedExpr>().name : *expr.callee;
  if (callee.kind == ExprKind::Name) {
    const Name name{callee.as<syntax::NameExpr>().text, callee.span};
    return call_named(expr, name, version, std::move(arguments));
  }
  if (callee.kind == ExprKind::Member) {
    const auto& member = callee.as<syntax::MemberExpr>();
    if (const auto outside = outside_call(expr, member, arguments)) return *outside;
    const std::optional<uint32_t> unit = module_named(*member.object);
    if (!unit) {
      if (!expr.piped) return method(expr, member, version);
    } else {
      Symbol* symbol = member_of(*unit, member.member);
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
Value BodyChecker::method(const CallExpr& expr, const syntax::MemberExpr& callee,
                          const syntax::Version& version) {
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
    return call_named(expr, callee.member, version, std::move(arguments));
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

/// `f@1.0` that nothing calls.
Value BodyChecker::versioned(const syntax::VersionedExpr& expr) {
  const std::string text(context_.sources.text(expr.span));
  context_.diagnostics.report(
      WrongKind{
          .name = text, .kind = "one version of a prompt or chain", .hint = "; call it: `" + text + "(...)`"},
      expr.span);
  return poison();
}

Value BodyChecker::call_named(const Expr& expr, const Name& callee, const syntax::Version& version,
                              std::vector<Given> arguments) {
  const std::string_view name = callee.text;
  const Span name_span = callee.span;
  if (name.empty()) return ignore(arguments), poison();
  const library::HigherOrder* row = higher_order(name, arguments);
  if (const Local* found = local(name); found && !row && library::overloads(name).empty()) {
    ignore(arguments);
    if (!found->value.good()) return poison();
    context_.diagnostics.report(WrongKind{std::string(name), "a value", "; it cannot be called"}, name_span)
        .note(found->span, "it is declared here");
    return poison();
  }
  if (Symbol* symbol = context_.find(surroundings_.unit, name)) {
    return call_symbol(expr, *symbol, version, name_span, std::move(arguments));
  }
  if (name == "trust") return trust(name_span, expr.span, arguments);
  if (name == "secret") return secret(name_span, expr.span, arguments);
  if (name == "fail" && !version.present) return fail(name_span, expr.span, std::move(arguments));
  if (auto effect = this->effect(expr, callee, arguments)) return *effect;
  if (row) {
    if (!version.present) return call_higher_order(*row, name_span, expr.span, std::move(arguments));
    report_version(name, version, "functions of the library");
    return ignore(arguments), poison();
  }
  if (!library::overloads(name).empty()) {
    if (!version.present) return call_library(name, name_span, expr.span, std::move(arguments));
    report_version(name, version, "functions of the library");
    return ignore(arguments), poison();
  }
  return unknown_function(callee, arguments);
}

Value BodyChecker::unknown_function(const Name& callee, std::vector<Given>& arguments) {
  const auto passes_function = [&](const Given& argument) {  // `list.map(f)`
    if (!argument.expr || argument.expr->kind != ExprKind::Name) return false;
    const Symbol* symbol = context_.find(surroundings_.unit, argument.expr->as<syntax::NameExpr>().text);
    return symbol && (symbol->kind == SymbolKind::Prompt || symbol->kind == SymbolKind::Chain);
  };
  std::erase_if(arguments, passes_function);
  ignore(arguments);
  std::vector<std::string_view> candidates = library::names();
  for (const library::HigherOrder& each : library::higher_order()) candidates.push_back(each.name);
  for (std::string_view declared : context_.names(surroundings_.unit, true)) {
    const SymbolKind kind = context_.find(surroundings_.unit, declared)->kind;
    const bool callable = kind == SymbolKind::Template || kind == SymbolKind::Function ||
                          kind == SymbolKind::Prompt || kind == SymbolKind::Chain ||
                          kind == SymbolKind::Tool || kind == SymbolKind::Agent;
    if (callable) candidates.push_back(declared);
  }
  std::string_view best = closest(context_.diagnostics, callee.text, candidates);
  if (!may_mean(callee.text, best)) best = {};
  std::string hint = best.empty() ? "" : "; did you mean `" + std::string(best) + "`?";
  const ForeignFunction* foreign = foreign_function(callee.text);
  if (foreign && !context_.find(surroundings_.unit, best)) {  // else the file's own is closer
    hint = "; " + std::string(foreign->instead);
    best = foreign->function;
  }
  auto report = context_.diagnostics.report(UnknownFunction{std::string(callee.text), hint}, callee.span);
  if (!best.empty()) report.fix(callee.span, std::string(best), "write `" + std::string(best) + "`");
  return poison();
}

Value BodyChecker::call_symbol(const Expr& expr, Symbol& symbol, const syntax::Version& version,
                               Span name_span, std::vector<Given> arguments) {
  if (symbol.kind == SymbolKind::Template) {
    return call_template(expr, symbol.place, version, name_span, std::move(arguments));
  }
  if (symbol.kind == SymbolKind::Function) {
    return call_function(expr, symbol.place, version, name_span, std::move(arguments));
  }
  const bool callable = symbol.kind == SymbolKind::Prompt || symbol.kind == SymbolKind::Chain ||
                        symbol.kind == SymbolKind::Tool || symbol.kind == SymbolKind::Agent;
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
  const std::optional<uint32_t> pinned =
      version.present ? std::nullopt : pinned_version(context_, symbol, surroundings_.chain);
  if (!version.present && symbol.route && !pinned) {
    return call_step(expr, context_.chains[*symbol.route], *symbol.route, name_span, std::move(arguments));
  }
  const std::optional<uint32_t> index = pinned ? pinned : version_of(context_, symbol, version);
  if (!index) return ignore(arguments), poison();
  return call_step(expr, signature_of(context_, symbol.kind, *index), *index, name_span,
                   std::move(arguments));
}

/// A call that leaves the code around it: of a prompt, a chain, or what is outside.
Value BodyChecker::call_step(const Expr& expr, Signature& signature, uint32_t index, Span name_span,
                             std::vector<Given> arguments) {
  const bool allowed = step_allowed(signature, name_span);
  std::optional<std::vector<NodeId>> operands = bind(signature, arguments, name_span);
  if (!allowed || !operands || signature.broken) return poison();
  ++steps_;
  if (signature.kind == SymbolKind::Chain) calls_.push_back({index, name_span});
  const Op op = signature.kind == SymbolKind::Prompt  ? Op::Prompt
                : signature.kind == SymbolKind::Chain ? Op::Chain
                                                      : Op::External;
  return make(op, signature.result, expr.span, {.operands = *std::move(operands), .index = index});
}

/// Of what has no versions.
void BodyChecker::report_version(std::string_view name, const syntax::Version& version,
                                 std::string_view kind) {
  context_.diagnostics
      .report(UnknownVersion{.name = std::string(name),
                             .version = to_string({version.major, version.minor}),
                             .hint = "; " + std::string(kind) + " have none"},
              version.span)
      .fix(version.span, "", "leave it out");
}

Value BodyChecker::call_function(const Expr& expr, uint32_t index, const syntax::Version& version,
                                 Span name_span, std::vector<Given> arguments) {
  Signature& signature = context_.functions[index];
  if (version.present) report_version(signature.name, version, "functions");
  std::optional<std::vector<NodeId>> operands = bind(signature, arguments, name_span);
  if (!operands || version.present || signature.broken) return poison();
  pure_calls_.push_back({PureCode::place_of(context_, PureCode::Kind::Function, index), name_span});
  return make(Op::Invoke, signature.result, expr.span, {.operands = *std::move(operands), .index = index});
}

/// A template gives its text wherever a string may stand.
Value BodyChecker::call_template(const Expr& expr, uint32_t index, const syntax::Version& version,
                                 Span name_span, std::vector<Given> arguments) {
  Signature& signature = context_.templates[index];
  const std::string name(signature.name);
  if (version.present) {
    report_version(name, version, "templates");
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
  if (!operands || version.present || !surroundings_.includes) return poison();
  pure_calls_.push_back({PureCode::place_of(context_, PureCode::Kind::Template, index), name_span});
  const Branch whole = branch(expr.span, [&] {
    emit_.add(Op::Include, types().void_type, expr.span, {.operands = *std::move(operands), .index = index});
    return good({}, types().void_type);
  });
  return make(Op::Render, types().string_type, expr.span, {.regions = {whole.region}});
}

bool BodyChecker::step_allowed(const Signature& signature, Span span) {
  if (surroundings_.pure.empty()) return true;
  const bool in_chain =
      (surroundings_.chain && surroundings_.chain->kind == SymbolKind::Chain) || surroundings_.test;
  const bool of_language = !signature.declaration && signature.name.find('.') == std::string_view::npos;
  const std::string_view kind = of_language ? "the effect" : describe(signature.kind);
  declared_here(
      context_.diagnostics.report(
          EffectNotAllowed{.where = std::string(surroundings_.pure),
                           .kind = std::string(kind.substr(kind.find(' ') + 1)),
                           .name = std::string(signature.name),
                           .hint = in_chain && lambdas_ > 0 ? "go over the list with `for x in list { ... }`"
                                   : in_chain               ? "call it in a `let` before"
                                                            : "call it in a chain and pass the value on"},
          span),
      signature);
  return false;
}

/// What a person offers is declared nowhere.
void BodyChecker::declared_here(Diagnostics::Builder report, const Signature& signature) {
  if (signature.declaration) report.note(signature.declaration->name.span, "it is declared here");
}

/// The parameter that an argument is for; nothing, and a report, if there is none. `position` counts the
/// positional ones, UINT32_MAX once a named one has come.
std::optional<uint32_t> BodyChecker::place_of(const Signature& signature, const Given& argument, size_t count,
                                              uint32_t& position) {
  const Slots& slots = signature.parameters;
  const std::string function(signature.name);
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
    declared_here(report, signature);
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
    declared_here(
        context_.diagnostics.report(
            TooManyArguments{.function = function,
                             .wanted = std::to_string(takes) + (takes == 1 ? " argument" : " arguments"),
                             .found = std::to_string(count)},
            argument.span),
        signature);
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
    declared_here(context_.diagnostics.report(MissingArgument{.function = std::string(signature.name),
                                                              .arguments = list_of_names(missing)},
                                              call),
                  signature);
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
