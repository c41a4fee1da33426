// Regular expressions for whoever is no function of the library.
#pragma once

#include <string>
#include <string_view>

namespace chain::library {

/// Empty if `pattern` is one that `matches` and its like take; else what RE2 says of it.
[[nodiscard]] std::string pattern_problem(std::string_view pattern);

/// Whether `pattern` is found somewhere in `text`, as `matches` says; false for one that has a problem.
[[nodiscard]] bool pattern_found(std::string_view pattern, std::string_view text);

}  // namespace chain::library
