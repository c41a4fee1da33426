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
    {"attr", "a field is written `.name`, and an entry of a map `[\"name\"]`", {}},
    {"charAt", "write `slice`", "slice"},
    {"d", "write `default`", "default"},
    {"dictsort", "sort the keys: `keys(map) | sort`", {}},
    {"downcase", "write `lower`", "lower"},
    {"dump", "write `json`", "json"},
    {"e", "write `escape`", "escape"},
    {"endsWith", "write `ends_with`", "ends_with"},
    {"endswith", "write `ends_with`", "ends_with"},
    {"filesizeformat", "a number is shown by `to_fixed(2)`", {}},
    {"forceescape", "write `escape`", "escape"},
    {"format",
     "put the values into the text: `\"{{ a }} of {{ b }}\"`; a number is shown by `to_fixed(2)`",
     {}},
    {"indexOf", "write `index_of`", "index_of"},
    {"items", "go over a map with `{% for key, value in map %}`", {}},
    {"list", "a text's parts are `chars`, `words` or `lines`, and a map's `keys` or `values`", {}},
    {"ljust", "write `pad_right`", "pad_right"},
    {"lstrip", "write `trim_start`", "trim_start"},
    {"padEnd", "write `pad_right`", "pad_right"},
    {"padStart", "write `pad_left`", "pad_left"},
    {"pprint", "write `json(2)`", {}},
    {"random", "a template gives the same text for the same values", {}},
    {"rjust", "write `pad_left`", "pad_left"},
    {"rstrip", "write `trim_end`", "trim_end"},
    {"safe", "values are put in as they are; leave it out", {}},
    {"splitlines", "write `lines`", "lines"},
    {"startsWith", "write `starts_with`", "starts_with"},
    {"startswith", "write `starts_with`", "starts_with"},
    {"toFixed", "write `to_fixed`", "to_fixed"},
    {"toString", "write `to_string`", "to_string"},
    {"to_json", "write `json`", "json"},
    {"tojson", "write `json`", "json"},
    {"trimEnd", "write `trim_end`", "trim_end"},
    {"trimStart", "write `trim_start`", "trim_start"},
    {"uniq", "write `unique`", "unique"},
    {"upcase", "write `upper`", "upper"},
    {"urlencode", "write `url_encode`", "url_encode"},
    {"wordcount", "count the words: `words | len`", {}},
    {"wordwrap", "write `wrap`", "wrap"},
    {"xmlattr", "write the attributes into the text, their values through `escape`", {}},
    {"g", kSome, {}},
    {"r", kSome, {}},
    {"r", kSome, {}},
    {"s", kSome, {}},
    {"s", kSome, {}},
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
