// What programs that are started know of this one's environment.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace chain::process {

/// "NAME=value" of each variable that a program needs to find others and to know whose it is, where it is
/// and how its user writes: PATH, HOME, USER, LOGNAME, SHELL, TERM, TMPDIR, TZ, LANG and LC_*. Nothing else
/// is handed on, for this process's environment holds secrets. PATH is there in any case. What is in `more`
/// comes with them, and in their place if it has their name.
[[nodiscard]] std::vector<std::string> environment_with(
    const std::vector<std::pair<std::string, std::string>>& more);

}  // namespace chain::process
