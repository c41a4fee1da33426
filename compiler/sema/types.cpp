// Declared types, and what type expressions mean.
#include <algorithm>
#include <map>
#include <set>

#include "compiler/sema/context.h"
#include "compiler/sema/literals.h"
#include "compiler/sema/recursion.h"
#include "compiler/sema/unions.h"

namespace chain::sema {

namespace {

using program::TypeKind;
using syntax::TypeExpr;
using syntax::TypeExprKind;

/// False, and a report, if `name` is taken.
bool claim(Context& context, std::unordered_map<std::string_view, Span>& names, std::string_view name,
           Span span) {
  const auto [place, is_new] = names.try_emplace(name, span);
  if (!is_new) {
    context.diagnostics.report(DuplicateName{.name = std::string(name)}, span)
        .note(place->second, "it is declared here first");
  }
  return is_new;
}

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
      case TypeExprKind::Union: return alternatives(unit, expr);
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
    if (path_.size() >= kTypeDepthLimit) return too_deep(use), false;
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
      case SymbolKind::Record: return begin_record(symbol), true;
      case SymbolKind::Alias: return make_alias(symbol, symbol.declaration->as<syntax::TypeDecl>());
      default: return make_enum(symbol, symbol.declaration->as<syntax::EnumDecl>());
    }
  }

  std::optional<TypeId> named(uint32_t unit, const TypeExpr& expr) {
    if (expr.qualifier) return qualified(unit, expr);
    if (Symbol* symbol = context_.find(unit, expr.name.text)) return of_symbol(*symbol, expr);
    const std::string_view name = expr.name.text;
    if (const std::optional<TypeId> basic = context_.module.types.basic(name)) return basic;
    if (name == "map") {
      context_.diagnostics
          .report(CannotInfer{.what = "the map's values", .hint = "write `map<string>`"}, expr.span)
          .fix(expr.span, "map<string>", "a map of strings");
      return std::nullopt;
    }
    if (const std::optional<TypeId> built = built_type(context_, name)) return built;
    return unknown(expr, type_names(unit, true));
  }

  std::optional<TypeId> qualified(uint32_t unit, const TypeExpr& expr) {
    const Symbol* symbol_named = context_.find(unit, expr.qualifier.text);
    if (symbol_named && symbol_named->kind == SymbolKind::Unavailable) return std::nullopt;
    if (symbol_named && symbol_named->kind == SymbolKind::Resource) return of_server(*symbol_named, expr);
    const std::optional<uint32_t> module = context_.module_at(unit, expr.qualifier.text);
    if (!module) {
      context_.diagnostics.report(
          UnknownModule{.name = std::string(expr.qualifier.text),
                        .hint = context_.hint(expr.qualifier.text, context_.names(unit, true))},
          expr.qualifier.span);
      return std::nullopt;
    }
    Symbol* symbol = context_.find(*module, expr.name.text);
    if (!symbol) return unknown(expr, type_names(*module, false));
    if (expr.name.text.starts_with('_')) {
      context_.diagnostics.report(PrivateName{.name = std::string(expr.name.text)}, expr.name.span)
          .note(symbol->span, "it is declared here");
      return std::nullopt;
    }
    return of_symbol(*symbol, expr);
  }

  /// `shop.FindOrderResult`: a type out of the schemas of a server.
  std::optional<TypeId> of_server(const Symbol& server, const TypeExpr& expr) {
    std::vector<std::string_view> names;
    for (const uint32_t unit : schema_units(context_, server)) {
      Symbol* symbol = context_.find(unit, expr.name.text);
      if (symbol && symbol->is_type()) return of_symbol(*symbol, expr);
      const std::vector<std::string_view> more = type_names(unit, false);
      names.insert(names.end(), more.begin(), more.end());
    }
    return unknown(expr, names);
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
    if (own) names = {"string", "bool", "int", "float", "duration", "money", "time", "date", "bytes", "json"};
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
      if (!within_limits(*type, expr.span)) return std::nullopt;
    }
    return type;
  }

  /// What stands in a union: literals of one base count as one member.
  struct Alternatives {
    struct Member {
      TypeId type;
      std::vector<program::Literal> literals;  // of a literal type that is not made yet
    };
    std::vector<Member> members;
    bool optional = false;
    // What stands in it already: the same types come again and again where unions are made of unions.
    std::set<TypeId> types;
    std::set<program::Literal> literals;
  };

  /// `"a" | "b"`, `Refund | Question`, `int | string?`. A union within it is its members, an optional member
  /// makes the whole optional, and literals of one base are one type.
  std::optional<TypeId> alternatives(uint32_t unit, const TypeExpr& expr) {
    Alternatives all;
    if (!add_alternative(unit, expr, all) || all.members.empty()) return std::nullopt;
    program::TypeTable& types = context_.module.types;
    std::vector<TypeId> members;
    for (Alternatives::Member& member : all.members) {
      members.push_back(member.literals.empty() ? member.type : types.literal_of(std::move(member.literals)));
    }
    TypeId result = members.front();
    if (members.size() > 1) {
      result = types.union_of(std::move(members));
      if (!within_limits(result, expr.span)) return std::nullopt;
      check_members(context_, result, expr.span);
    }
    if (all.optional) result = types.optional_of(result);
    if (!within_limits(result, expr.span)) return std::nullopt;
    return result;
  }

  bool add_alternative(uint32_t unit, const TypeExpr& expr, Alternatives& all) {
    if (expr.kind == TypeExprKind::Literal) {
      const std::optional<program::Literal> literal = literal_of(*expr.literal);
      if (literal) {
        add_literal(*literal, all);
      } else if (expr.literal->kind == syntax::ExprKind::String) {
        context_.diagnostics.report(BadTag{.message = "a literal type is plain text and holds no template"},
                                    expr.literal->span);
      }
      return literal.has_value();
    }
    if (expr.kind != TypeExprKind::Union) {
      const std::optional<TypeId> type = resolve(unit, expr);
      if (type) add_type(*type, all);
      return type.has_value();
    }
    bool good = true;
    for (const TypeExpr* member : expr.members) good = add_alternative(unit, *member, all) && good;
    return good;
  }

  static void add_literal(const program::Literal& literal, Alternatives& all) {
    if (!all.literals.insert(literal).second) return;
    for (Alternatives::Member& member : all.members) {
      if (member.literals.empty() || !same_base(member.literals.front(), literal)) continue;
      member.literals.push_back(literal);
      return;
    }
    all.members.push_back({{}, {literal}});
  }

  void add_type(TypeId id, Alternatives& all) {
    if (!all.types.insert(id).second) return;
    const program::Type& type = context_.type(id);
    const bool constrained = context_.constrained.contains(id.index);
    if (type.kind == TypeKind::Optional && !constrained) {
      all.optional = true;
      return add_type(type.element, all);
    }
    if (type.kind == TypeKind::Union && !constrained) {
      for (TypeId member : type.members) add_type(member, all);
      return;
    }
    if (type.kind == TypeKind::Literal && !constrained) {
      for (const program::Literal& literal : type.literals) add_literal(literal, all);
      return;
    }
    all.members.push_back({id, {}});
  }

  /// Records reach each other and themselves, so all have their types before any has its fields.
  void begin_record(Symbol& symbol) {
    program::Type type;
    type.kind = TypeKind::Record;
    type.name = symbol.name;
    type.doc = symbol.declaration->doc;
    symbol.type = context_.module.types.add(std::move(type));
  }

  bool make_alias(Symbol& symbol, const syntax::TypeDecl& declaration) {
    const std::optional<TypeId> base = resolve(symbol.unit, *declaration.alias);
    if (!base) return false;
    if (!declaration.where) {
      symbol.type = *base;
      context_.module.aliases.push_back({std::string(symbol.name), *base});
      return true;
    }
    program::Type type = context_.type(*base);
    type.name = symbol.name;
    if (!declaration.doc.empty()) type.doc = declaration.doc;
    const uint32_t predicate = add_predicate(context_, symbol.unit, *base, *declaration.where);
    type.constraints.push_back({{predicate}, context_.module.predicates[predicate].text});
    symbol.type = context_.module.types.add(std::move(type));
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
      if (!item.name || !claim(context_, spoken, item.name.text, item.name.span)) continue;
      if (!item.alias.empty() && item.alias != item.name.text) claim(context_, spoken, item.alias, item.span);
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

  void recursive(Symbol& symbol, Span use) {
    std::string text;
    const auto begin = std::find(path_.begin(), path_.end(), &symbol);
    for (auto step = begin; step != path_.end(); ++step) text += std::string((*step)->name) + " -> ";
    text += symbol.name;
    context_.diagnostics
        .report(RecursiveType{.name = std::string(symbol.name),
                              .why = "is another name for itself",
                              .path = text,
                              .hint = "only a record can hold its own type"},
                use)
        .note(symbol.span, "it is declared here");
  }

  void too_deep(Span span) {
    context_.diagnostics.report(TooDeep{.limit = std::to_string(kTypeDepthLimit)}, span);
  }

  /// What a type is made of, written out to the names of records and enums.
  struct Extent {
    uint32_t depth = 1;  // how many structural types lie in each other
    uint32_t parts = 1;  // how many there are, up to one more than the limit
  };

  /// Declared types are looked at once all are known.
  bool within_limits(TypeId type, Span span) {
    const Extent found = extent(type);
    if (found.depth > kTypeDepthLimit) return too_deep(span), false;
    if (found.parts <= kTypePartsLimit) return true;
    context_.diagnostics.report(TypeTooLarge{.limit = std::to_string(kTypePartsLimit)}, span);
    return false;
  }

  Extent extent(TypeId type) {
    if (const auto known = extents_.find(type); known != extents_.end()) return known->second;
    const program::Type& outer = context_.type(type);
    const bool wraps =
        outer.kind == TypeKind::Optional || outer.kind == TypeKind::List || outer.kind == TypeKind::Map;
    Extent found;
    const auto holds = [&](TypeId part) {
      const Extent inner = extent(part);
      found.depth = std::max(found.depth, 1 + inner.depth);
      found.parts = std::min(found.parts + inner.parts, kTypePartsLimit + 1);
    };
    if (wraps) holds(outer.element);
    for (TypeId member : outer.members) holds(member);
    return extents_[type] = found;
  }

  Context& context_;
  std::vector<Symbol*> path_;  // declarations on the way, outermost first
  std::map<TypeId, Extent> extents_;
};

/// Fields of one record, and what they and their aliases are called: all that models may write.
class RecordMaker {
 public:
  RecordMaker(Context& context, TypeResolver& resolver, Symbol& symbol)
      : context_(context), resolver_(resolver), symbol_(symbol) {
    slots_.unit = symbol.unit;
    slots_.type = symbol.type;
  }

  /// A wrong field does not make every use of the record wrong.
  void make() {
    const auto& declaration = symbol_.declaration->as<syntax::TypeDecl>();
    for (const syntax::FieldDecl& field : declaration.fields) add(field);
    context_.module.types[symbol_.type].fields = std::move(fields_);
    for (const syntax::FieldDecl& field : declaration.fields) add_condition(field);
    context_.module.types.layout_record(symbol_.type);
    context_.records.emplace(symbol_.type.index, std::move(slots_));
  }

 private:
  void add(const syntax::FieldDecl& field) {
    if (!field.name || !claim(context_, spoken_, field.name.text, field.name.span)) return;
    if (!field.alias.empty() && field.alias != field.name.text)
      claim(context_, spoken_, field.alias, field.span);
    std::optional<TypeId> type;
    if (field.type) type = resolver_.resolve(symbol_.unit, *field.type);
    Slot slot{field.name.text, type.value_or(TypeId{}), field.name.span, field.fallback};
    slot.broken = !type;
    slot.untrusted = field.type && (says_untrusted(context_, symbol_.unit, *field.type) ||
                                    (type && holds_media(context_, *type)));
    slots_.by_name.emplace(slot.name, static_cast<uint32_t>(slots_.items.size()));
    slots_.items.push_back(std::move(slot));
    fields_.push_back({std::string(field.name.text), std::string(field.alias), std::string(field.doc),
                       type.value_or(context_.module.types.bool_type)});
  }

  void add_condition(const syntax::FieldDecl& field) {
    const auto place = slots_.by_name.find(field.name.text);
    if (!field.where || place == slots_.by_name.end()) return;
    Slot& slot = slots_.items[place->second];
    if (slot.broken || slot.span != field.name.span) return;
    const uint32_t predicate = add_predicate(context_, symbol_.unit, slot.type, *field.where);
    slot.predicates.push_back(predicate);
    context_.module.types[symbol_.type].fields[place->second].constraints.push_back(
        {{predicate}, context_.module.predicates[predicate].text});
  }

  Context& context_;
  TypeResolver& resolver_;
  Symbol& symbol_;
  Slots slots_;
  std::vector<program::Field> fields_;
  std::unordered_map<std::string_view, Span> spoken_;
};

}  // namespace

void finish_constrained(Context& context) {
  program::TypeTable& types = context.module.types;
  for (uint32_t type = 0; type < types.types.size(); ++type) {
    const auto found = context.constrained.find(type);
    if (found == context.constrained.end()) continue;
    types[{type}].fields = types[found->second.base].fields;
    types[{type}].record_size = types[found->second.base].record_size;
  }
}

void resolve_types(Context& context) {
  TypeResolver resolver(context);
  for (Symbol& symbol : context.symbols) {
    if (symbol.is_type()) (void)resolver.declared(symbol, symbol.span);
  }
  for (Symbol& symbol : context.symbols) {
    if (symbol.kind == SymbolKind::Record) RecordMaker(context, resolver, symbol).make();
  }
  finish_constrained(context);
  check_recursion(context);
  check_declared_unions(context);
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
