// "Did you mean", as the end of a message.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/diagnostics.h"

namespace chain::sema {

/// "; did you mean `x`?" if one of `candidates` is close to `name`, else empty. Empty as well once
/// diagnostics are dropped, so that a file of nothing but mistakes stays cheap.
[[nodiscard]] std::string hint_among(const Diagnostics& diagnostics, std::string_view name,
                                     const std::vector<std::string_view>& candidates);

/// The same for `name`, but the candidate alone, for a fix.
[[nodiscard]] std::string_view closest(const Diagnostics& diagnostics, std::string_view name,
                                       const std::vector<std::string_view>& candidates);

[[nodiscard]] std::vector<std::string_view> views(const std::vector<std::string>& names);

}  // namespace chain::sema
