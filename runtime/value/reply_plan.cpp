#include "runtime/value/reply_plan.h"

#include <set>

#include "runtime/value/characters.h"
#include "runtime/value/fold.h"
#include "runtime/value/json.h"

namespace chain::value {

using program::Field;
using program::Literal;
using program::Type;
using program::TypeId;
using program::TypeKind;

ReplyPlan::ReplyPlan(const program::TypeTable& types, TypeId root) : types_(types), root_(root) {
  std::vector<TypeId> open{root};
  std::set<TypeId> seen;
  while (!open.empty()) {
    const TypeId id = open.back();
    open.pop_back();
    if (!seen.insert(id).second) continue;
    prepare(id);
    const Type& type = types_[id];
    for (const Field& field : type.fields) open.push_back(field.type);
    open.insert(open.end(), type.members.begin(), type.members.end());
    const bool wraps =
        type.kind == TypeKind::Optional || type.kind == TypeKind::List || type.kind == TypeKind::Map;
    if (wraps) open.push_back(type.element);
  }
}

void ReplyPlan::prepare(TypeId id) {
  switch (types_[id].kind) {
    case TypeKind::Record: prepare_record(id); break;
    case TypeKind::Bool:
    case TypeKind::Enum:
    case TypeKind::Literal: prepare_choices(id); break;
    default: break;
  }
}

void ReplyPlan::prepare_record(TypeId id) {
  Record& record = records_[id.index];
  const Type& type = types_[id];
  uint32_t required = 0;
  for (uint32_t i = 0; i < type.fields.size(); ++i) {
    const Field& field = type.fields[i];
    record.keys.push_back(field.alias.empty() ? field.name : field.alias);
    std::string& label = record.labels.emplace_back();
    append_json_string(label, field.name);
    label += ": ";
    const TypeKind kind = types_[field.type].kind;
    record.missing.push_back(label + (kind == TypeKind::List ? "[]" : kind == TypeKind::Map ? "{}" : "null"));
    record.folded.emplace(letters_of(fold(record.keys.back())), i);
    if (!field.default_json.empty() || takes_null(field.type)) continue;
    ++required;
    record.only_field = i;
  }
  if (required != 1) record.only_field = type.fields.size() == 1 ? 0 : kNoField;
}

void ReplyPlan::prepare_choices(TypeId id) {
  TextChoices& choices = choices_[id.index];
  const Type& type = types_[id];
  if (type.kind == TypeKind::Bool) {
    choices.add(0, "false");
    choices.add(1, "true");
  }
  for (uint32_t i = 0; i < type.cases.size(); ++i) {
    const program::EnumCase& one = type.cases[i];
    choices.add(i, one.alias.empty() ? one.name : one.alias, one.description);
  }
  for (uint32_t i = 0; i < type.literals.size(); ++i) {
    const Literal& literal = type.literals[i];
    if (const auto* text = std::get_if<std::string>(&literal)) choices.add(i, *text);
    if (const auto* truth = std::get_if<bool>(&literal)) choices.add(i, *truth ? "true" : "false");
  }
}

bool ReplyPlan::takes_null(TypeId id) const {
  const Type& type = types_[id];
  if (type.kind == TypeKind::Optional || type.kind == TypeKind::Void || type.kind == TypeKind::Json)
    return true;
  if (type.kind != TypeKind::Union) return false;
  for (TypeId member : type.members) {
    // A union cannot hold itself but behind a list, a map or a record.
    if (takes_null(member)) return true;
  }
  return false;
}

bool ReplyPlan::is_text() const {
  const Type& type = types_[root_];
  return type.kind == TypeKind::String ||
         (type.kind == TypeKind::Optional && types_[type.element].kind == TypeKind::String);
}

uint32_t ReplyPlan::find_field(const Record& record, std::string_view key, uint32_t expected, bool& exact) {
  exact = true;
  const auto count = static_cast<uint32_t>(record.keys.size());
  // Models keep to the order they were told.
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t field = (expected + i) % count;
    if (record.keys[field] == key) return field;
  }
  exact = false;
  constexpr size_t kLongest = 512;
  if (key.size() > kLongest) return kNoField;
  const auto found = record.folded.find(letters_of(fold(key)));
  return found == record.folded.end() ? kNoField : found->second;
}

}  // namespace chain::value
