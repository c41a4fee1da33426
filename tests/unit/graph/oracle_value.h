// The oracle's own values: plain trees, read by their type. They cross to native memory only where the real
// runtime is asked for something: library functions, JSON, the text of a value.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "runtime/program/types.h"
#include "runtime/value/arena.h"

namespace chain::oracle {

struct Value {
  std::variant<bool, int64_t, double, std::string> scalar;  // enums: the case; unions: the member
  std::vector<Value> items;       // fields, elements, a map's values; of an optional or union: what it holds
  std::vector<std::string> keys;  // of a map, in the order they were put in

  [[nodiscard]] bool flag() const { return std::get<bool>(scalar); }
  [[nodiscard]] int64_t number() const { return std::get<int64_t>(scalar); }
  [[nodiscard]] double real() const { return std::get<double>(scalar); }
  [[nodiscard]] const std::string& text() const { return std::get<std::string>(scalar); }
};

/// Writes `value` of `type` to `out`, where `types[type].size` bytes are free.
void to_native(const program::TypeTable& types, program::TypeId type, const Value& value, value::Arena& arena,
               void* out);

[[nodiscard]] Value from_native(const program::TypeTable& types, program::TypeId type, const void* value);

/// Structural equality; floats as IEEE 754, maps in any order.
[[nodiscard]] bool equal(const program::TypeTable& types, program::TypeId type, const Value& a,
                         const Value& b);

}  // namespace chain::oracle
