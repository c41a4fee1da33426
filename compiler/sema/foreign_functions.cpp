#include "compiler/sema/foreign_functions.h"

#include <algorithm>
#include <iterator>

namespace chain::sema {

namespace {

constexpr std::string_view kEach =
    "write `for x in list { ... }`, which gives the list of what its block gives";
constexpr std::string_view kSome = "write `for x in list where ... { x }`";
constexpr std::string_view kFold = "add up with `sum` or `join`, over `for x in list { ... }`";
constexpr std::string_view kFind = "write `first(for x in list where ... { x })`";
constexpr std::string_view kAny = "write `any(for x in list { ... })`";
constexpr std::string_view kAll = "write `all(for x in list { ... })`";
constexpr std::string_view kSort = "`sort` goes by the elements themselves";

constexpr ForeignFunction kForeign[] = {
    {"map", kEach, {}},
    {"each", kEach, {}},
    {"forEach", kEach, {}},
    {"for_each", kEach, {}},
    {"flatMap", kEach, {}},
    {"flat_map", kEach, {}},
    {"filter", kSome, {}},
    {"select", kSome, {}},
    {"reject", kSome, {}},
    {"reduce", kFold, {}},
    {"fold", kFold, {}},
    {"find", kFind, {}},
    {"some", kAny, {}},
    {"every", kAll, {}},
    {"sort_by", kSort, {}},
    {"sortBy", kSort, {}},
    {"sorted", "write `sort`", "sort"},
    {"reversed", "write `reverse`", "reverse"},
    {"push", "write `append`", "append"},
    {"add", "write `append`", "append"},
    {"extend", "write `concat`", "concat"},
    {"size", "write `len`", "len"},
    {"str", "write `to_string`", "to_string"},
    {"strip", "write `trim`", "trim"},
    {"includes", "write `contains`", "contains"},
    {"substring", "write `slice`", "slice"},
    {"substr", "write `slice`", "slice"},
    {"parseInt", "write `to_int`", "to_int"},
    {"parseFloat", "write `to_float`", "to_float"},
    {"toUpperCase", "write `upper`", "upper"},
    {"toLowerCase", "write `lower`", "lower"},
    {"uppercase", "write `upper`", "upper"},
    {"lowercase", "write `lower`", "lower"},
};

constexpr std::string_view kLater[] = {"now", "random", "log", "trust", "secret"};

}  // namespace

const ForeignFunction* foreign_function(std::string_view name) {
  const auto* found = std::ranges::find(kForeign, name, &ForeignFunction::name);
  return found == std::end(kForeign) ? nullptr : found;
}

bool is_later_function(std::string_view name) {
  return std::ranges::find(kLater, name) != std::end(kLater);
}

bool may_mean(std::string_view name, std::string_view best) {
  if (name.size() != best.size() || name.size() > 3) return true;
  return std::ranges::is_permutation(name, best);  // two letters in the wrong order
}

}  // namespace chain::sema
