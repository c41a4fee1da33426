// The oracle's own values: plain trees, read by their type. They cross to native memory only where the real
// runtime is asked for something: library functions, JSON, the text of a value.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "runtime/program/types.h"
#include "runtime/value/arena.h"

namespace chain::oracle {

struct Value;

/// Values in a row. Copies share them until one of them changes, so that copying a deep value costs nothing.
class Values {
 public:
  Values() = default;
  Values(std::initializer_list<Value> values);

  [[nodiscard]] size_t size() const;
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] const Value* begin() const;
  [[nodiscard]] const Value* end() const;
  /// Throws when there is no such value.
  [[nodiscard]] const Value& at(size_t index) const;
  [[nodiscard]] const Value& operator[](size_t index) const { return at(index); }

  void push_back(Value value);
  void set(size_t index, Value value);

 private:
  std::vector<Value>& own();
  std::shared_ptr<std::vector<Value>> shared_;  // null: none
};

struct Value {
  std::variant<bool, int64_t, double, std::string> scalar;  // enums: the case; unions: the member
  Values items;                   // fields, elements, a map's values; of an optional or union: what it holds
  std::vector<std::string> keys;  // of a map, in the order they were put in

  [[nodiscard]] bool flag() const { return std::get<bool>(scalar); }
  [[nodiscard]] int64_t number() const { return std::get<int64_t>(scalar); }
  [[nodiscard]] double real() const { return std::get<double>(scalar); }
  [[nodiscard]] const std::string& text() const { return std::get<std::string>(scalar); }
};

inline Values::Values(std::initializer_list<Value> values)
    : shared_(std::make_shared<std::vector<Value>>(values)) {}
inline size_t Values::size() const {
  return shared_ ? shared_->size() : 0;
}
inline const Value* Values::begin() const {
  return shared_ ? shared_->data() : nullptr;
}
inline const Value* Values::end() const {
  return begin() + size();
}

/// Writes `value` of `type` to `out`, where `types[type].size` bytes are free.
void to_native(const program::TypeTable& types, program::TypeId type, const Value& value, value::Arena& arena,
               void* out);

[[nodiscard]] Value from_native(const program::TypeTable& types, program::TypeId type, const void* value);

/// Structural equality; floats as IEEE 754, maps in any order.
[[nodiscard]] bool equal(const program::TypeTable& types, program::TypeId type, const Value& a,
                         const Value& b);

}  // namespace chain::oracle
