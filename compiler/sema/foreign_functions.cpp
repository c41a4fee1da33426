#include "compiler/sema/foreign_functions.h"

#include <algorithm>
#include <iterator>

namespace chain::sema {

namespace {

constexpr std::string_view kEach =
    "write `for x in list { ... }`, or `map` for the list of what a function gives";
constexpr ForeignFunction kForeign[] = {
    {"each", kEach, {}},
    {"forEach", kEach, {}},
    {"for_each", kEach, {}},
    {"flatMap", "write `flat_map`", "flat_map"},
    {"select", "write `filter(x => ...)`", {}},
    {"reject", "write `filter(x => not ...)`", {}},
    {"some", "write `any(x => ...)`", "any"},
    {"every", "write `all(x => ...)`", "all"},
    {"sortBy", "write `sort_by`", "sort_by"},
    {"groupBy", "write `group_by`", "group_by"},
    {"groupby", "write `group_by`", "group_by"},
    {"findIndex", "write `find_index`", "find_index"},
    {"findLast", "write `list.reverse().find(x => ...)`", {}},
    {"count_if", "write `count(x => ...)`", "count"},
    {"foldl", "write `fold`", "fold"},
    {"zip", "write `zip_with`, which says what becomes of each pair", {}},
    {"enumerate", "take the index besides: `list.map((x, i) => ...)`", {}},
    {"mapValues", "write `map_values`", "map_values"},
    {"takeWhile", "write `take_while`", "take_while"},
    {"dropWhile", "write `drop_while`", "drop_while"},
    {"partition", "write `filter` twice", {}},
    {"print", "write `log`", "log"},
    {"println", "write `log`", "log"},
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
};

}  // namespace

const ForeignFunction* foreign_function(std::string_view name) {
  const auto* found = std::ranges::find(kForeign, name, &ForeignFunction::name);
  return found == std::end(kForeign) ? nullptr : found;
}

bool may_mean(std::string_view name, std::string_view best) {
  if (name.size() != best.size() || name.size() > 3) return true;
  return std::ranges::is_permutation(name, best);  // two letters in the wrong order
}

}  // namespace chain::sema
