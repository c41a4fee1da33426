// What programs that are started know of this one's environment.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chain::process {

/// Whether a variable of that name decides which code a program is: where it is found, what is loaded into
/// it. Who allows a command allows the program that it names, so none of these can be given to one.
[[nodiscard]] bool chooses_code(std::string_view name);

/// "NAME=value" of each variable that a program needs to find others and to know whose it is, where it is
/// and how its user writes: PATH, HOME, USER, LOGNAME, SHELL, TERM, TMPDIR, TZ, LANG and LC_*. Nothing else
/// is handed on, for this process's environment holds secrets. PATH is there in any case. What is in `more`
/// comes with them, and in their place if it has their name.
[[nodiscard]] std::vector<std::string> environment_with(
    const std::vector<std::pair<std::string, std::string>>& more);

}  // namespace chain::process
