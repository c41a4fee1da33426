// Declared types, and what type expressions mean.
#include <algorithm>
#include <unordered_set>

#include "compiler/sema/context.h"
#include "compiler/sema/literals.h"

namespace chain::sema {

namespace {

using program::TypeKind;
using syntax::TypeExpr;
using syntax::TypeExprKind;

/// How deep types may lie in each other; every phase behind this one walks them recursively.
constexpr uint32_t kDepthLimit = 64;

constexpr std::string_view kLaterTypes[] = {"time",  "date",  "json", "bytes",   "image",
                                            "audio", "video", "file", "Message", "messages"};

class TypeResolver {
 public:
  explicit TypeResolver(Context& context) : context_(context) {}

  std::optional<TypeId> resolve(uint32_t unit, const TypeExpr& expr) {
    switch (expr.kind) {
      case TypeExprKind::Named: return named(unit, expr);
      case TypeExprKind::Optional:
      case TypeExprKind::List:
      case TypeExprKind::Map: return structural(unit, expr);
      case TypeExprKind::Literal:
      case TypeExprKind::Union: return literals(unit, expr);
      case TypeExprKind::Untrusted:  // a label, no type: see compiler/sema/trust.h
        return expr.members.empty() ? std::nullopt : resolve(unit, *expr.members[0]);
      case TypeExprKind::Error: return std::nullopt;
    }
    return std::nullopt;
  }

  bool declared(Symbol& symbol, Span use) {
    if (symbol.progress == Progress::Done) return true;
    if (symbol.progress == Progress::Failed) return false;
    if (symbol.progress == Progress::Running) return recursive(symbol, use), false;
    if (path_.size() >= kDepthLimit) return too_deep(use), false;
    symbol.progress = Progress::Running;
    path_.push_back(&symbol);
    const bool good = make(symbol);
    path_.pop_back();
    symbol.progress = good ? Progress::Done : Progress::Failed;
    return good;
  }

 private:
  bool make(Symbol& symbol) {
    switch (symbol.kind) {
      case SymbolKind::Record: return make_record(symbol, symbol.declaration->as<syntax::TypeDecl>());
      case SymbolKind::Alias: return make_alias(symbol, symbol.declaration->as<syntax::TypeDecl>());
      default: return make_enum(symbol, symbol.declaration->as<syntax::EnumDecl>());
    }
  }

  std::optional<TypeId> named(uint32_t unit, const TypeExpr& expr) {
    if (expr.qualifier) return qualified(unit, expr);
    if (Symbol* symbol = context_.find(unit, expr.name.text)) return of_symbol(*symbol, expr);
    const std::string_view name = expr.name.text;
    const program::TypeTable& types = context_.module.types;
    for (TypeId basic : {types.bool_type, types.int_type, types.float_type, types.duration_type,
                         types.money_type, types.string_type}) {
      if (name == types[basic].name) return basic;
    }
    if (name == "map") {
      context_.diagnostics
          .report(CannotInfer{.what = "the map's values", .hint = "write `map<string>`"}, expr.span)
          .fix(expr.span, "map<string>", "a map of strings");
      return std::nullopt;
    }
    if (name == "Passage") return passage_type(context_);
    if (std::find(std::begin(kLaterTypes), std::end(kLaterTypes), name) != std::end(kLaterTypes)) {
      context_.diagnostics.report(NotAvailable{.what = "type `" + std::string(name) + "`"}, expr.span);
      return std::nullopt;
    }
    return unknown(expr, type_names(unit, true));
  }

  std::optional<TypeId> qualified(uint32_t unit, const TypeExpr& expr) {
    const Symbol* module = context_.find(unit, expr.qualifier.text);
    if (module && module->kind == SymbolKind::Unavailable) return std::nullopt;
    if (!module || module->kind != SymbolKind::Module) {
      context_.diagnostics.report(
          UnknownModule{.name = std::string(expr.qualifier.text),
                        .hint = context_.hint(expr.qualifier.text, context_.names(unit, true))},
          expr.qualifier.span);
      return std::nullopt;
    }
    Symbol* symbol = context_.find(module->unit, expr.name.text);
    if (!symbol) return unknown(expr, type_names(module->unit, false));
    if (expr.name.text.starts_with('_')) {
      context_.diagnostics.report(PrivateName{.name = std::string(expr.name.text)}, expr.name.span)
          .note(symbol->span, "it is declared here");
      return std::nullopt;
    }
    return of_symbol(*symbol, expr);
  }

  std::optional<TypeId> of_symbol(Symbol& symbol, const TypeExpr& expr) {
    if (symbol.is_type()) {
      if (declared(symbol, expr.name.span)) return symbol.type;
      return std::nullopt;
    }
    if (symbol.kind == SymbolKind::Unavailable) return std::nullopt;
    context_.diagnostics
        .report(WrongKind{.name = std::string(symbol.name),
                          .kind = std::string(describe(symbol.kind)),
                          .hint = ", not a type"},
                expr.name.span)
        .note(symbol.span, "it is declared here");
    return std::nullopt;
  }

  std::optional<TypeId> unknown(const TypeExpr& expr, const std::vector<std::string_view>& candidates) {
    const std::string_view best = closest(context_.diagnostics, expr.name.text, candidates);
    auto report = context_.diagnostics.report(
        UnknownType{.name = std::string(expr.name.text),
                    .hint = best.empty() ? "" : "; did you mean `" + std::string(best) + "`?"},
        expr.name.span);
    if (!best.empty()) report.fix(expr.name.span, std::string(best), "write `" + std::string(best) + "`");
    return std::nullopt;
  }

  std::vector<std::string_view> type_names(uint32_t unit, bool own) {
    std::vector<std::string_view> names;
    if (own) names = {"string", "bool", "int", "float", "duration", "money"};
    for (std::string_view name : context_.names(unit, own)) {
      if (context_.find(unit, name)->is_type()) names.push_back(name);
    }
    return names;
  }

  /// `T?`, `T[]` and `map<T>`, any number of them around each other, without recursion.
  std::optional<TypeId> structural(uint32_t unit, const TypeExpr& expr) {
    std::vector<TypeExprKind> wrappers;
    const TypeExpr* inner = &expr;
    while (inner->kind == TypeExprKind::Optional || inner->kind == TypeExprKind::List ||
           inner->kind == TypeExprKind::Map) {
      wrappers.push_back(inner->kind);
      if (inner->members.empty()) return std::nullopt;
      inner = inner->members[0];
    }
    std::optional<TypeId> type = resolve(unit, *inner);
    if (!type) return std::nullopt;
    program::TypeTable& types = context_.module.types;
    for (auto kind = wrappers.rbegin(); kind != wrappers.rend(); ++kind) {
      type = *kind == TypeExprKind::Optional ? types.optional_of(*type)
             : *kind == TypeExprKind::List   ? types.list_of(*type)
                                             : types.map_of(*type);
      if (depth(*type) > kDepthLimit) return too_deep(expr.span), std::nullopt;
    }
    return type;
  }

  std::optional<TypeId> literals(uint32_t unit, const TypeExpr& expr) {
    std::vector<program::Literal> all;
    if (!add_literals(unit, expr, all) || all.empty()) return std::nullopt;
    return context_.module.types.literal_of(std::move(all));
  }

  bool add_literals(uint32_t unit, const TypeExpr& expr, std::vector<program::Literal>& all) {
    if (expr.kind == TypeExprKind::Literal) {
      const std::optional<program::Literal> literal = literal_of(*expr.literal);
      return literal && add_literal(*literal, expr.span, all);
    }
    if (expr.kind == TypeExprKind::Union) {
      bool good = true;
      for (const TypeExpr* member : expr.members) good = good && add_literals(unit, *member, all);
      return good;
    }
    const std::optional<TypeId> type = resolve(unit, expr);
    if (!type) return false;
    if (context_.type(*type).kind != TypeKind::Literal || context_.constrained.contains(type->index)) {
      context_.diagnostics.report(NotAvailable{.what = "a union of anything but literals"}, expr.span);
      return false;
    }
    const std::vector<program::Literal> inner = context_.type(*type).literals;
    return std::all_of(inner.begin(), inner.end(),
                       [&](const program::Literal& literal) { return add_literal(literal, expr.span, all); });
  }

  bool add_literal(const program::Literal& literal, Span span, std::vector<program::Literal>& all) {
    if (!all.empty() && !same_base(all.front(), literal)) {
      context_.diagnostics.report(NotAvailable{.what = "a union of literals of different types"}, span);
      return false;
    }
    all.push_back(literal);
    return true;
  }

  bool make_record(Symbol& symbol, const syntax::TypeDecl& declaration) {
    Slots slots;
    slots.unit = symbol.unit;
    program::Type type;
    type.kind = TypeKind::Record;
    type.name = symbol.name;
    type.doc = declaration.doc;
    std::unordered_map<std::string_view, Span> spoken;  // names and aliases: what models may write
    uint32_t deepest = 0;
    for (const syntax::FieldDecl& field : declaration.fields) {
      if (!field.name) continue;
      if (!claim(spoken, field.name.text, field.name.span)) continue;
      if (!field.alias.empty() && field.alias != field.name.text) claim(spoken, field.alias, field.span);
      const std::optional<TypeId> field_type =
          field.type ? resolve(symbol.unit, *field.type) : std::optional<TypeId>();
      Slot slot{field.name.text, field_type.value_or(TypeId{}), field.name.span, field.fallback};
      slot.broken = !field_type;
      slot.untrusted = field.type && says_untrusted(context_, symbol.unit, *field.type);
      if (field_type) deepest = std::max(deepest, depth(*field_type));
      slots.by_name.emplace(slot.name, static_cast<uint32_t>(slots.items.size()));
      slots.items.push_back(std::move(slot));
      type.fields.push_back({std::string(field.name.text), std::string(field.alias), std::string(field.doc),
                             field_type.value_or(context_.module.types.bool_type)});
    }
    if (deepest + 1 > kDepthLimit) return too_deep(symbol.span), false;
    symbol.type = context_.module.types.add(std::move(type));
    depths_[symbol.type.index] = deepest + 1;
    slots.type = symbol.type;
    for (const syntax::FieldDecl& field : declaration.fields) add_condition(symbol, slots, field);
    context_.module.types.layout_record(symbol.type);
    context_.records.emplace(symbol.type.index, std::move(slots));
    return true;  // a wrong field does not make every use of the record wrong
  }

  void add_condition(const Symbol& symbol, Slots& slots, const syntax::FieldDecl& field) {
    const auto place = slots.by_name.find(field.name.text);
    if (!field.where || place == slots.by_name.end()) return;
    Slot& slot = slots.items[place->second];
    if (slot.broken || slot.span != field.name.span) return;
    const uint32_t predicate = add_predicate(context_, symbol.unit, slot.type, *field.where);
    slot.predicates.push_back(predicate);
    context_.module.types[symbol.type].fields[place->second].constraints.push_back(
        {{predicate}, context_.module.predicates[predicate].text});
  }

  bool make_alias(Symbol& symbol, const syntax::TypeDecl& declaration) {
    const std::optional<TypeId> base = resolve(symbol.unit, *declaration.alias);
    if (!base) return false;
    if (!declaration.where) {
      symbol.type = *base;
      return true;
    }
    program::Type type = context_.type(*base);
    type.name = symbol.name;
    if (!declaration.doc.empty()) type.doc = declaration.doc;
    const uint32_t predicate = add_predicate(context_, symbol.unit, *base, *declaration.where);
    type.constraints.push_back({{predicate}, context_.module.predicates[predicate].text});
    const uint32_t base_depth = depth(*base);
    symbol.type = context_.module.types.add(std::move(type));
    depths_[symbol.type.index] = base_depth;
    context_.constrained.emplace(symbol.type.index, Constrained{*base, {predicate}});
    return true;
  }

  bool make_enum(Symbol& symbol, const syntax::EnumDecl& declaration) {
    program::Type type;
    type.kind = TypeKind::Enum;
    type.name = symbol.name;
    type.doc = declaration.doc;
    std::unordered_map<std::string_view, Span> spoken;
    std::unordered_map<std::string_view, uint32_t> cases;
    for (const syntax::EnumCaseDecl& item : declaration.cases) {
      if (!item.name || !claim(spoken, item.name.text, item.name.span)) continue;
      if (!item.alias.empty() && item.alias != item.name.text) claim(spoken, item.alias, item.span);
      cases.emplace(item.name.text, static_cast<uint32_t>(type.cases.size()));
      context_.case_owners.emplace(item.name.text, &symbol);
      type.cases.push_back(
          {std::string(item.name.text), std::string(item.alias), std::string(item.description)});
    }
    if (type.cases.empty()) {
      context_.diagnostics.report(EmptyType{.name = std::string(symbol.name), .what = "cases"}, symbol.span);
      return false;
    }
    symbol.type = context_.module.types.add(std::move(type));
    context_.cases.emplace(symbol.type.index, std::move(cases));
    return true;
  }

  bool claim(std::unordered_map<std::string_view, Span>& names, std::string_view name, Span span) {
    const auto [place, is_new] = names.try_emplace(name, span);
    if (!is_new) {
      context_.diagnostics.report(DuplicateName{.name = std::string(name)}, span)
          .note(place->second, "it is declared here first");
    }
    return is_new;
  }

  void recursive(Symbol& symbol, Span use) {
    std::string text;
    const auto begin = std::find(path_.begin(), path_.end(), &symbol);
    for (auto step = begin; step != path_.end(); ++step) text += std::string((*step)->name) + " -> ";
    text += symbol.name;
    context_.diagnostics.report(RecursiveType{.name = std::string(symbol.name), .path = text}, use)
        .note(symbol.span, "it is declared here");
  }

  void too_deep(Span span) {
    context_.diagnostics.report(TooDeep{.limit = std::to_string(kDepthLimit)}, span);
  }

  /// How many types lie in each other; of declared ones it is remembered.
  uint32_t depth(TypeId type) const {
    uint32_t result = 1;
    for (;;) {
      if (const auto known = depths_.find(type.index); known != depths_.end()) return result + known->second;
      const program::Type& inner = context_.type(type);
      const bool wraps =
          inner.kind == TypeKind::Optional || inner.kind == TypeKind::List || inner.kind == TypeKind::Map;
      if (!wraps) return result;
      ++result;
      type = inner.element;
    }
  }

  Context& context_;
  std::vector<Symbol*> path_;  // declarations on the way, outermost first
  std::unordered_map<uint32_t, uint32_t> depths_;
};

}  // namespace

void resolve_types(Context& context) {
  TypeResolver resolver(context);
  for (Symbol& symbol : context.symbols) {
    if (symbol.is_type()) (void)resolver.declared(symbol, symbol.span);
  }
}

std::optional<TypeId> resolve_type(Context& context, uint32_t unit, const syntax::TypeExpr& expr) {
  return TypeResolver(context).resolve(unit, expr);
}

uint32_t add_predicate(Context& context, uint32_t unit, TypeId subject, const syntax::Expr& condition) {
  const auto index = static_cast<uint32_t>(context.module.predicates.size());
  context.module.predicates.push_back({subject, {}, std::string(context.sources.text(condition.span))});
  context.predicates.push_back({index, &condition, unit});
  return index;
}

}  // namespace chain::sema
