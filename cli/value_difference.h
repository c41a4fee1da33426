// Where two values differ.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chain::cli {

/// A line for each place in which two JSON values differ, by its path: ".items[2].name: \"a\", not \"b\""
/// where `wanted` has "b"; at most `most`, and one that says how many more there are. Nothing if one of them
/// is neither an object nor a list, of which both can be read at a glance.
[[nodiscard]] std::vector<std::string> value_difference(std::string_view found, std::string_view wanted,
                                                        size_t most = 10);

}  // namespace chain::cli
