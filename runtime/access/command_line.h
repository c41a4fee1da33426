// A command as one line, as a shell would want it, and as rules and permissions have it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chain::access {

/// One word, in quotes if it would otherwise read as several. Where `literal`, of as many as the word has
/// bytes, says no, a `*` of the word stands for what is made at run time, and is left outside of quotes;
/// empty if all of it is meant as it is.
[[nodiscard]] std::string quoted_word(std::string_view word, const std::vector<bool>& literal = {});

/// A program and its arguments.
[[nodiscard]] std::string command_line(const std::vector<std::string>& words);

}  // namespace chain::access
