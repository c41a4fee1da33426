#include "runtime/value/equal.h"

#include <vector>

#include "runtime/value/json_text.h"
#include "runtime/value/layout.h"
#include "runtime/value/map.h"

namespace chain::value {

namespace {

using program::Field;
using program::Type;
using program::TypeId;
using program::TypeKind;

/// A program can nest records without bound, so what is left to compare is on a stack of its own. The order
/// does not matter.
class Comparison {
 public:
  explicit Comparison(const program::TypeTable& types) : types_(types) {}

  bool same(TypeId id, const void* a, const void* b) {
    if (!compare(id, a, b)) return false;
    while (!left_.empty()) {
      if (!next()) return false;
    }
    return true;
  }

 private:
  /// Two records; or two lists or maps, from one of their elements on.
  struct Pair {
    const Type* type;
    const void* a;
    const void* b;
    uint64_t at = 0;
  };

  /// Looks at what lies in the place itself; what it points at comes later.
  bool compare(TypeId id, const void* a, const void* b) {
    const Type* type = &types_[id];
    while (type->kind == TypeKind::Optional || type->kind == TypeKind::Union) {
      if (type->kind == TypeKind::Optional) {
        const bool present = is_present(types_, id, a);
        if (present != is_present(types_, id, b)) return false;
        if (!present) return true;
        id = type->element;
      } else {
        const uint32_t member = union_member(types_, id, a);
        if (member != union_member(types_, id, b)) return false;
        id = type->members[member];
      }
      type = &types_[id];
    }
    switch (types_.base_kind(id)) {
      case TypeKind::Void: return true;
      case TypeKind::Bool: return load<uint8_t>(a) == load<uint8_t>(b);
      case TypeKind::Float: return load<double>(a) == load<double>(b);
      case TypeKind::String:
      case TypeKind::Media:
      case TypeKind::Bytes: return load<Text>(a).view() == load<Text>(b).view();
      case TypeKind::Json: return json_equal(load<Text>(a).view(), load<Text>(b).view());
      case TypeKind::Enum: return load<uint32_t>(a) == load<uint32_t>(b);
      case TypeKind::Record: return later(*type, load<const void*>(a), load<const void*>(b));
      case TypeKind::List: return load<List>(a).size == load<List>(b).size && later(*type, a, b);
      case TypeKind::Map: {
        const auto* first = load<const Map*>(a);
        const auto* second = load<const Map*>(b);
        return first->size == second->size && later(*type, first, second);
      }
      default: return load<int64_t>(a) == load<int64_t>(b);
    }
  }

  bool later(const Type& type, const void* a, const void* b) {
    left_.push_back({&type, a, b});
    return true;
  }

  bool next() {
    const Pair pair = left_.back();
    left_.pop_back();
    switch (pair.type->kind) {
      case TypeKind::Record: return next_record(pair);
      case TypeKind::List: return next_element(pair);
      default: return next_entry(pair);
    }
  }

  bool next_record(const Pair& pair) {
    for (const Field& field : pair.type->fields) {
      if (!compare(field.type, value::at(pair.a, field.offset), value::at(pair.b, field.offset)))
        return false;
    }
    return true;
  }

  /// Puts the rest of a list below what its element holds: one entry for a list, however long it is.
  bool next_element(Pair pair) {
    const List a = load<List>(pair.a);
    const List b = load<List>(pair.b);
    const uint32_t stride = types_.stride(pair.type->element);
    while (pair.at < a.size) {
      const uint64_t offset = pair.at++ * stride;
      const size_t before = left_.size();
      if (!compare(pair.type->element, a.data + offset, b.data + offset)) return false;
      if (left_.size() > before) return wait(pair, pair.at < a.size);
    }
    return true;
  }

  bool next_entry(Pair pair) {
    const Map& a = *static_cast<const Map*>(pair.a);
    const Map& b = *static_cast<const Map*>(pair.b);
    const uint32_t stride = map_entry_stride(types_, pair.type->element);
    while (pair.at < a.size) {
      const std::byte* entry = a.entries + pair.at++ * stride;
      const void* other = find_in_map(b, stride, load<Text>(entry).view());
      const size_t before = left_.size();
      if (!other || !compare(pair.type->element, entry + kMapValueOffset, other)) return false;
      if (left_.size() > before) return wait(pair, pair.at < a.size);
    }
    return true;
  }

  bool wait(const Pair& pair, bool any_left) {
    if (any_left) left_.insert(left_.end() - 1, pair);
    return true;
  }

  const program::TypeTable& types_;
  std::vector<Pair> left_;
};

}  // namespace

bool equal(const program::TypeTable& types, TypeId type, const void* a, const void* b) {
  return Comparison(types).same(type, a, b);
}

}  // namespace chain::value
