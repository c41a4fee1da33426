// Unions: into which member a value goes, and what can be said of a value whose member is not known.
#include <algorithm>

#include "compiler/sema/body.h"
#include "compiler/sema/literals.h"

namespace chain::sema {

using program::TypeKind;

/// The members of an expected union, else the expected type alone; opened, and without conditions.
std::vector<TypeId> BodyChecker::expected_types(Expected expected) const {
  if (!expected) return {};
  TypeId id = context_.unconstrained(*expected);
  if (type(id).kind == TypeKind::Optional) id = context_.unconstrained(type(id).element);
  if (type(id).kind != TypeKind::Union) return {id};
  std::vector<TypeId> members;
  for (TypeId member : type(id).members) members.push_back(context_.unconstrained(member));
  return members;
}

/// The expected literal type that has `literal`, or one that it should be of; nothing where any value of its
/// base will do.
std::optional<TypeId> BodyChecker::expected_literals(Expected expected, const program::Literal& literal,
                                                     TypeId base) const {
  std::optional<TypeId> like;
  bool any = false;
  for (TypeId id : expected_types(expected)) {
    any = any || id == base;
    if (type(id).kind != TypeKind::Literal || !same_base(type(id).literals.front(), literal)) continue;
    if (std::ranges::find(type(id).literals, literal) != type(id).literals.end()) return id;
    like = id;
  }
  return any ? std::nullopt : like;
}

/// The expected enum that has a case called `name`.
std::optional<TypeId> BodyChecker::expected_enum(Expected expected, std::string_view name) const {
  for (TypeId id : expected_types(expected)) {
    const auto cases = context_.cases.find(id.index);
    if (cases != context_.cases.end() && cases->second.contains(name)) return id;
  }
  return std::nullopt;
}

/// The member of union `whole` that values of `from` become: its own type before one that it converts to.
std::optional<uint32_t> BodyChecker::member_for(TypeId from, TypeId whole) const {
  const std::vector<TypeId>& members = type(whole).members;
  const auto first = [&](auto&& fits) {
    const auto found = std::ranges::find_if(members, fits);
    return found == members.end() ? std::optional<uint32_t>()
                                  : std::optional(static_cast<uint32_t>(found - members.begin()));
  };
  if (const auto own = first([&](TypeId member) { return member == from; })) return own;
  if (const auto alike = first([&](TypeId member) { return retypes(from, member); })) return alike;
  return first([&](TypeId member) { return converts(from, member); });
}

bool BodyChecker::converts_to_union(TypeId from, TypeId whole) const {
  const TypeId source = context_.unconstrained(from);
  if (source == whole) return true;
  if (type(source).kind != TypeKind::Union || member_for(from, whole))
    return member_for(from, whole).has_value();
  return std::ranges::all_of(type(source).members,
                             [&](TypeId member) { return member_for(member, whole).has_value(); });
}

Value BodyChecker::to_union(Value value, TypeId whole, Span span) {
  if (const auto place = member_for(value.type, whole)) {
    const Value member = convert(value, type(whole).members[*place], span);
    return member.good() ? make(Op::Variant, whole, span, {.operands = {member.node}, .index = *place})
                         : member;
  }
  // A narrower union: each of its members goes to its own place.
  const Value source = unconstrained(value, span);
  return switch_over_members(source, whole, span,
                             [&](Value member, uint32_t) { return to_union(member, whole, span); });
}

/// A switch over the members of `whole` that gives a `result`, made by `arm` of each.
Value BodyChecker::switch_over_members(Value whole, TypeId result, Span span,
                                       const std::function<Value(Value, uint32_t)>& arm) {
  const Value which = make(Op::Which, types().int_type, span, {.operands = {whole.node}});
  NodeParts parts{.operands = {which.node}};
  std::vector<std::vector<int64_t>> cases;
  const std::vector<TypeId> members = type(whole.type).members;
  for (uint32_t i = 0; i < members.size(); ++i) {
    const Branch one = branch(span, [&] {
      return arm(make(Op::Narrow, members[i], span, {.operands = {whole.node}, .index = i}), i);
    });
    if (!one.value.good()) return one.value;
    emit_.set_result(one.region, one.value.node);
    parts.regions.push_back(one.region);
    cases.push_back({i});
  }
  cases.back().clear();  // ints have no last value, so the last member is the default
  const Value chosen = make(Op::Switch, result, span, std::move(parts));
  emit_.module()[chosen.node].cases = std::move(cases);
  return chosen;
}

/// The type of field `name` in every member of a union, if all are records that have it.
std::optional<TypeId> BodyChecker::shared_field(TypeId whole, std::string_view name) {
  std::optional<TypeId> shared;
  for (TypeId member : std::vector<TypeId>(type(whole).members)) {
    const auto slots = context_.records.find(context_.unconstrained(member).index);
    if (slots == context_.records.end()) return std::nullopt;
    const auto place = slots->second.by_name.find(name);
    if (place == slots->second.by_name.end()) return std::nullopt;
    const Slot& slot = slots->second.items[place->second];
    if (slot.broken) return std::nullopt;
    shared = shared ? common(*shared, slot.type) : slot.type;
    if (!shared) return std::nullopt;
  }
  return shared;
}

/// `x.f` where `x` is a union: a field that all of its members have.
Value BodyChecker::union_field(Value whole, const syntax::Name& name, Span object_span) {
  const std::optional<TypeId> shared = shared_field(whole.type, name.text);
  if (shared) {
    return switch_over_members(whole, *shared, name.span, [&](Value member, uint32_t) {
      return convert(field(member, name, object_span), *shared, name.span);
    });
  }
  context_.diagnostics.report(
      UnknownField{shown(whole.type), std::string(name.text),
                   " that all of its members share; see which one it is with `match`"},
      name.span);
  return poison();
}

}  // namespace chain::sema
