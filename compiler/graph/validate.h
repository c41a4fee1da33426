#pragma once

#include <string>
#include <vector>

#include "compiler/graph/module.h"

namespace chain::graph {

/// What is wrong with the module, one sentence each; empty if it is well formed: ids in range, each node and
/// region in one place, operands in scope, and the operands, types, regions and cases that ops.def asks of
/// each op. A sentence is a bug of the phase before, never of the user. Linear in the size of the module.
[[nodiscard]] std::vector<std::string> validate(const Module& module);

}  // namespace chain::graph
