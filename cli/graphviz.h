// The program `dot` of Graphviz.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace chain::cli {

/// What `dot -Tsvg` makes of `graph`. Nothing, with `error` set, if it is not installed or fails.
[[nodiscard]] std::optional<std::string> run_dot(std::string_view graph, std::string& error);

}  // namespace chain::cli
