// Functions of Jinja, Python and JavaScript that are called something else here.
#pragma once

#include <string_view>

namespace chain::sema {

struct ForeignFunction {
  std::string_view name;
  std::string_view ours;    // the function that does the same, if there is one
  std::string_view advice;  // else what to write: "a number is shown by `to_fixed(2)`"
};

/// What is known of `name`; null if nothing is.
[[nodiscard]] const ForeignFunction* foreign_function(std::string_view name);

}  // namespace chain::sema
