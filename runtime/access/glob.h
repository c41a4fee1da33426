// Patterns in which `*` stands for any text.
#pragma once

#include <string_view>

namespace chain::access {

/// Whether `text` is of the form `pattern`: `*` stands for any characters but those in `stops`, `**` for any
/// at all. A `*` in `text` is not special, but that no single `*` of the pattern covers a `**` of the text.
[[nodiscard]] bool covers(std::string_view pattern, std::string_view text, std::string_view stops = {});

/// Whether some text is of both forms, `*` standing for any characters in either.
[[nodiscard]] bool overlap(std::string_view one, std::string_view other);

}  // namespace chain::access
