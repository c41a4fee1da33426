#pragma once

#include <string>

#include "compiler/graph/module.h"

namespace chain::graph {

/// The node's value as a short expression, much as the source had it: `urgency == high`, `review.ok`,
/// `len(xs) < 3`. What has no short form is called after its `let` or its op.
[[nodiscard]] std::string expression_text(const Module& module, NodeId id);

}  // namespace chain::graph
