// JSON strings for what runtime/program writes.
#pragma once

#include <string>
#include <string_view>

namespace chain::program {

/// Appends `text` as a JSON string, quotes included.
void append_quoted(std::string& out, std::string_view text);

}  // namespace chain::program
