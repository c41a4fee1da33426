// The library's functions that take a function: names, signatures, docs.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace chain::library {

enum class HigherOrderKind : uint8_t {
#define HIGHER(name, kind, signature, doc) kind,
#include "runtime/library/higher_order.def"
#undef HIGHER
};

struct HigherOrder {
  struct Parameter {
    std::string_view name;
    bool is_function = false;
    bool has_default = false;
  };
  std::string_view name;
  HigherOrderKind kind;
  std::string_view signature;  // as written: "(list: T[], to: T => U) -> U[]"
  std::string_view doc;
  std::vector<Parameter> parameters;
};

/// Every row, in the order of higher_order.def.
[[nodiscard]] std::span<const HigherOrder> higher_order();

/// The row of that name; null if there is none.
[[nodiscard]] const HigherOrder* higher_order(std::string_view name);

}  // namespace chain::library
