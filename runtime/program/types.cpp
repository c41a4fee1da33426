#include "runtime/program/types.h"

#include <algorithm>
#include <set>

namespace chain::program {

namespace {

constexpr uint32_t align_up(uint32_t size, uint32_t align) {
  return (size + align - 1) / align * align;
}

bool same_structure(const Type& a, const Type& b) {
  return a.kind == b.kind && a.name.empty() && b.name.empty() && a.element == b.element &&
         a.literals == b.literals && a.members == b.members && a.constraints.empty() && b.constraints.empty();
}

std::string quoted(const Literal& literal) {
  if (const auto* text = std::get_if<std::string>(&literal)) return '"' + *text + '"';
  if (const auto* number = std::get_if<int64_t>(&literal)) return std::to_string(*number);
  return std::get<bool>(literal) ? "true" : "false";
}

}  // namespace

TypeTable::TypeTable() {
  auto scalar = [&](TypeKind kind, const char* name, uint32_t size) {
    Type type;
    type.kind = kind;
    type.name = name;
    type.size = size;
    type.align = std::clamp<uint32_t>(size, 1, 8);
    types.push_back(std::move(type));
  };
  scalar(TypeKind::Void, "nothing", 0);
  scalar(TypeKind::Bool, "bool", 1);
  scalar(TypeKind::Int, "int", 8);
  scalar(TypeKind::Float, "float", 8);
  scalar(TypeKind::Duration, "duration", 8);
  scalar(TypeKind::Money, "money", 8);
  scalar(TypeKind::String, "string", 16);
  scalar(TypeKind::Time, "time", 8);
  scalar(TypeKind::Date, "date", 8);
  scalar(TypeKind::Bytes, "bytes", 16);
  scalar(TypeKind::Json, "json", 16);
  for (const char* media : {"image", "audio", "video", "file"}) scalar(TypeKind::Media, media, 16);
}

std::optional<TypeId> TypeTable::basic(std::string_view name) const {
  for (uint32_t i = bool_type.index; i <= file_type.index; ++i) {
    if (types[i].name == name) return TypeId{i};
  }
  return std::nullopt;
}

TypeId TypeTable::intern(Type type) {
  for (uint32_t i = 0; i < types.size(); ++i) {
    if (same_structure(types[i], type)) return {i};
  }
  types.push_back(std::move(type));
  return {static_cast<uint32_t>(types.size() - 1)};
}

TypeId TypeTable::optional_of(TypeId element) {
  const Type& inner = (*this)[element];
  if (inner.kind == TypeKind::Optional) return element;
  Type type;
  type.kind = TypeKind::Optional;
  type.element = element;
  type.align = std::max<uint32_t>(inner.align, 1);
  type.size = align_up(inner.size + 1, type.align);
  return intern(std::move(type));
}

TypeId TypeTable::list_of(TypeId element) {
  Type type;
  type.kind = TypeKind::List;
  type.element = element;
  type.size = 16;
  type.align = 8;
  return intern(std::move(type));
}

TypeId TypeTable::map_of(TypeId element) {
  Type type;
  type.kind = TypeKind::Map;
  type.element = element;
  type.size = 8;
  type.align = 8;
  return intern(std::move(type));
}

TypeId TypeTable::literal_of(std::vector<Literal> literals) {
  Type type;
  type.kind = TypeKind::Literal;
  std::set<Literal> known;
  for (Literal& literal : literals) {
    if (known.insert(literal).second) type.literals.push_back(std::move(literal));
  }
  const bool text = std::holds_alternative<std::string>(type.literals.front());
  const bool number = std::holds_alternative<int64_t>(type.literals.front());
  type.size = text ? 16 : number ? 8 : 1;
  type.align = text || number ? 8 : 1;
  return intern(std::move(type));
}

TypeId TypeTable::union_of(std::vector<TypeId> members) {
  Type type;
  type.kind = TypeKind::Union;
  type.members = std::move(members);
  uint32_t payload = 0;
  for (TypeId member : type.members) payload = std::max(payload, (*this)[member].size);
  type.align = 8;
  type.size = align_up(align_up(payload, 8) + 4, 8);
  return intern(std::move(type));
}

TypeId TypeTable::add(Type type) {
  if (type.kind == TypeKind::Record) {
    type.size = 8;
    type.align = 8;
  } else if (type.kind == TypeKind::Enum) {
    type.size = 4;
    type.align = 4;
  }
  types.push_back(std::move(type));
  return {static_cast<uint32_t>(types.size() - 1)};
}

void TypeTable::layout_record(TypeId id) {
  uint32_t offset = 0;
  for (Field& field : (*this)[id].fields) {
    const Type& type = (*this)[field.type];
    offset = align_up(offset, std::max<uint32_t>(type.align, 1));
    field.offset = offset;
    offset += type.size;
  }
  (*this)[id].record_size = align_up(offset, 8);
}

std::string TypeTable::to_string(TypeId id) const {
  const Type& type = (*this)[id];
  if (!type.name.empty()) return type.name;
  auto joined = [](const auto& items, auto&& text) {
    std::string result;
    for (const auto& item : items) {
      if (!result.empty()) result += " | ";
      result += text(item);
    }
    return result;
  };
  auto element = [&] {
    const Type& inner = (*this)[type.element];
    const bool alternatives =
        inner.name.empty() && (inner.kind == TypeKind::Union || inner.literals.size() > 1);
    return alternatives ? '(' + to_string(type.element) + ')' : to_string(type.element);
  };
  switch (type.kind) {
    case TypeKind::Optional: return element() + '?';
    case TypeKind::List: return element() + "[]";
    case TypeKind::Map: return "map<" + to_string(type.element) + '>';
    case TypeKind::Literal: return joined(type.literals, quoted);
    case TypeKind::Union: return joined(type.members, [&](TypeId member) { return to_string(member); });
    default: return "?";
  }
}

uint32_t TypeTable::stride(TypeId id) const {
  const Type& type = (*this)[id];
  return align_up(type.size, std::max<uint32_t>(type.align, 1));
}

TypeKind TypeTable::base_kind(TypeId id) const {
  const Type& type = (*this)[id];
  if (type.kind != TypeKind::Literal) return type.kind;
  if (std::holds_alternative<std::string>(type.literals.front())) return TypeKind::String;
  return std::holds_alternative<int64_t>(type.literals.front()) ? TypeKind::Int : TypeKind::Bool;
}

}  // namespace chain::program
