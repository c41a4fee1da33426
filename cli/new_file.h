// Files that are made, never written over.
#pragma once

#include <string>
#include <string_view>

namespace chain::cli {

/// Makes a file of this text. False, with `error` set, if one is there already or it cannot be written.
[[nodiscard]] bool write_new(const std::string& path, std::string_view text, std::string& error);

}  // namespace chain::cli
