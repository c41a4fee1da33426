// Paths of URLs that hold what somebody filled in: they lead down, never elsewhere.
#pragma once

#include <string_view>

namespace chain::value {

/// Whether a part of `path`, the path of a URL or a piece of one, leads out of where it stands for some
/// server: it is `.` or `..`, or holds these between slashes of its own, however often it is encoded (`%2e`,
/// `..%2f`, `%252e`, `..%5c`, `..;x`); or it holds `\`, which some take for a slash, or a NUL.
[[nodiscard]] bool climbs(std::string_view path);

}  // namespace chain::value
