// From one type to another: int to float, T to T?, literal types to their base, and into constrained types.
#include <algorithm>

#include "compiler/sema/body.h"

namespace chain::sema {

using program::TypeKind;

/// Whether a value of `from` is one of `to` as it lies: literal and constrained types stand for their base,
/// also inside lists, maps and optionals.
bool BodyChecker::retypes(TypeId from, TypeId to) const {
  if (from == to) return true;
  if (const auto found = context_.constrained.find(from.index); found != context_.constrained.end()) {
    return retypes(found->second.base, to);
  }
  if (context_.constrained.contains(to.index)) return false;
  const program::Type& source = type(from);
  const program::Type& target = type(to);
  if (source.kind == TypeKind::Literal) {
    if (target.kind != TypeKind::Literal) return context_.plain(from) == to;
    for (const program::Literal& literal : source.literals) {
      if (std::find(target.literals.begin(), target.literals.end(), literal) == target.literals.end())
        return false;
    }
    return true;
  }
  const bool wraps =
      source.kind == TypeKind::Optional || source.kind == TypeKind::List || source.kind == TypeKind::Map;
  return wraps && source.kind == target.kind && retypes(source.element, target.element);
}

/// Whether `convert` would succeed.
bool BodyChecker::converts(TypeId from, TypeId to) const {
  if (retypes(from, to)) return true;
  if (const auto found = context_.constrained.find(to.index); found != context_.constrained.end()) {
    return converts(from, found->second.base);
  }
  if (type(to).kind == TypeKind::Optional) return converts(from, type(to).element);
  if (type(to).kind == TypeKind::Union) return converts_to_union(from, to);
  const program::TypeTable& table = context_.module.types;
  return to == table.float_type && context_.plain(from) == table.int_type;
}

Value BodyChecker::convert(Value value, TypeId to, Span span) {
  if (!value.good() || value.type == to) return value;
  if (retypes(value.type, to)) return make(Op::Retype, to, span, {.operands = {value.node}});
  if (const auto found = context_.constrained.find(to.index); found != context_.constrained.end()) {
    const Constrained& target = found->second;
    const Value base = convert(value, target.base, span);
    if (!base.good()) return base;
    return checked(make(Op::Retype, to, span, {.operands = {base.node}}), target.predicates, span);
  }
  if (json_depth_ > 0 && to == types().json_type && value.type != types().void_type)
    return call_library("to_json", span, span, {{.value = value, .span = span}});
  if (!converts(value.type, to)) return mismatch(value, to, span);
  if (type(to).kind == TypeKind::Optional) {
    const Value element = convert(value, type(to).element, span);
    if (!element.good()) return element;
    return make(Op::Some, to, span, {.operands = {element.node}});
  }
  if (type(to).kind == TypeKind::Union) return to_union(value, to, span);
  const Value number = plain(value, span);
  return make(Op::ToFloat, to, span, {.operands = {number.node}});
}

Value BodyChecker::checked(Value value, const std::vector<uint32_t>& predicates, Span span) {
  if (!value.good()) return value;
  for (uint32_t predicate : predicates) {
    pure_calls_.push_back({PureCode::place_of(context_, PureCode::Kind::Condition, predicate), span});
    value = make(Op::Check, value.type, span, {.operands = {value.node}, .index = predicate});
  }
  return value;
}

/// Reports that `value` is no `to`.
Value BodyChecker::mismatch(const Value& value, TypeId to, Span span) {
  if (value.type == types().void_type) return wanted(value, span);
  const program::Type& from = type(context_.unconstrained(value.type));
  if (from.kind == TypeKind::Optional && converts(from.element, to)) {
    context_.diagnostics.report(
        MayBeNone{.type = shown(value.type),
                  .hint = "give it a value with `??`, or open it with `if` or `match`"},
        span);
    return poison();
  }
  auto report =
      context_.diagnostics.report(TypeMismatch{.expected = shown(to), .found = shown(value.type)}, span);
  const TypeId source = context_.plain(value.type);
  const TypeId target = context_.plain(to);
  const std::string text(context_.sources.text(span));
  const TypeKind kind = type(source).kind;
  const bool scalar = kind == TypeKind::Int || kind == TypeKind::Float || kind == TypeKind::Bool ||
                      kind == TypeKind::Enum || kind == TypeKind::Duration || kind == TypeKind::Money ||
                      kind == TypeKind::Time || kind == TypeKind::Date;
  if (target == types().string_type && scalar && to == target) {
    report.fix(span, "to_string(" + text + ")", "make text of it");
  } else if (target == types().json_type && to == target) {
    report.fix(span, "to_json(" + text + ")", "make JSON of it");
  } else if (source == types().float_type && target == types().int_type && to == target) {
    report.fix(span, "round(" + text + ")", "round it");
  }
  return poison();
}

/// Without conditions and literal types: what operators work on.
Value BodyChecker::plain(Value value, Span span) {
  if (!value.good()) return value;
  const TypeId base = context_.plain(value.type);
  return base == value.type ? value : make(Op::Retype, base, span, {.operands = {value.node}});
}

Value BodyChecker::unconstrained(Value value, Span span) {
  if (!value.good()) return value;
  const TypeId base = context_.unconstrained(value.type);
  return base == value.type ? value : make(Op::Retype, base, span, {.operands = {value.node}});
}

/// The type that values of both types can have without a demand from outside.
std::optional<TypeId> BodyChecker::common(TypeId a, TypeId b) {
  if (a == b) return a;
  a = context_.unconstrained(a);  // nothing is checked that nobody asked for
  b = context_.unconstrained(b);
  if (converts(b, a)) return a;
  if (converts(a, b)) return b;
  const TypeId plain_a = context_.plain(a);
  const TypeId plain_b = context_.plain(b);
  if (plain_a == plain_b) return plain_a;
  if (converts(plain_b, plain_a)) return plain_a;
  if (converts(plain_a, plain_b)) return plain_b;
  const bool optional_a = type(plain_a).kind == TypeKind::Optional;
  const bool optional_b = type(plain_b).kind == TypeKind::Optional;
  if (!optional_a && !optional_b) return std::nullopt;
  const auto inner =
      common(optional_a ? type(plain_a).element : plain_a, optional_b ? type(plain_b).element : plain_b);
  return inner ? std::optional(types().optional_of(*inner)) : std::nullopt;
}

/// Settles one type for branches of which one will run, and converts each inside its region.
Value BodyChecker::join(std::vector<Branch>& branches, Expected expected) {
  // That none would do says nothing of branches that are never none: whoever wants an optional makes one of
  // it.
  if (expected && type(*expected).kind == TypeKind::Optional) {
    const TypeId element = type(*expected).element;
    const bool never_none = std::all_of(branches.begin(), branches.end(), [&](const Branch& item) {
      return !item.value.good() || converts(item.value.type, element);
    });
    if (never_none) expected = element;
  }
  std::optional<TypeId> joined;
  const Branch* first = nullptr;
  bool poisoned = false;
  for (const Branch& item : branches) {
    if (item.value.poisoned()) poisoned = true;
    if (!item.value.good()) continue;
    if (!first) {
      first = &item;
      joined = item.value.type;
      continue;
    }
    const bool has_value = item.value.type != types().void_type && *joined != types().void_type;
    const bool both_expected =
        expected && converts(item.value.type, *expected) && converts(*joined, *expected);
    const std::optional<TypeId> both = both_expected ? expected
                                       : has_value || item.value.type == *joined
                                           ? common(*joined, item.value.type)
                                           : std::nullopt;
    if (both) {
      joined = *both;
      continue;
    }
    context_.diagnostics
        .report(BranchMismatch{.first = shown(*joined), .second = shown(item.value.type)}, item.span)
        .note(first->span, "this one gives " + shown(*joined));
    poisoned = true;
  }
  if (poisoned) return poison();
  if (!joined) return {{}, types().void_type, Value::State::Exits};
  if (*joined == types().void_type) return good({}, types().void_type);
  if (expected && converts(*joined, *expected)) joined = *expected;
  for (Branch& item : branches) {
    if (!item.value.good()) continue;
    emit_.reopen(item.region);
    emit_.set_result(item.region, convert(item.value, *joined, item.span).node);
    emit_.close();
  }
  return good({}, *joined);
}

}  // namespace chain::sema
