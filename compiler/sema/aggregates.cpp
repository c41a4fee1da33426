// Maps and records as they are written out, with what `...` puts into them.
#include <unordered_set>

#include "compiler/sema/body.h"
#include "compiler/sema/literals.h"

namespace chain::sema {

using program::TypeKind;

/// An entry of a map, or a whole map whose entries stand there (`...`).
struct BodyChecker::MapPart {
  Value key;  // of an entry
  Value value;
  Span span;  // of the value
  bool spread = false;
};

Value BodyChecker::map(const syntax::MapExpr& expr, Expected expected) {
  const std::optional<TypeId> wanted_map = hinted(expected, TypeKind::Map);
  std::optional<TypeId> element = wanted_map ? std::optional(type(*wanted_map).element) : std::nullopt;
  if (expr.entries.empty() && !element) {
    context_.diagnostics.report(
        CannotInfer{.what = "an empty map", .hint = "say it: `let m: map<string> = {}`"}, expr.span);
    return poison();
  }
  std::vector<MapPart> parts;
  std::unordered_set<std::string> keys;
  bool good_parts = true;
  std::optional<TypeId> joined = element;
  for (const syntax::MapEntry& entry : expr.entries) {
    if (entry.key) {
      if (const auto text = plain_text(*entry.key); text && !keys.insert(*text).second)
        context_.diagnostics.report(GivenTwice{.name = *text}, entry.key->span);
    }
    const MapPart part = entry.key ? map_entry(entry, element, joined) : map_spread(entry, joined);
    good_parts = good_parts && part.value.good() && (part.spread || part.key.good());
    parts.push_back(part);
    if (element || !part.value.good()) continue;
    const TypeId found = part.spread ? type(part.value.type).element : part.value.type;
    const std::optional<TypeId> both = joined ? common(*joined, found) : found;
    if (!both) {
      mismatch(part.value, part.spread ? types().map_of(*joined) : *joined, part.span);
      good_parts = false;
      continue;
    }
    joined = both;
  }
  return good_parts ? joined_map(parts, *joined, expr.span) : poison();
}

BodyChecker::MapPart BodyChecker::map_entry(const syntax::MapEntry& entry, Expected element,
                                            Expected joined) {
  const Value key = value_as(*entry.key, types().string_type);
  const Value value = element ? value_as(*entry.value, *element)
                              : wanted(this->value(*entry.value, joined), entry.value->span);
  return {key, value, entry.value->span};
}

BodyChecker::MapPart BodyChecker::map_spread(const syntax::MapEntry& entry, Expected joined) {
  Expected whole;
  if (joined) whole = types().map_of(*joined);
  const Span span = entry.value->span;
  const Value map = unconstrained(wanted(value(*entry.value, whole), span), span);
  if (!map.good() || type(map.type).kind == TypeKind::Map) return {{}, map, span, true};
  context_.diagnostics.report(TypeMismatch{.expected = "a map", .found = shown(map.type)}, span);
  return {{}, poison(), span, true};
}

/// Entries that stand beside each other are one map; maps are merged from the left, so that what is written
/// later counts.
Value BodyChecker::joined_map(const std::vector<MapPart>& parts, TypeId element, Span span) {
  const TypeId whole = types().map_of(element);
  std::optional<Value> result;
  NodeParts entries;
  const auto add = [&](const Value& map) {
    result = result ? call_library("merge", span, span,
                                   {{.value = *result, .span = span}, {.value = map, .span = span}})
                    : map;
  };
  const auto add_entries = [&] {
    add(make(Op::Map, whole, span, std::move(entries)));
    entries = {};
  };
  for (const MapPart& part : parts) {
    if (!part.spread) {
      entries.operands.push_back(part.key.node);
      entries.operands.push_back(convert(part.value, element, part.span).node);
      continue;
    }
    if (!entries.operands.empty()) add_entries();
    const Value map = convert(part.value, whole, part.span);
    if (!map.good()) return map;
    add(map);
  }
  if (!result || !entries.operands.empty()) add_entries();
  return *result;
}

Value BodyChecker::record(const syntax::RecordExpr& expr) {
  auto give_up = [&] {
    if (expr.spread) (void)value(*expr.spread);
    for (const syntax::FieldInit& field : expr.fields) (void)value(*field.value);
    return poison();
  };
  syntax::TypeExpr name{syntax::TypeExprKind::Named, expr.type.span, expr.qualifier, expr.type};
  const std::optional<TypeId> declared = resolve_type(context_, surroundings_.unit, name);
  if (!declared) return give_up();
  const TypeId base = context_.unconstrained(*declared);
  if (type(base).kind != TypeKind::Record) {
    context_.diagnostics.report(WrongKind{.name = std::string(expr.type.text),
                                          .kind = "no record",
                                          .hint = ", so it has no fields to fill"},
                                expr.type.span);
    return give_up();
  }
  return convert(fill_record(expr, context_.records.at(base.index)), *declared, expr.span);
}

Value BodyChecker::fill_record(const syntax::RecordExpr& expr, Slots& slots) {
  Filling filling(slots);
  const Value whole = expr.spread ? value_as(*expr.spread, slots.type) : poison();
  bool misplaced = false;  // what is missing may be what is misspelt
  for (const syntax::FieldInit& field : expr.fields) {
    const auto place = slots.by_name.find(field.name.text);
    if (place != slots.by_name.end()) {
      put(filling, place->second, {{}, field.value, {}, field.value->span}, field.name.span);
      continue;
    }
    misplaced = true;
    const std::string_view best = closest(context_.diagnostics, field.name.text, context_.names(slots));
    auto report = context_.diagnostics.report(
        UnknownField{shown(slots.type), std::string(field.name.text),
                     best.empty() ? "" : "; did you mean `" + std::string(best) + "`?"},
        field.name.span);
    if (!best.empty()) report.fix(field.name.span, std::string(best), "write `" + std::string(best) + "`");
    if (!names_nothing_yet(*field.value)) (void)value(*field.value);
  }
  if (expr.spread) take_rest(filling, whole, expr.spread->span);
  const std::vector<std::string> missing = fill_rest(filling, expr.span);
  if (!missing.empty() && !misplaced) {
    context_.diagnostics.report(MissingField{.type = shown(slots.type), .fields = list_of_names(missing)},
                                expr.type.span);
  }
  if (misplaced || !missing.empty()) return poison();
  std::optional<std::vector<NodeId>> operands = operands_of(filling);
  return operands ? make(Op::Record, slots.type, expr.span, {.operands = *std::move(operands)}) : poison();
}

/// Gives the slots that are left the fields of `whole`, which meet their conditions already.
void BodyChecker::take_rest(Filling& filling, Value whole, Span span) {
  filling.good = filling.good && whole.good();
  for (uint32_t i = 0; i < filling.values.size(); ++i) {
    const Slot& slot = filling.slots.items[i];
    if (filling.given[i] || slot.broken) continue;
    filling.given[i] = span;
    if (whole.good())
      filling.values[i] = make(Op::Field, slot.type, span, {.operands = {whole.node}, .index = i});
  }
}

}  // namespace chain::sema
