#include "tests/unit/graph/oracle_value.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "runtime/value/json_text.h"
#include "runtime/value/layout.h"
#include "runtime/value/map.h"

namespace chain::oracle {

using program::Type;
using program::TypeId;
using program::TypeKind;
using program::TypeTable;
using value::load;
using value::store;

namespace {

void* room(value::Arena& arena, uint64_t size) {
  void* memory = arena.allocate(std::max<uint64_t>(size, 8));
  if (!memory) throw std::runtime_error("the oracle is out of memory");
  return memory;
}

void list_to_native(const TypeTable& types, const Type& type, const Value& value, value::Arena& arena,
                    void* out) {
  const uint32_t stride = types.stride(type.element);
  auto* data = static_cast<std::byte*>(room(arena, value.items.size() * stride));
  for (size_t i = 0; i < value.items.size(); ++i) {
    to_native(types, type.element, value.items[i], arena, data + i * stride);
  }
  store(out, value::List{data, value.items.size()});
}

void map_to_native(const TypeTable& types, const Type& type, const Value& value, value::Arena& arena,
                   void* out) {
  const uint32_t stride = value::map_entry_stride(types, type.element);
  auto* entries = static_cast<std::byte*>(room(arena, value.items.size() * stride));
  for (size_t i = 0; i < value.items.size(); ++i) {
    store(entries + i * stride, arena.copy(value.keys[i]));
    to_native(types, type.element, value.items[i], arena, entries + i * stride + value::kMapValueOffset);
  }
  store(out, value::build_map(arena, entries, value.items.size(), stride));
}

void record_to_native(const TypeTable& types, const Type& type, const Value& value, value::Arena& arena,
                      void* out) {
  void* fields = room(arena, type.record_size);
  for (size_t i = 0; i < type.fields.size(); ++i) {
    to_native(types, type.fields[i].type, value.items[i], arena, value::at(fields, type.fields[i].offset));
  }
  store(out, static_cast<const void*>(fields));
}

Value list_from_native(const TypeTable& types, const Type& type, const void* place) {
  Value result;
  const auto list = load<value::List>(place);
  for (uint64_t i = 0; i < list.size; ++i) {
    result.items.push_back(from_native(types, type.element, list.data + i * types.stride(type.element)));
  }
  return result;
}

Value map_from_native(const TypeTable& types, const Type& type, const void* place) {
  Value result;
  const value::Map& map = *load<const value::Map*>(place);
  const uint32_t stride = value::map_entry_stride(types, type.element);
  for (uint64_t i = 0; i < map.size; ++i) {
    const std::byte* entry = map.entries + i * stride;
    result.keys.emplace_back(load<value::Text>(entry).view());
    result.items.push_back(from_native(types, type.element, entry + value::kMapValueOffset));
  }
  return result;
}

}  // namespace

const Value& Values::at(size_t index) const {
  if (index >= size()) throw std::out_of_range("the oracle has no such value");
  return (*shared_)[index];
}

void Values::push_back(Value value) {
  own().push_back(std::move(value));
}

void Values::set(size_t index, Value value) {
  own().at(index) = std::move(value);
}

std::vector<Value>& Values::own() {
  if (!shared_) {
    shared_ = std::make_shared<std::vector<Value>>();
  } else if (shared_.use_count() > 1) {
    shared_ = std::make_shared<std::vector<Value>>(*shared_);
  }
  return *shared_;
}

void to_native(const TypeTable& types, TypeId id, const Value& value, value::Arena& arena, void* out) {
  const Type& type = types[id];
  switch (types.base_kind(id)) {
    case TypeKind::Void: return;
    case TypeKind::Bool: return store(out, static_cast<uint8_t>(value.flag()));
    case TypeKind::Float: return store(out, value.real());
    case TypeKind::String:
    case TypeKind::Bytes:
    case TypeKind::Media:
    case TypeKind::Json: return store(out, arena.copy(value.text()));
    case TypeKind::Enum: return store(out, static_cast<uint32_t>(value.number()));
    case TypeKind::Record: return record_to_native(types, type, value, arena, out);
    case TypeKind::List: return list_to_native(types, type, value, arena, out);
    case TypeKind::Map: return map_to_native(types, type, value, arena, out);
    case TypeKind::Optional:
      if (!value.items.empty()) to_native(types, type.element, value.items[0], arena, out);
      return store(value::at(out, value::present_offset(types, id)),
                   static_cast<uint8_t>(!value.items.empty()));
    case TypeKind::Union:
      to_native(types, type.members[static_cast<size_t>(value.number())], value.items[0], arena, out);
      return store(value::at(out, value::member_offset(types, id)), static_cast<uint32_t>(value.number()));
    default: return store(out, value.number());
  }
}

Value from_native(const TypeTable& types, TypeId id, const void* place) {
  const Type& type = types[id];
  switch (types.base_kind(id)) {
    case TypeKind::Void: return {};
    case TypeKind::Bool: return {.scalar = load<uint8_t>(place) != 0};
    case TypeKind::Float: return {.scalar = load<double>(place)};
    case TypeKind::String:
    case TypeKind::Bytes:
    case TypeKind::Media:
    case TypeKind::Json: return {.scalar = std::string(load<value::Text>(place).view())};
    case TypeKind::Enum: return {.scalar = int64_t{load<uint32_t>(place)}};
    case TypeKind::List: return list_from_native(types, type, place);
    case TypeKind::Map: return map_from_native(types, type, place);
    case TypeKind::Record: {
      Value result;
      const auto* fields = load<const void*>(place);
      for (const program::Field& field : type.fields) {
        result.items.push_back(from_native(types, field.type, value::at(fields, field.offset)));
      }
      return result;
    }
    case TypeKind::Optional: {
      Value result;
      if (value::is_present(types, id, place))
        result.items.push_back(from_native(types, type.element, place));
      return result;
    }
    case TypeKind::Union: {
      const uint32_t member = value::union_member(types, id, place);
      return {.scalar = int64_t{member}, .items = {from_native(types, type.members[member], place)}};
    }
    default: return {.scalar = load<int64_t>(place)};
  }
}

bool equal(const TypeTable& types, TypeId id, const Value& a, const Value& b) {
  const Type& type = types[id];
  if (a.items.size() != b.items.size()) return false;
  switch (types.base_kind(id)) {
    case TypeKind::Void: return true;
    case TypeKind::Record:
      for (size_t i = 0; i < a.items.size(); ++i) {
        if (!equal(types, type.fields[i].type, a.items[i], b.items[i])) return false;
      }
      return true;
    case TypeKind::Optional:
    case TypeKind::List:
      return std::ranges::equal(
          a.items, b.items, [&](const Value& x, const Value& y) { return equal(types, type.element, x, y); });
    case TypeKind::Map:
      for (size_t i = 0; i < a.items.size(); ++i) {
        const auto found = std::ranges::find(b.keys, a.keys[i]);
        if (found == b.keys.end()) return false;
        const auto place = static_cast<size_t>(found - b.keys.begin());
        if (!equal(types, type.element, a.items[i], b.items[place])) return false;
      }
      return true;
    case TypeKind::Union:
      return a.scalar == b.scalar &&
             equal(types, type.members[static_cast<size_t>(a.number())], a.items[0], b.items[0]);
    case TypeKind::Json: return value::json_equal(a.text(), b.text());
    default: return a.scalar == b.scalar;
  }
}

}  // namespace chain::oracle
