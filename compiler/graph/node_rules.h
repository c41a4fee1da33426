#pragma once

#include <string>

#include "compiler/graph/module.h"

namespace chain::graph {

/// What ops.def asks of the node's operands, type, index, regions and cases. Gives the first rule that it
/// breaks, or an empty string. Every id that the node mentions must be in range; where it stands is
/// validate's business.
[[nodiscard]] std::string broken_rule(const Module& module, const Node& node);

}  // namespace chain::graph
