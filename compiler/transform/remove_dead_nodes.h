#pragma once

#include "compiler/graph/module.h"

namespace chain::transform {

/// Removes nodes whose value nobody uses, unless they have an effect or may fail. Prompts and chains stay,
/// whether something calls them or not: they are what the file declares.
void remove_dead_nodes(graph::Module& module);

}  // namespace chain::transform
