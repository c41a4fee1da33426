// Text that comes in pieces, as the inside of a JSON string. Internal to runtime/value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace chain::value {

struct GrowingText {
  bool escapes = true;    // `raw` holds backslash escapes
  bool complete = false;  // nothing more will come
};

/// Appends as much of `raw` as can be told yet: no half characters, no half escapes. Gives the bytes it has
/// read.
uint32_t append_growing(std::string& out, std::string_view raw, GrowingText form);

}  // namespace chain::value
