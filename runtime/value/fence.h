// How text that somebody else wrote is shown to a model.
#pragma once

#include <string>
#include <string_view>

namespace chain::value {

/// `text` within the fence; see fence.cpp.
[[nodiscard]] std::string fenced(std::string_view text);

/// Whether `text` is what `fenced` gives.
[[nodiscard]] bool is_fenced(std::string_view text);

/// `text` with what chat formats and the fence reserve broken by a space.
[[nodiscard]] std::string without_reserved(std::string_view text);

}  // namespace chain::value
