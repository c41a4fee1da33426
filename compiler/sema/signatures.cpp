// Signatures of templates, functions, prompts and chains, defaults, `where`s and constants.
#include "compiler/graph/properties.h"
#include "compiler/sema/body.h"
#include "compiler/sema/context.h"

namespace chain::sema {

namespace {

struct Declared {
  std::span<const syntax::ParamDecl> parameters;
  const syntax::TypeExpr* result = nullptr;
};

Declared declared(const Signature& signature) {
  const syntax::Decl& declaration = signature.alike ? *signature.alike : *signature.declaration;
  const auto parts = [](const auto& of) { return Declared{of.parameters, of.result}; };
  switch (declaration.kind) {
    case syntax::DeclKind::Prompt: return parts(declaration.as<syntax::PromptDecl>());
    case syntax::DeclKind::Tool: return parts(declaration.as<syntax::ToolDecl>());
    case syntax::DeclKind::Agent: return parts(declaration.as<syntax::AgentDecl>());
    case syntax::DeclKind::Chain: return parts(declaration.as<syntax::ChainDecl>());
    case syntax::DeclKind::Fn: return parts(declaration.as<syntax::FnDecl>());
    case syntax::DeclKind::Template: return {declaration.as<syntax::TemplateDecl>().parameters, nullptr};
    default: return {};
  }
}

void resolve(Context& context, Signature& signature) {
  const Declared parts = declared(signature);
  Slots& slots = signature.parameters;
  program::Type record;
  record.kind = program::TypeKind::Record;
  record.name = signature.name;
  record.doc = signature.declaration->doc;
  std::vector<std::vector<program::Constraint>> constraints;
  for (const syntax::ParamDecl& parameter : parts.parameters) {
    if (!parameter.name) continue;
    const auto place = static_cast<uint32_t>(slots.items.size());
    const auto [earlier, is_new] = slots.by_name.try_emplace(parameter.name.text, place);
    if (!is_new) {
      context.diagnostics.report(DuplicateName{.name = std::string(parameter.name.text)}, parameter.name.span)
          .note(slots.items[earlier->second].span, "it is declared here first");
      continue;
    }
    std::optional<TypeId> type;
    if (parameter.type) type = resolve_type(context, slots.unit, *parameter.type);
    Slot slot{parameter.name.text, type.value_or(context.module.types.bool_type), parameter.name.span,
              parameter.fallback};
    slot.broken = !type;
    slot.untrusted = parameter.type && says_untrusted(context, slots.unit, *parameter.type);
    // What media show was made by somebody else; a tool has to say that it takes that.
    if (type && signature.kind != SymbolKind::Tool)
      slot.untrusted = slot.untrusted || holds_media(context, *type);
    program::Field field;
    field.name = parameter.name.text;
    field.doc = parameter.doc;
    field.type = slot.type;
    if (type && parameter.where) {
      const uint32_t predicate = add_predicate(context, slots.unit, slot.type, *parameter.where);
      slot.predicates.push_back(predicate);
      field.constraints.push_back({{predicate}, context.module.predicates[predicate].text});
    }
    record.fields.push_back(std::move(field));
    slots.items.push_back(std::move(slot));
  }
  slots.type = context.module.types.add(std::move(record));
  context.module.types.layout_record(slots.type);
  const bool text = signature.kind == SymbolKind::Template;
  signature.result = text ? context.module.types.string_type : context.module.types.void_type;
  if (parts.result) {
    const std::optional<TypeId> result = resolve_type(context, slots.unit, *parts.result);
    signature.broken = !result;
    signature.untrusted = says_untrusted(context, slots.unit, *parts.result);
    if (result) signature.result = *result;
  }
}

/// `it` of an optional is the value inside; none needs to meet no condition.
void build_predicate(Context& context, const PendingPredicate& pending) {
  BodyChecker body(context, {.unit = pending.unit, .pure = "a `where`", .includes = false});
  const TypeId subject = context.module.predicates[pending.index].subject;
  const Span span = pending.condition->span;
  const RegionId region = body.open();
  const NodeId it = body.emit().add(Op::Param, subject, span);
  context.module[it].name = "it";
  const Value value{it, subject, Value::State::Good};
  const Value holds = body.condition_on(value, *pending.condition);
  body.close(region, holds);
  context.module.predicates[pending.index].body = region;
  keep_calls(context, PureCode::Kind::Condition, pending.index, body.pure_calls());
}

/// The type may hold copies of a record's fields: constrained records are records with a condition.
void write_defaults(Context& context) {
  for (auto& [type, slots] : context.records) {
    for (size_t i = 0; i < slots.items.size(); ++i) {
      const Constant* value = default_of(context, slots, slots.items[i]);
      if (value) context.module.types[{type}].fields[i].default_json = to_json(context.module.types, *value);
    }
  }
  finish_constrained(context);
  const auto of_signature = [&](Signature& signature) {
    Slots& slots = signature.parameters;
    for (size_t i = 0; i < slots.items.size(); ++i) {
      const Constant* value = default_of(context, slots, slots.items[i]);
      if (value)
        context.module.types[slots.type].fields[i].default_json = to_json(context.module.types, *value);
    }
  };
  for (Signature& declared : context.templates) of_signature(declared);
  for (Signature& function : context.functions) of_signature(function);
  for (Signature& prompt : context.prompts) of_signature(prompt);
  for (Signature& chain : context.chains) of_signature(chain);
  for (Signature& external : context.externals) of_signature(external);
}

}  // namespace

void report_not_known(Context& context, const NotKnown& problem, std::string_view what) {
  switch (problem.reason) {
    case NotKnown::Reason::NotConstant:
      context.diagnostics.report(NotConstant{.what = std::string(what), .why = problem.why}, problem.span);
      return;
    case NotKnown::Reason::Fails:
      context.diagnostics.report(ConstantFails{.why = problem.why}, problem.span);
      return;
    case NotKnown::Reason::TooLarge:
      context.diagnostics.report(ConstantTooLarge{.limit = std::to_string(kConstantLimit)}, problem.span);
      return;
  }
}

void resolve_signatures(Context& context) {
  for (Signature& each : context.templates) resolve(context, each);
  for (Signature& each : context.functions) {
    resolve(context, each);
    context.module.functions.push_back({.name = std::string(each.name),
                                        .doc = std::string(each.declaration->doc),
                                        .span = each.declaration->name.span,
                                        .parameters = each.parameters.type,
                                        .result = each.result});
  }
  context.built.resize(context.functions.size());
  for (Signature& prompt : context.prompts) resolve(context, prompt);
  for (Signature& chain : context.chains) resolve(context, chain);
  for (Signature& external : context.externals) resolve(context, external);
}

void build_predicates(Context& context) {
  for (const PendingPredicate& pending : context.predicates) build_predicate(context, pending);
}

void resolve_defaults(Context& context) {
  write_defaults(context);
}

void check_constants(Context& context) {
  for (Symbol& symbol : context.symbols) {
    if (symbol.kind == SymbolKind::Const) (void)constant_of(context, symbol);
  }
}

namespace {

/// Leaves nothing of the region but places in the tables.
void forget(graph::Module& module, RegionId region) {
  std::vector<NodeId> nodes;
  graph::for_each_node(module, region, [&](NodeId id) { nodes.push_back(id); });
  for (const NodeId id : nodes) {
    for (const RegionId inner : module[id].regions) module[inner] = {};
    module[id] = {};
  }
  module[region] = {};
}

}  // namespace

std::optional<Constant> evaluate_constant(Context& context, uint32_t unit, const syntax::Expr& expr,
                                          std::optional<TypeId> type, std::string_view what) {
  // The nodes are thrown away once they are computed; what stays are the bodies of functions, which may be
  // built meanwhile.
  const size_t bodies = context.bodies_built;
  const size_t nodes = context.module.nodes.size();
  const size_t regions = context.module.regions.size();
  std::optional<Constant> result;
  RegionId region;
  {
    BodyChecker body(context, {.unit = unit, .pure = what, .includes = false});
    region = body.open();
    Value value = type ? body.value_as(expr, *type) : body.value(expr);
    body.close(region, value);
    if (value.good() && context.module[region].result.valid()) {
      if (!build_called(context, region)) return std::nullopt;
      std::variant<Constant, NotKnown> outcome =
          evaluate(context.module, region, context.checks, context.constant_budget);
      if (auto* constant = std::get_if<Constant>(&outcome)) {
        result = std::move(*constant);
      } else {
        report_not_known(context, std::get<NotKnown>(outcome), what);
      }
    } else if (value.good()) {
      context.diagnostics.report(NoValue{}, expr.span);
    }
  }
  if (context.bodies_built == bodies) {
    context.module.nodes.resize(nodes);
    context.module.regions.resize(regions);
  } else {
    forget(context.module, region);
  }
  return result;
}

const Constant* constant_of(Context& context, Symbol& symbol) {
  if (symbol.progress == Progress::Done) return &*symbol.value;
  if (symbol.progress == Progress::Failed) return nullptr;
  if (symbol.progress == Progress::Running) {
    context.diagnostics.report(ConstantCycle{.name = std::string(symbol.name)}, symbol.span);
    return nullptr;
  }
  const auto& declaration = symbol.declaration->as<syntax::ConstDecl>();
  constexpr uint32_t kDepthLimit =
      100;  // constants that need each other, each on the stack of the one before
  if (context.constant_depth >= kDepthLimit) {
    context.diagnostics.report(TooDeep{.limit = std::to_string(kDepthLimit)}, symbol.span);
    return nullptr;
  }
  symbol.progress = Progress::Running;
  ++context.constant_depth;
  std::optional<TypeId> type;
  bool typed = true;
  if (declaration.type) {
    type = resolve_type(context, symbol.unit, *declaration.type);
    typed = type.has_value();
  }
  if (typed && declaration.value) {
    symbol.value = evaluate_constant(context, symbol.unit, *declaration.value, type, "a `const`");
  }
  --context.constant_depth;
  symbol.progress = symbol.value ? Progress::Done : Progress::Failed;
  return symbol.value ? &*symbol.value : nullptr;
}

const Constant* default_of(Context& context, Slots& slots, Slot& slot) {
  if (!slot.fallback && slot.value) return &*slot.value;  // of what the language declares
  if (!slot.fallback || slot.broken) return nullptr;
  if (slot.progress == Progress::Done) return &*slot.value;
  if (slot.progress == Progress::Failed) return nullptr;
  if (slot.progress == Progress::Running) {
    context.diagnostics.report(ConstantCycle{.name = std::string(slot.name)}, slot.span);
    return nullptr;
  }
  slot.progress = Progress::Running;
  slot.value = evaluate_constant(context, slots.unit, *slot.fallback, slot.type, "a default");
  if (slot.value) {
    for (uint32_t predicate : slot.predicates)
      context.checks.push_back({predicate, *slot.value, slot.fallback->span});
  }
  slot.progress = slot.value ? Progress::Done : Progress::Failed;
  return slot.value ? &*slot.value : nullptr;
}

}  // namespace chain::sema
