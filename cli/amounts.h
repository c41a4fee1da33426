// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace chain::cli {

/// "1 document", "2 documents".
[[nodiscard]] std::string counted(uint64_t count, std::string_view one);

/// "13.3 MiB", "1 byte".
[[nodiscard]] std::string bytes_text(uint64_t bytes);

}  // namespace chain::cli
