#include "runtime/library/order.h"

#include <bit>
#include <cmath>
#include <random>

#include "runtime/value/json_text.h"
#include "runtime/value/layout.h"
#include "runtime/value/map.h"

namespace chain::library {

using program::Type;
using program::TypeId;
using program::TypeKind;
using program::TypeTable;
using value::load;

namespace {

template <class T>
int sign(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

int compare_floats(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return sign(std::isnan(a), std::isnan(b));
  return sign(a, b);
}

constexpr uint64_t kPrime = 0x9e3779b97f4a7c15;

uint64_t mixed(uint64_t seed, uint64_t value) {
  const uint64_t product = (seed ^ value) * kPrime;
  return product ^ (product >> 29);
}

/// Different in each process: who writes a reply cannot choose strings that collide.
uint64_t secret() {
  static const uint64_t seed = std::random_device{}() | uint64_t{std::random_device{}()} << 32;
  return seed;
}

uint64_t hash_text(std::string_view text) {
  uint64_t result = mixed(secret(), text.size());
  for (; text.size() >= sizeof(uint64_t); text.remove_prefix(sizeof(uint64_t))) {
    result = mixed(result, load<uint64_t>(text.data()));
  }
  uint64_t rest = 0;
  for (const char c : text) rest = rest << 8 | static_cast<uint8_t>(c);
  return mixed(result, rest);
}

uint64_t hash_float(double number) {
  // A NaN equals nothing, so it may hash to anything; a new number each time keeps a list of them out of one
  // bucket.
  thread_local uint64_t last_nan = 0;
  if (std::isnan(number)) return mixed(2, ++last_nan);
  return mixed(2, number == 0 ? 0 : std::bit_cast<uint64_t>(number));  // 0.0 equals -0.0
}

/// What lies deeper says nothing about the hash: values nest without bound.
constexpr uint32_t kHashedDepth = 1000;

class Hash {
 public:
  explicit Hash(const TypeTable& types) : types_(types) {}

  uint64_t of(TypeId id, const void* value, uint32_t depth) const {
    if (depth > kHashedDepth) return 0;
    const Type& type = types_[id];
    switch (types_.base_kind(id)) {
      case TypeKind::Void: return 0;
      case TypeKind::Bool: return mixed(1, load<uint8_t>(value));
      case TypeKind::Float: return hash_float(load<double>(value));
      case TypeKind::String:
      case TypeKind::Media:
      case TypeKind::Bytes: return hash_text(load<value::Text>(value).view());
      case TypeKind::Json: return hash_text(value::canonical_json(load<value::Text>(value).view()));
      case TypeKind::Enum: return mixed(3, load<uint32_t>(value));
      case TypeKind::Record: return record(type, load<const void*>(value), depth);
      case TypeKind::Optional:
        return value::is_present(types_, id, value) ? of(type.element, value, depth + 1) : 5;
      case TypeKind::List: return list(type, load<value::List>(value), depth);
      case TypeKind::Map: return map(type, *load<const value::Map*>(value), depth);
      case TypeKind::Union: {
        const uint32_t member = value::union_member(types_, id, value);
        return mixed(member, of(type.members[member], value, depth + 1));
      }
      default: return mixed(4, load<uint64_t>(value));
    }
  }

 private:
  uint64_t record(const Type& type, const void* fields, uint32_t depth) const {
    uint64_t result = 6;
    for (const program::Field& field : type.fields) {
      result = mixed(result, of(field.type, value::at(fields, field.offset), depth + 1));
    }
    return result;
  }

  uint64_t list(const Type& type, const value::List& list, uint32_t depth) const {
    uint64_t result = 7;
    const uint32_t stride = types_.stride(type.element);
    for (uint64_t i = 0; i < list.size; ++i)
      result = mixed(result, of(type.element, list.data + i * stride, depth + 1));
    return result;
  }

  /// A sum, for equal maps may differ in order.
  uint64_t map(const Type& type, const value::Map& map, uint32_t depth) const {
    uint64_t result = 8;
    const uint32_t stride = value::map_entry_stride(types_, type.element);
    for (uint64_t i = 0; i < map.size; ++i) {
      const std::byte* entry = map.entries + i * stride;
      const uint64_t key = hash_text(load<value::Text>(entry).view());
      result += mixed(key, of(type.element, entry + value::kMapValueOffset, depth + 1));
    }
    return result;
  }

  const TypeTable& types_;
};

}  // namespace

int compare(const TypeTable& types, TypeId type, const void* a, const void* b) {
  switch (types.base_kind(type)) {
    case TypeKind::Bool: return sign(load<uint8_t>(a), load<uint8_t>(b));
    case TypeKind::Enum: return sign(load<uint32_t>(a), load<uint32_t>(b));
    case TypeKind::Float: return compare_floats(load<double>(a), load<double>(b));
    // UTF-8 sorts by bytes as it does by code points.
    case TypeKind::String: return sign(load<value::Text>(a).view(), load<value::Text>(b).view());
    default: return sign(load<int64_t>(a), load<int64_t>(b));
  }
}

uint64_t hash(const TypeTable& types, TypeId type, const void* value) {
  return Hash(types).of(type, value, 0);
}

}  // namespace chain::library
