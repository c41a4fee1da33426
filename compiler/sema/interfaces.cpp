// What callers see of a version, as JSON: see compiler/versions/interface.h.
#include <nlohmann/json.hpp>

#include <map>
#include <variant>

#include "compiler/sema/context.h"
#include "runtime/value/json_text.h"

namespace chain::sema {

namespace {

using nlohmann::json;
using program::TypeKind;

class Interface {
 public:
  explicit Interface(const Context& context) : context_(context) {}

  json parameters(const Slots& slots) {
    json all = json::array();
    const program::Type& record = context_.type(slots.type);
    for (size_t i = 0; i < slots.items.size() && i < record.fields.size(); ++i)
      all.push_back(field(record.fields[i], slots.items[i].untrusted));
    return all;
  }

  /// A type as callers see it; declared ones are entered under their names.
  json type(TypeId id) {
    const program::Type& type = context_.type(id);
    json shape = unconstrained(context_.unconstrained(id));
    if (type.constraints.empty()) return shape;
    json constrained = json::array({"where", std::move(shape)});
    for (const program::Constraint& constraint : type.constraints) constrained.push_back(constraint.text);
    return constrained;
  }

  json take_types() { return std::move(types_); }

 private:
  json unconstrained(TypeId id) {
    const program::Type& type = context_.type(id);
    switch (type.kind) {
      case TypeKind::Optional: return json::array({"?", this->type(type.element)});
      case TypeKind::List: return json::array({"[]", this->type(type.element)});
      case TypeKind::Map: return json::array({"map", this->type(type.element)});
      case TypeKind::Union: {
        json members = json::array({"|"});
        for (const TypeId member : type.members) members.push_back(this->type(member));
        return members;
      }
      case TypeKind::Literal: {
        json values = json::array({"="});
        for (const program::Literal& each : type.literals)
          std::visit([&](const auto& value) { values.push_back(value); }, each);
        return values;
      }
      case TypeKind::Enum:
      case TypeKind::Record: return declared(id, type);
      default: return context_.text(id);
    }
  }

  /// The name of a record or enum, which is described once.
  json declared(TypeId id, const program::Type& type) {
    const auto [known, is_new] = names_.try_emplace(id.index, type.name);
    if (!is_new) return known->second;
    for (uint32_t other = 2; types_.contains(known->second); ++other)  // another module's
      known->second = type.name + " " + std::to_string(other);
    const std::string name = known->second;
    types_[name] = json::object();  // for types that hold themselves
    if (type.kind == TypeKind::Enum) {
      json cases = json::array();
      for (const program::EnumCase& each : type.cases) cases.push_back(each.name);
      types_[name] = json::object({{"cases", std::move(cases)}});
      return name;
    }
    json fields = json::array();
    const auto slots = context_.records.find(id.index);
    for (size_t i = 0; i < type.fields.size(); ++i) {
      const bool untrusted = slots != context_.records.end() && i < slots->second.items.size() &&
                             slots->second.items[i].untrusted;
      fields.push_back(field(type.fields[i], untrusted));
    }
    types_[name] = json::object({{"fields", std::move(fields)}});
    return name;
  }

  json field(const program::Field& field, bool untrusted) {
    json entry = {{"name", field.name}, {"type", type(field.type)}};
    if (untrusted) entry["untrusted"] = true;
    if (!field.default_json.empty()) entry["default"] = field.default_json;
    for (const program::Constraint& constraint : field.constraints) entry["where"].push_back(constraint.text);
    return entry;
  }

  const Context& context_;
  json types_ = json::object();
  std::map<uint32_t, std::string> names_;  // by type
};

std::string_view word_of(program::Effect effect) {
  switch (effect) {
    case program::Effect::Pure: return "pure";
    case program::Effect::Reads: return "reads";
    case program::Effect::Writes: break;
  }
  return "writes";
}

}  // namespace

std::string interface_of(const Context& context, const Signature& signature, std::string_view kind,
                         const graph::External* external, bool writes) {
  Interface interface(context);
  json all = {{"kind", kind}, {"parameters", interface.parameters(signature.parameters)}};
  all["result"] = interface.type(signature.result);
  if (signature.untrusted) all["untrusted"] = true;
  if (external) {
    all["effect"] = word_of(external->effect);
    if (external->approve) all["approve"] = true;
    if (external->idempotent) all["idempotent"] = true;
  } else if (writes) {
    all["effect"] = "writes";
  }
  if (json types = interface.take_types(); !types.empty()) all["types"] = std::move(types);
  // Source is UTF-8, and what it escapes is; nothing here can fail to be written.
  return value::canonical_json(all.dump(-1, ' ', false, json::error_handler_t::replace));
}

}  // namespace chain::sema
