// The table of library functions that `f(x)`, `x.f()` and `{{ x | f }}` call: names, signatures, docs.
// Their code is in the files beside this one; runtime/abi/functions.h gives their addresses.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/program/types.h"

namespace chain::library {

/// What the type variable `T` of a signature may stand for.
enum class Bound : uint8_t {
  Any,
  Present,  // everything but optionals
  Ordered,  // bool, int, float, duration, money, string, time, date, enum, and literals of these
};

enum class PatternKind : uint8_t {
  Variable,
  Bool,
  Int,
  Float,
  Duration,
  Money,
  String,
  Time,
  Date,
  Bytes,
  Json,
  Image,
  Audio,
  Video,
  File,
  Optional,
  List,
  Map
};

/// A type with `T` in it: `T?[]` is a List of an Optional of the Variable.
struct Pattern {
  PatternKind kind = PatternKind::Variable;
  std::vector<Pattern> element;  // of Optional, List, Map: one; else empty

  [[nodiscard]] bool mentions_variable() const;
  friend bool operator==(const Pattern&, const Pattern&) = default;
};

/// A parameter's default. `std::monostate` is `none`.
using Default = std::variant<std::monostate, bool, int64_t, double, std::string>;

struct Parameter {
  std::string name;
  Pattern type;
  std::optional<Default> fallback;
};

/// One row of library.def. `graph::Node::index` of a Library node is its place in `functions()`.
struct Function {
  std::string_view name;
  std::string_view symbol;     // of an abi::LibraryFn; rows may share one
  std::string_view signature;  // as written: "(text: string) -> int"
  std::string_view doc;
  Bound bound = Bound::Any;
  std::vector<Parameter> parameters;
  Pattern result;
};

/// Every row, in the order of library.def.
[[nodiscard]] const std::vector<Function>& functions();

/// The rows called `name`, in order; empty if there is none.
[[nodiscard]] std::span<const uint32_t> overloads(std::string_view name);

/// Every name that can be written, once, sorted: for "did you mean" and completion.
[[nodiscard]] const std::vector<std::string_view>& names();

[[nodiscard]] bool admits(Bound bound, const program::TypeTable& types, program::TypeId type);

/// Whether `actual` is exactly of the form `pattern`, with no conversion but that named and constrained types
/// stand for their kind. Binds `variable` if it is still empty, else compares with it.
[[nodiscard]] bool match(const program::TypeTable& types, const Pattern& pattern, program::TypeId actual,
                         std::optional<program::TypeId>& variable);

/// The type that `pattern` is when `T` is `variable`. A pattern without `T` ignores it.
[[nodiscard]] program::TypeId instantiate(program::TypeTable& types, const Pattern& pattern,
                                          program::TypeId variable);

/// "T?[]".
[[nodiscard]] std::string to_string(const Pattern& pattern);

/// Reads one signature; nothing if it is not well formed. For `functions()` and its test.
[[nodiscard]] std::optional<Function> parse_signature(std::string_view signature);

}  // namespace chain::library
