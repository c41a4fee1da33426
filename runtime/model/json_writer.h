// JSON straight into a buffer: requests are written once and never looked at again.
#pragma once

#include <string>
#include <string_view>

namespace chain::model {

/// Appends `text` as a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace chain::model
