#include "compiler/sema/unions.h"

#include <algorithm>
#include <set>

#include "compiler/sema/literals.h"

namespace chain::sema {

namespace {

using program::Field;
using program::Type;
using program::TypeKind;

/// What kinds of JSON values a type can be, as a set.
enum Shape : uint32_t { kNull = 1, kBool = 2, kNumber = 4, kString = 8, kList = 16, kObject = 32 };

/// Unions may lie in each other many times over, each under a name with a condition: each is looked at once.
uint32_t shapes(const Context& context, TypeId id, std::set<TypeId>& seen) {
  const Type& type = context.type(id);
  switch (context.module.types.base_kind(id)) {
    case TypeKind::Void: return kNull;
    case TypeKind::Bool: return kBool;
    case TypeKind::Int:
    case TypeKind::Float: return kNumber;
    case TypeKind::Record:
    case TypeKind::Media:
    case TypeKind::Map: return kObject;
    case TypeKind::List: return kList;
    case TypeKind::Json: return kNull | kBool | kNumber | kString | kList | kObject;
    case TypeKind::Optional: return kNull | shapes(context, type.element, seen);
    case TypeKind::Union: {
      uint32_t all = 0;
      if (!seen.insert(id).second) return all;
      for (TypeId member : type.members) all |= shapes(context, member, seen);
      return all;
    }
    default: return kString;
  }
}

uint32_t shapes(const Context& context, TypeId id) {
  std::set<TypeId> seen;
  return shapes(context, id, seen);
}

/// The values of a closed type as JSON writes them; none for other types.
std::set<std::string> closed_values(const Type& type) {
  std::set<std::string> values;
  for (const program::EnumCase& item : type.cases) {
    values.insert(quoted(program::Literal(item.name)));
    if (!item.alias.empty()) values.insert(quoted(program::Literal(item.alias)));
  }
  for (const program::Literal& literal : type.literals) values.insert(quoted(literal));
  return values;
}

bool is_closed(const Type& type) {
  return type.kind == TypeKind::Enum || type.kind == TypeKind::Literal;
}

std::optional<std::string> shared_value(const Type& a, const Type& b) {
  const std::set<std::string> first = closed_values(a);
  for (const std::string& value : closed_values(b)) {
    if (first.contains(value)) return value;
  }
  return std::nullopt;
}

bool spoken_alike(const Field& a, const Field& b) {
  const auto is = [](const Field& field, const std::string& name) {
    return !name.empty() && (field.name == name || field.alias == name);
  };
  return is(b, a.name) || is(b, a.alias);
}

const Field* counterpart(const Type& record, const Field& field) {
  const auto found =
      std::ranges::find_if(record.fields, [&](const Field& other) { return spoken_alike(field, other); });
  return found == record.fields.end() ? nullptr : &*found;
}

/// Whether no value of one can be one of the other.
bool disjoint(const Context& context, TypeId a, TypeId b) {
  a = context.unconstrained(a);
  b = context.unconstrained(b);
  if ((shapes(context, a) & shapes(context, b)) == 0) return true;
  return is_closed(context.type(a)) && is_closed(context.type(b)) &&
         !shared_value(context.type(a), context.type(b));
}

/// Whether record `a` has a field that tells it from record `b`: a literal field, or one that it needs, that
/// `b` lacks, or one whose values are others in `b`.
bool differs_from(const Context& context, TypeId a, TypeId b) {
  const std::vector<Field>& fields = context.type(a).fields;
  const Slots& slots = context.records.at(a.index);
  for (size_t i = 0; i < fields.size(); ++i) {
    if (const Field* other = counterpart(context.type(b), fields[i])) {
      if (disjoint(context, fields[i].type, other->type)) return true;
      continue;
    }
    const TypeKind kind = context.type(context.unconstrained(fields[i].type)).kind;
    if (kind == TypeKind::Literal || (kind != TypeKind::Optional && !slots.items[i].fallback)) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> alike(const Context& context, TypeId a, TypeId b) {
  const TypeId base_a = context.unconstrained(a);
  const TypeId base_b = context.unconstrained(b);
  const uint32_t shared = shapes(context, a) & shapes(context, b);
  if (shared == 0) return std::nullopt;
  const Type& first = context.type(base_a);
  const Type& second = context.type(base_b);
  if (first.kind == TypeKind::Json || second.kind == TypeKind::Json) return "`json` is every value";
  if (base_a == base_b) return "both are " + context.text(base_a);
  if (first.kind == TypeKind::Record && second.kind == TypeKind::Record) {
    if (differs_from(context, base_a, base_b) || differs_from(context, base_b, base_a)) return std::nullopt;
    return "neither has a required field that the other lacks; give both a literal field, such as `kind: \"" +
           first.name + "\"`";
  }
  if (first.kind == TypeKind::Union || second.kind == TypeKind::Union) {
    const TypeId whole = first.kind == TypeKind::Union ? base_a : base_b;
    for (TypeId member : context.type(whole).members) {
      auto why = whole == base_a ? alike(context, member, b) : alike(context, a, member);
      if (why) return why;
    }
    return std::nullopt;
  }
  if (first.kind == TypeKind::Media && second.kind == TypeKind::Media) return std::nullopt;
  if (shared & kObject) return "both are objects";
  if (shared & kList) return "both are lists";
  if (is_closed(first) && is_closed(second)) {
    const auto value = shared_value(first, second);
    return value ? std::optional("both can be " + *value) : std::nullopt;
  }
  const bool takes_all = first.kind == TypeKind::String ||
                         (is_closed(second) && first.kind == context.module.types.base_kind(base_b));
  if (!takes_all) return std::nullopt;
  return "every such value is `" + context.text(a) + "` as well; put `" + context.text(b) + "` first";
}

namespace {

void report_alike(Context& context, TypeId whole, Span span) {
  const std::vector<TypeId> members = context.type(whole).members;
  for (size_t i = 0; i < members.size(); ++i) {
    for (size_t j = i + 1; j < members.size(); ++j) {
      const auto why = alike(context, members[i], members[j]);
      if (!why) continue;
      context.diagnostics.report(
          AlikeMembers{.first = context.text(members[i]), .second = context.text(members[j]), .why = *why},
          span);
      return;
    }
  }
}

}  // namespace

void check_members(Context& context, TypeId whole, Span span) {
  if (context.types_known) return report_alike(context, whole, span);
  context.unions.emplace_back(whole, span);
}

void check_declared_unions(Context& context) {
  context.types_known = true;
  for (const auto& [whole, span] : context.unions) report_alike(context, whole, span);
}

}  // namespace chain::sema
