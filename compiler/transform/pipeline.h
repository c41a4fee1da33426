// The passes over a graph, in order.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/graph/module.h"

namespace chain::transform {

struct TransformOptions {
  /// A pass whose graph is shown once it has run, in the form of graph::print; "all" for each, under a line
  /// that names it; empty for none.
  std::string print_after;
  std::function<void(std::string_view text)> print;  // to stderr if there is none
};

/// Names of the passes, in the order they run: what `print_after` may say.
[[nodiscard]] const std::vector<std::string_view>& pass_names();

/// Runs every pass. The module means the same as before: the same results, errors and calls.
void transform(graph::Module& module, const TransformOptions& options = {});

}  // namespace chain::transform
