#include "compiler/sema/foreign_functions.h"

#include <algorithm>
#include <iterator>

namespace chain::sema {

namespace {

constexpr std::string_view kChoose = "choose elements with `for x in xs where ...`";

constexpr ForeignFunction kFunctions[] = {
    {"attr", "", "a field is written `.name`, and an entry of a map `[\"name\"]`"},
    {"charAt", "slice", ""},
    {"d", "default", ""},
    {"dictsort", "", "sort the keys: `keys(map) | sort`"},
    {"downcase", "lower", ""},
    {"dump", "json", ""},
    {"e", "escape", ""},
    {"endsWith", "ends_with", ""},
    {"endswith", "ends_with", ""},
    {"filesizeformat", "", "a number is shown by `to_fixed(2)`"},
    {"find", "index_of", ""},
    {"forceescape", "escape", ""},
    {"format", "",
     "put the values into the text: `\"{{ a }} of {{ b }}\"`; a number is shown by `to_fixed(2)`"},
    {"groupby", "", kChoose},
    {"includes", "contains", ""},
    {"indexOf", "index_of", ""},
    {"items", "", "go over a map with `{% for key, value in map %}`"},
    {"list", "", "a text's parts are `chars`, `words` or `lines`, and a map's `keys` or `values`"},
    {"ljust", "pad_right", ""},
    {"lstrip", "trim_start", ""},
    {"padEnd", "pad_right", ""},
    {"padStart", "pad_left", ""},
    {"pprint", "", "write `json(2)`"},
    {"push", "append", ""},
    {"random", "", "a template gives the same text for the same values"},
    {"reject", "", kChoose},
    {"rejectattr", "", kChoose},
    {"rjust", "pad_left", ""},
    {"rstrip", "trim_end", ""},
    {"safe", "", "values are put in as they are; leave it out"},
    {"select", "", kChoose},
    {"selectattr", "", kChoose},
    {"size", "len", ""},
    {"splitlines", "lines", ""},
    {"startsWith", "starts_with", ""},
    {"startswith", "starts_with", ""},
    {"str", "to_string", ""},
    {"strip", "trim", ""},
    {"substring", "slice", ""},
    {"toFixed", "to_fixed", ""},
    {"toLowerCase", "lower", ""},
    {"toString", "to_string", ""},
    {"toUpperCase", "upper", ""},
    {"to_json", "json", ""},
    {"tojson", "json", ""},
    {"trimEnd", "trim_end", ""},
    {"trimStart", "trim_start", ""},
    {"uniq", "unique", ""},
    {"upcase", "upper", ""},
    {"urlencode", "url_encode", ""},
    {"wordcount", "", "count the words: `words | len`"},
    {"wordwrap", "wrap", ""},
    {"xmlattr", "", "write the attributes into the text, their values through `escape`"},
};

}  // namespace

const ForeignFunction* foreign_function(std::string_view name) {
  const auto* found = std::find_if(std::begin(kFunctions), std::end(kFunctions),
                                   [&](const ForeignFunction& each) { return each.name == name; });
  return found == std::end(kFunctions) ? nullptr : found;
}

}  // namespace chain::sema
