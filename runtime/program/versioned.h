// Names as people write them.
#pragma once

#include <string>
#include <string_view>

#include "runtime/program/program.h"

namespace chain::program {

/// "reply@1.0", or "reply" if it has no version.
[[nodiscard]] std::string versioned(std::string_view name, Version version);

}  // namespace chain::program
