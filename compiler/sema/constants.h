// Values that are known while compiling: what `const` names, defaults, examples and options hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compiler/graph/module.h"
#include "compiler/source/source.h"

namespace chain::sema {

class LibraryValues;

/// A constant, with its type. Enums are the index of their case; durations and money their integer.
struct Constant {
  /// none / bool / int64 / double / string, or the parts: a record's fields, a list's elements, a map's keys
  /// and values in turn, and the one value inside a union or an optional that is present.
  using Parts = std::vector<Constant>;
  program::TypeId type;
  std::variant<std::monostate, bool, int64_t, double, std::string, Parts> value;
};

/// The place of `member` in the union `whole`.
[[nodiscard]] uint32_t member_index(const program::TypeTable& types, program::TypeId whole,
                                    program::TypeId member);

/// By value alone; both are of one type.
[[nodiscard]] bool operator==(const Constant& a, const Constant& b);
[[nodiscard]] bool operator<(const Constant& a, const Constant& b);

/// How many parts (and kilobytes of text) one constant may have: constants are copied to where they are used.
inline constexpr size_t kConstantLimit = 20'000;

/// How many parts may be made while the constants of one program are computed: loops end sooner than
/// patience.
inline constexpr size_t kConstantBudget = 20'000'000;

/// The number of parts, text counted by the kilobyte.
[[nodiscard]] size_t weight(const Constant& constant);

/// As `--input` would have it: names, or aliases in a model's view; durations and money as text.
[[nodiscard]] std::string to_json(const program::TypeTable& types, const Constant& constant,
                                  bool models_view = false);

/// Why a node's value is not known while compiling.
struct NotKnown {
  enum class Reason : uint8_t { NotConstant, Fails, TooLarge };
  Reason reason = Reason::NotConstant;
  Span span;
  std::string why;
};

/// A value that is to meet a `where`: `predicate` is its place in graph::Module::predicates.
struct CheckedConstant {
  uint32_t predicate = 0;
  Constant value;
  Span span;
};

/// Computes the nodes of `region`, which may have no parameters, and gives its result. Conditions need not be
/// built yet: those that the values are to meet are added to `checks`. What it takes comes off `budget`.
[[nodiscard]] std::variant<Constant, NotKnown> evaluate(const graph::Module& module, graph::RegionId region,
                                                        std::vector<CheckedConstant>& checks, size_t& budget);

/// Whether `value` meets a `where`; nothing if that is not known before the program runs.
[[nodiscard]] std::optional<bool> holds(const graph::Module& module, uint32_t predicate,
                                        const Constant& value, LibraryValues& library, size_t& budget);

/// The Checks among the nodes of a right module of which the value is a constant.
[[nodiscard]] std::vector<CheckedConstant> known_checks(const graph::Module& module);

}  // namespace chain::sema
