// Text that is too long to be shown whole.
#pragma once

#include <string>
#include <string_view>

namespace chain::cli {

/// At most about `most` bytes of `text`, which is UTF-8: its beginning and its end, and between them a line
/// that says how much is missing and which command has it: "[198,000 bytes are not shown; `chain show 7f
/// --json` has them]".
[[nodiscard]] std::string with_middle_cut(std::string_view text, size_t most, std::string_view command);

}  // namespace chain::cli
