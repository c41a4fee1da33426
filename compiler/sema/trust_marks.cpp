// Which types are closed, and where `untrusted` stands.
#include <algorithm>
#include <set>

#include "compiler/sema/trust.h"

namespace chain::sema {

namespace {

/// The alias that `expr` names, or null.
const Symbol* named_alias(Context& context, uint32_t unit, const syntax::TypeExpr& expr) {
  if (expr.qualifier) {
    const std::optional<uint32_t> module = context.module_at(unit, expr.qualifier.text);
    if (!module) return nullptr;
    unit = *module;
  }
  const Symbol* symbol = context.find(unit, expr.name.text);
  return symbol && symbol->kind == SymbolKind::Alias ? symbol : nullptr;
}

}  // namespace

bool says_untrusted(Context& context, uint32_t unit, const syntax::TypeExpr& expr) {
  // Aliases name each other over and over, in long rows: each is looked at once, and none from within
  // another.
  std::set<const Symbol*> seen;
  std::vector<std::pair<uint32_t, const syntax::TypeExpr*>> left = {{unit, &expr}};
  while (!left.empty()) {
    const auto [where, part] = left.back();
    left.pop_back();
    if (part->kind == syntax::TypeExprKind::Untrusted) return true;
    for (const syntax::TypeExpr* member : part->members) left.emplace_back(where, member);
    if (part->kind != syntax::TypeExprKind::Named) continue;
    const Symbol* alias = named_alias(context, where, *part);
    if (!alias || !seen.insert(alias).second) continue;
    left.emplace_back(alias->unit, alias->declaration->as<syntax::TypeDecl>().alias);
  }
  return false;
}

namespace {

/// Whether media lie in a value of `id`, in fields of records too if `in_fields`. Each type is looked at
/// once.
bool reaches(const Context& context, TypeId id, bool in_fields, std::set<uint32_t>& seen) {
  if (!seen.insert(id.index).second) return false;
  const program::Type& type = context.type(context.unconstrained(id));
  switch (type.kind) {
    case program::TypeKind::Media: return true;
    case program::TypeKind::Optional:
    case program::TypeKind::List:
    case program::TypeKind::Map: return reaches(context, type.element, in_fields, seen);
    case program::TypeKind::Union:
      return std::any_of(type.members.begin(), type.members.end(),
                         [&](TypeId member) { return reaches(context, member, in_fields, seen); });
    case program::TypeKind::Record:
      return in_fields && std::any_of(type.fields.begin(), type.fields.end(), [&](const auto& field) {
               return reaches(context, field.type, in_fields, seen);
             });
    default: return false;
  }
}

}  // namespace

bool holds_media(const Context& context, TypeId type) {
  std::set<uint32_t> seen;
  return reaches(context, type, /*in_fields=*/false, seen);  // the fields of a record say it themselves
}

bool reaches_media(const Context& context, TypeId type) {
  std::set<uint32_t> seen;
  return reaches(context, type, /*in_fields=*/true, seen);
}

namespace trust {

namespace {

using program::TypeKind;
using syntax::BinaryOp;
using syntax::Expr;
using syntax::ExprKind;

constexpr uint8_t kLower = 1, kUpper = 2;

bool is_it(const Expr& expr) {
  return expr.kind == ExprKind::Name && expr.as<syntax::NameExpr>().text == "it";
}

/// Whether the value of an expression is the same for every `it`: a number, a constant, or what is computed
/// of these. No call is, so that nobody has to know what it does.
bool is_fixed(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::Int:
    case ExprKind::Float:
    case ExprKind::Duration:
    case ExprKind::Money: return true;
    case ExprKind::Name: return !is_it(expr);
    case ExprKind::Member: return is_fixed(*expr.as<syntax::MemberExpr>().object);
    case ExprKind::Unary: return is_fixed(*expr.as<syntax::UnaryExpr>().operand);
    case ExprKind::Binary:
      return is_fixed(*expr.as<syntax::BinaryExpr>().left) && is_fixed(*expr.as<syntax::BinaryExpr>().right);
    case ExprKind::List: {
      const auto items = expr.as<syntax::ListExpr>().items;
      return std::all_of(items.begin(), items.end(), [](const Expr* item) { return is_fixed(*item); });
    }
    default: return false;
  }
}

/// Which bounds a condition on `it` gives.
uint8_t bounds_of(const Expr& expr) {
  if (expr.kind != ExprKind::Binary) return 0;
  const auto& binary = expr.as<syntax::BinaryExpr>();
  if (binary.op == BinaryOp::And) return bounds_of(*binary.left) | bounds_of(*binary.right);
  const bool left = is_it(*binary.left);
  if (left == is_it(*binary.right) || !is_fixed(left ? *binary.right : *binary.left)) return 0;
  switch (binary.op) {
    case BinaryOp::Less:
    case BinaryOp::LessEqual: return left ? kUpper : kLower;
    case BinaryOp::Greater:
    case BinaryOp::GreaterEqual: return left ? kLower : kUpper;
    case BinaryOp::Equal: return kLower | kUpper;
    case BinaryOp::In: return left ? kLower | kUpper : 0;
    default: return 0;
  }
}

std::vector<uint32_t> indexes(const std::vector<program::Constraint>& constraints) {
  std::vector<uint32_t> result;
  for (const program::Constraint& constraint : constraints) result.push_back(constraint.predicate.index);
  return result;
}

}  // namespace

Marks::Marks(const Context& context, bool choices) : context_(context), choices_(choices) {
  for (const PendingPredicate& pending : context.predicates) {
    bounds_[pending.index] = pending.condition ? bounds_of(*pending.condition) : 0;
  }
}

bool Marks::both_bounds(const std::vector<uint32_t>& predicates) const {
  uint8_t bounds = 0;
  for (const uint32_t predicate : predicates) {
    if (const auto known = bounds_.find(predicate); known != bounds_.end()) bounds |= known->second;
  }
  return bounds == (kLower | kUpper);
}

bool Marks::closed(TypeId id, const std::vector<uint32_t>& predicates) const {
  const program::Type& type = context_.type(id);
  if (choices_) return type.kind == TypeKind::Void;
  switch (type.kind) {
    case TypeKind::Void:
    case TypeKind::Bool:
    case TypeKind::Enum:
    case TypeKind::Literal: return true;
    case TypeKind::Int:
    case TypeKind::Float: return both_bounds(predicates) || both_bounds(indexes(type.constraints));
    case TypeKind::Optional: return closed(type.element, predicates);
    case TypeKind::List: return closed(type.element, {});
    case TypeKind::Union:
      return std::all_of(type.members.begin(), type.members.end(),
                         [&](TypeId member) { return closed(member, {}); });
    case TypeKind::Record: return closed_record(id);
    default: return false;
  }
}

/// Records are looked at once. One that can hold itself is not closed: it goes on for ever.
bool Marks::closed_record(TypeId id) const {
  const auto [known, fresh] = closed_records_.try_emplace(id.index, false);
  if (!fresh) return known->second;
  const std::vector<program::Field>& fields = context_.type(id).fields;
  const bool result = std::all_of(fields.begin(), fields.end(), [&](const program::Field& field) {
    return closed(field.type, indexes(field.constraints));
  });
  return closed_records_[id.index] = result;
}

bool Marks::closed_field(TypeId record, uint32_t field) const {
  const program::Field& declared = context_.type(record).fields[field];
  return closed(declared.type, indexes(declared.constraints));
}

bool Marks::closed_parameter(const Slot& slot) const {
  return closed(slot.type, slot.predicates);
}

const Slot* Marks::marked(TypeId record, uint32_t field) const {
  const auto slots = context_.records.find(context_.unconstrained(record).index);
  if (slots == context_.records.end() || field >= slots->second.items.size()) return nullptr;
  const Slot& slot = slots->second.items[field];
  return slot.untrusted && !closed_field(record, field) ? &slot : nullptr;
}

const Slot* Marks::first_mark(TypeId type) const {
  std::vector<uint32_t> seen;
  return first_mark(type, seen);
}

const Slot* Marks::first_mark(TypeId id, std::vector<uint32_t>& seen) const {
  if (std::find(seen.begin(), seen.end(), id.index) != seen.end()) return nullptr;
  seen.push_back(id.index);
  const program::Type& type = context_.type(id);
  switch (type.kind) {
    case TypeKind::Optional:
    case TypeKind::List:
    case TypeKind::Map: return first_mark(type.element, seen);
    case TypeKind::Union:
      for (TypeId member : type.members) {
        if (const Slot* mark = first_mark(member, seen)) return mark;
      }
      return nullptr;
    case TypeKind::Record:
      for (uint32_t i = 0; i < type.fields.size(); ++i) {
        if (const Slot* mark = marked(id, i)) return mark;
        if (const Slot* mark = first_mark(type.fields[i].type, seen)) return mark;
      }
      return nullptr;
    default: return nullptr;
  }
}

}  // namespace trust

}  // namespace chain::sema
