#include "runtime/value/equal.h"

#include "runtime/value/json_text.h"
#include "runtime/value/layout.h"
#include "runtime/value/map.h"

namespace chain::value {

namespace {

using program::Field;
using program::Type;
using program::TypeId;
using program::TypeKind;

class Comparison {
 public:
  explicit Comparison(const program::TypeTable& types) : types_(types) {}

  bool same(TypeId id, const void* a, const void* b, uint32_t depth) const {
    if (depth > kMaxValueDepth) return false;
    const Type& type = types_[id];
    switch (types_.base_kind(id)) {
      case TypeKind::Void: return true;
      case TypeKind::Bool: return load<uint8_t>(a) == load<uint8_t>(b);
      case TypeKind::Float: return load<double>(a) == load<double>(b);
      case TypeKind::String:
      case TypeKind::Media:
      case TypeKind::Bytes: return load<Text>(a).view() == load<Text>(b).view();
      case TypeKind::Json: return json_equal(load<Text>(a).view(), load<Text>(b).view());
      case TypeKind::Enum: return load<uint32_t>(a) == load<uint32_t>(b);
      case TypeKind::Record: return same_records(type, load<const void*>(a), load<const void*>(b), depth);
      case TypeKind::Optional: {
        const bool present = is_present(types_, id, a);
        return present == is_present(types_, id, b) && (!present || same(type.element, a, b, depth + 1));
      }
      case TypeKind::List: return same_lists(type, load<List>(a), load<List>(b), depth);
      case TypeKind::Map: return same_maps(type, *load<const Map*>(a), *load<const Map*>(b), depth);
      case TypeKind::Union: {
        const uint32_t member = union_member(types_, id, a);
        return member == union_member(types_, id, b) && same(type.members[member], a, b, depth + 1);
      }
      default: return load<int64_t>(a) == load<int64_t>(b);
    }
  }

 private:
  bool same_records(const Type& type, const void* a, const void* b, uint32_t depth) const {
    for (const Field& field : type.fields) {
      if (!same(field.type, at(a, field.offset), at(b, field.offset), depth + 1)) return false;
    }
    return true;
  }

  bool same_lists(const Type& type, const List& a, const List& b, uint32_t depth) const {
    if (a.size != b.size) return false;
    const uint32_t stride = types_.stride(type.element);
    for (uint64_t i = 0; i < a.size; ++i) {
      if (!same(type.element, a.data + i * stride, b.data + i * stride, depth + 1)) return false;
    }
    return true;
  }

  bool same_maps(const Type& type, const Map& a, const Map& b, uint32_t depth) const {
    if (a.size != b.size) return false;
    const uint32_t stride = map_entry_stride(types_, type.element);
    for (uint64_t i = 0; i < a.size; ++i) {
      const std::byte* entry = a.entries + i * stride;
      const void* other = find_in_map(b, stride, load<Text>(entry).view());
      if (!other || !same(type.element, entry + kMapValueOffset, other, depth + 1)) return false;
    }
    return true;
  }

  const program::TypeTable& types_;
};

}  // namespace

bool equal(const program::TypeTable& types, TypeId type, const void* a, const void* b) {
  return Comparison(types).same(type, a, b, 0);
}

}  // namespace chain::value
