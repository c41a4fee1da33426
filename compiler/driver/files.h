// Reading sources and writing files, without surprises.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace chain::driver {

/// A whole regular file of at most `limit` bytes; nothing if it cannot be read or is something else.
[[nodiscard]] std::optional<std::string> read_file(const std::string& path, size_t limit = size_t{1} << 30);

/// Writes a new file beside `path`, mode 0600, and gives it that name. False, and no trace, if it fails.
bool write_file_atomically(const std::string& path, std::string_view bytes);

}  // namespace chain::driver
