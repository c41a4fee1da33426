// Small files that only the user can read and write: what was allowed, tokens.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace chain::access {

/// All of a file of this user's that nobody else can write; nothing otherwise, or beyond 4 MiB.
[[nodiscard]] std::optional<std::string> read_own(const std::string& path);

/// Puts `text` at `path`, a file of mode 0600 in `folder`, which is made with mode 0700; at once, so that
/// nobody ever reads half of it. False, with `error` set, if it cannot be written, or if others can write the
/// folder.
[[nodiscard]] bool write_own(const std::string& folder, const std::string& path, std::string_view text,
                             std::string& error);

}  // namespace chain::access
