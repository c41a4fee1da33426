// Literals, lists, members and elements.
#include <algorithm>

#include "compiler/sema/body.h"
#include "compiler/sema/literals.h"
#include "runtime/library/library.h"
#include "runtime/program/schema.h"

namespace chain::sema {

using program::TypeKind;
using syntax::Expr;
using syntax::ExprKind;

/// The expected type of that kind: itself, opened, or the first such member of a union.
std::optional<TypeId> BodyChecker::hinted(Expected expected, TypeKind kind) const {
  for (TypeId id : expected_types(expected)) {
    if (type(id).kind == kind) return id;
  }
  return std::nullopt;
}

Value BodyChecker::string(const syntax::StringExpr& expr, Expected expected) {
  if (std::optional<std::string> text = plain_text(expr)) {
    return literal(expr, *std::move(text), types().string_type, expected);
  }
  return text(*expr.content, expr.span);
}

/// A literal is of its base type, or of the literal type that is expected.
Value BodyChecker::literal(const Expr& expr, program::Literal literal, TypeId base, Expected expected) {
  auto as_constant = [](const program::Literal& item) {
    return std::visit([](const auto& inner) { return graph::Constant(inner); }, item);
  };
  const std::optional<TypeId> wanted = expected_literals(expected, literal, base);
  if (!wanted) return constant(base, expr.span, as_constant(literal));
  const std::vector<program::Literal>& all = type(*wanted).literals;
  if (std::find(all.begin(), all.end(), literal) != all.end()) {
    return constant(*wanted, expr.span, as_constant(literal));
  }
  std::vector<std::string> candidates;
  for (const program::Literal& item : all) {
    if (const auto* text = std::get_if<std::string>(&item)) candidates.push_back(*text);
  }
  const auto* text = std::get_if<std::string>(&literal);
  const std::string_view best = text ? closest(context_.diagnostics, *text, views(candidates)) : "";
  const std::string mended = quoted(program::Literal(std::string(best)));
  auto report =
      context_.diagnostics.report(NotOneOf{.value = quoted(literal),
                                           .type = shown(*wanted),
                                           .hint = best.empty() ? "" : "; did you mean " + mended + "?"},
                                  expr.span);
  if (!best.empty()) report.fix(expr.span, mended, "write " + mended);
  return poison();
}

Value BodyChecker::number(const Expr& expr, int64_t value, Expected expected) {
  if (hinted(expected, TypeKind::Float) && !hinted(expected, TypeKind::Int) &&
      !expected_literals(expected, value, types().int_type)) {
    return constant(types().float_type, expr.span, static_cast<double>(value));
  }
  return literal(expr, value, types().int_type, expected);
}

Value BodyChecker::none(const Expr& expr, Expected expected) {
  if (expected) {
    const TypeId id = context_.unconstrained(*expected);
    if (type(id).kind == TypeKind::Optional) return make(Op::None, id, expr.span);
    context_.diagnostics.report(TypeMismatch{.expected = shown(*expected), .found = "none"}, expr.span);
    return poison();
  }
  context_.diagnostics.report(CannotInfer{.what = "`none`", .hint = "say it: `let x: string? = none`"},
                              expr.span);
  return poison();
}

Value BodyChecker::list(const syntax::ListExpr& expr, Expected expected) {
  const std::optional<TypeId> wanted_list = hinted(expected, TypeKind::List);
  std::optional<TypeId> element = wanted_list ? std::optional(type(*wanted_list).element) : std::nullopt;
  if (expr.items.empty()) {
    if (element) return make(Op::List, types().list_of(*element), expr.span);
    context_.diagnostics.report(
        CannotInfer{.what = "an empty list", .hint = "say it: `let xs: string[] = []`"}, expr.span);
    return poison();
  }
  std::vector<Value> items;
  bool good_items = true;
  std::optional<TypeId> joined = element;
  for (const Expr* item : expr.items) {
    Value value = element ? value_as(*item, *element) : wanted(this->value(*item, joined), item->span);
    good_items = good_items && value.good();
    items.push_back(value);
    if (element || !value.good()) continue;
    const std::optional<TypeId> both = joined ? common(*joined, value.type) : value.type;
    if (!both) {
      mismatch(value, *joined, item->span);
      good_items = false;
      continue;
    }
    joined = both;
  }
  if (!good_items) return poison();
  NodeParts parts;
  for (size_t i = 0; i < items.size(); ++i) {
    parts.operands.push_back(convert(items[i], *joined, expr.items[i]->span).node);
  }
  return make(Op::List, types().list_of(*joined), expr.span, std::move(parts));
}

Value BodyChecker::member(const syntax::MemberExpr& expr, Expected expected) {
  if (!expr.member) return (void)value(*expr.object, expected), poison();
  if (const auto unit = module_named(*expr.object)) {
    Symbol* symbol = member_of(*unit, expr.member);
    return symbol ? symbol_value(*symbol, expr.span) : poison();
  }
  if (expr.object->kind == ExprKind::Name && !local(expr.object->as<syntax::NameExpr>().text)) {
    const std::string_view root = expr.object->as<syntax::NameExpr>().text;
    if (root == "output" && surroundings_.prompt) return output_member(expr);
    if (root == "loop" && !loops_.empty()) return loop_member(expr);
  }
  // `Urgency.high`, also of another module.
  Symbol* owner = nullptr;
  if (expr.object->kind == ExprKind::Name && !local(expr.object->as<syntax::NameExpr>().text)) {
    owner = context_.find(surroundings_.unit, expr.object->as<syntax::NameExpr>().text);
  } else if (expr.object->kind == ExprKind::Member) {
    const auto& inner = expr.object->as<syntax::MemberExpr>();
    if (const auto unit = module_named(*inner.object)) owner = context_.find(*unit, inner.member.text);
  }
  if (owner && owner->is_type()) {
    if (owner->progress != Progress::Done) return poison();
    const TypeId base = context_.unconstrained(owner->type);
    if (context_.cases.contains(base.index)) return enum_case(base, expr.member.text, expr.member.span);
  }
  Value object = wanted(value(*expr.object), expr.object->span);
  if (!object.good()) return object;
  if (const Value* known = narrowed(expr)) return *known;
  if (expr.optional) return optional_member(expr, object);
  return field(object, expr.member, expr.object->span);
}

bool BodyChecker::has_fields(TypeId id) const {
  const TypeKind kind = type(id).kind;
  return kind == TypeKind::Record || kind == TypeKind::Union || kind == TypeKind::Json;
}

Value BodyChecker::field(Value object, const syntax::Name& name, Span object_span) {
  object = unconstrained(object, object_span);
  const program::Type& record = type(object.type);
  if (record.kind == TypeKind::Optional && has_fields(context_.unconstrained(record.element))) {
    context_.diagnostics
        .report(MayBeNone{.type = shown(object.type), .hint = "write `?.`, or open it with `if` or `match`"},
                object_span)
        .fix({object_span.file, object_span.end, name.span.begin}, "?.", "write `?.`");
    return poison();
  }
  if (record.kind == TypeKind::Union) return union_field(object, name, object_span);
  if (record.kind == TypeKind::Json) {
    const Value key = constant(types().string_type, name.span, std::string(name.text));
    return json_part(object, key, name.span);
  }
  const auto slots = context_.records.find(object.type.index);
  if (slots == context_.records.end()) {
    std::string hint = library::overloads(name.text).empty()
                           ? ""
                           : "; a function is called: `." + std::string(name.text) + "()`";
    if (record.kind == TypeKind::Map) hint = "; an entry is written `[\"" + std::string(name.text) + "\"]`";
    context_.diagnostics.report(UnknownField{shown(object.type), std::string(name.text), hint}, name.span);
    return poison();
  }
  const auto place = slots->second.by_name.find(name.text);
  if (place == slots->second.by_name.end()) {
    const std::vector<std::string_view> names = context_.names(slots->second);
    const std::string_view best = closest(context_.diagnostics, name.text, names);
    std::string hint = best.empty() ? "; it has " + list_of_names({names.begin(), names.end()})
                                    : "; did you mean `" + std::string(best) + "`?";
    if (best.empty() && names.empty()) hint.clear();
    auto report = context_.diagnostics.report(UnknownField{shown(object.type), std::string(name.text), hint},
                                              name.span);
    if (!best.empty()) report.fix(name.span, std::string(best), "write `" + std::string(best) + "`");
    return poison();
  }
  const Slot& slot = slots->second.items[place->second];
  if (slot.broken) return poison();
  return make(Op::Field, slot.type, name.span, {.operands = {object.node}, .index = place->second});
}

/// `x?.f`: none if x is, else its field.
Value BodyChecker::optional_member(const syntax::MemberExpr& expr, Value object) {
  object = unconstrained(object, expr.object->span);
  if (type(object.type).kind != TypeKind::Optional) {
    context_.diagnostics.report(NeverNone{.op = "?.", .type = shown(object.type)}, expr.object->span)
        .fix({expr.span.file, expr.object->span.end, expr.member.span.begin}, ".", "write `.`");
    return poison();
  }
  return on_present(object, expr.span, expr.object->span,
                    [&](Value present) { return field(present, expr.member, expr.object->span); });
}

Value BodyChecker::output_member(const syntax::MemberExpr& expr) {
  const TypeId result = surroundings_.prompt->result;
  if (surroundings_.prompt->broken) return poison();
  mentions_format_ = true;
  const std::string_view name = expr.member.text;
  if (name == "format") return constant(types().string_type, expr.span, program::describe(types(), result));
  if (name == "schema")
    return constant(types().string_type, expr.span, program::json_schema(types(), result));
  context_.diagnostics.report(
      UnknownField{"output", std::string(name), context_.hint(name, {"format", "schema"})}, expr.member.span);
  return poison();
}

Value BodyChecker::index(const syntax::IndexExpr& expr) {
  const Value object = unconstrained(wanted(value(*expr.object), expr.object->span), expr.object->span);
  if (!object.good()) {
    (void)value(*expr.index);
    return object;
  }
  const TypeKind kind = type(object.type).kind;
  const TypeId element = type(object.type).element;
  if (kind == TypeKind::List) {
    const Value at = value_as(*expr.index, types().int_type);
    return at.good() ? make(Op::At, element, expr.span, {.operands = {object.node, at.node}}) : at;
  }
  if (kind == TypeKind::Map) {
    const Value key = value_as(*expr.index, types().string_type);
    if (!key.good()) return key;
    return make(Op::Lookup, types().optional_of(element), expr.span, {.operands = {object.node, key.node}});
  }
  if (kind == TypeKind::Json) {
    const Value key = plain(wanted(value(*expr.index), expr.index->span), expr.index->span);
    return key.good() ? json_part(object, key, expr.span) : key;
  }
  (void)value(*expr.index);
  std::string hint;
  if (kind == TypeKind::String) hint = "; a part of it is `.slice(start, end)`";
  if (kind == TypeKind::Optional) hint = ", as it may be none; open it with `if`, `??` or `match`";
  if (kind == TypeKind::Record) hint = "; a field is written `.name`";
  context_.diagnostics.report(NotIndexable{.type = shown(object.type), .hint = hint}, expr.object->span);
  return poison();
}

}  // namespace chain::sema
