// The text of a `.env` file: a variable a line.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/model/variables.h"

namespace chain::model {

/// Reads lines `NAME=value`, perhaps behind `export`; blank lines and what follows a `#` at the front of a
/// line or behind a blank do not count. A value in single quotes is taken as it stands; in double quotes
/// `\n`, `\r`,
/// `\t`, `\"`, `\\` and `\$` mean what they do elsewhere; both may go over several lines. One without quotes
/// ends with its line, without the blanks around it. Nothing is run or expanded: `$(` and `${` outside of
/// single quotes are errors. Nothing, and "NAME:LINE:COLUMN: ..." in `error`, without any value, if it is
/// wrong.
[[nodiscard]] std::optional<Variables::Values> read_env_text(std::string_view text, const std::string& name,
                                                             std::string& error);

}  // namespace chain::model
