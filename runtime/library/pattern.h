// What is wrong with a regular expression, for those who check one before the program runs.
#pragma once

#include <string>
#include <string_view>

namespace chain::library {

/// Empty if `pattern` is one that `matches` and its like take; else what RE2 says of it.
[[nodiscard]] std::string pattern_problem(std::string_view pattern);

}  // namespace chain::library
