// Filling slots: a record's fields, or the parameters of a prompt or chain.
#include "compiler/sema/body.h"

namespace chain::sema {

using program::TypeKind;

/// Gives slot `index` its value. What is given twice is reported at `name`.
void BodyChecker::put(Filling& filling, uint32_t index, const Given& given, Span name) {
  Slot& slot = filling.slots.items[index];
  if (filling.given[index]) {
    context_.diagnostics.report(GivenTwice{.name = std::string(slot.name)}, name)
        .note(*filling.given[index], "it is given here first");
    filling.good = false;
  } else {
    filling.given[index] = name;
  }
  if (slot.broken || filling.values[index].good()) {  // only looked at
    if (given.expr && !names_nothing_yet(*given.expr)) (void)value(*given.expr);
    return;
  }
  const Span span = given.expr ? given.expr->span : given.span;
  const Value value = given.expr ? value_as(*given.expr, slot.type) : convert(given.value, slot.type, span);
  filling.values[index] = checked(value, slot.predicates, span);
}

/// Gives the slots that are left their defaults, or none; the names of those that have neither.
std::vector<std::string> BodyChecker::fill_rest(Filling& filling, Span span) {
  std::vector<std::string> missing;
  for (size_t i = 0; i < filling.values.size(); ++i) {
    Slot& slot = filling.slots.items[i];
    if (filling.given[i] || slot.broken) continue;
    const TypeId plain_type = context_.unconstrained(slot.type);
    if (const Constant* fallback = default_of(context_, filling.slots, slot)) {
      filling.values[i] = rebuilt(*fallback, span);
    } else if (slot.fallback) {
      filling.good = false;  // a wrong default, which has been reported
    } else if (type(plain_type).kind == TypeKind::Optional) {
      filling.values[i] = convert(make(Op::None, plain_type, span), slot.type, span);
    } else {
      missing.emplace_back(slot.name);
    }
  }
  return missing;
}

/// The values as operands; nothing if one of them is wrong.
std::optional<std::vector<NodeId>> BodyChecker::operands_of(const Filling& filling) {
  std::vector<NodeId> operands;
  for (const Value& value : filling.values) {
    if (!value.good()) return std::nullopt;
    operands.push_back(value.node);
  }
  return filling.good ? std::optional(std::move(operands)) : std::nullopt;
}

}  // namespace chain::sema
