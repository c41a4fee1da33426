// The text form of a graph: what `chain graph` and `--print-after` show, and golden tests compare.
#pragma once

#include <string>

#include "compiler/graph/module.h"

namespace chain::graph {

/// Types, models, predicates, prompts with their messages, chains and tests, in the order of the module. The
/// text of equal modules is equal. Nodes are called after their `let`, else numbered in each body; constants
/// stand where they are used. Meant to hold up on a module that `validate` refuses.
[[nodiscard]] std::string print(const Module& module);

/// One region of it, for the messages of tests and passes.
[[nodiscard]] std::string print(const Module& module, RegionId region);

}  // namespace chain::graph
