#pragma once

#include "compiler/graph/module.h"

namespace chain::transform {

/// Removes calls whose value nothing needs, those made for them alone, and the branches, loops and tries that
/// hold nothing else: what graph::needed leaves out, of which the checker has warned (E0331).
void remove_dead_effects(graph::Module& module);

}  // namespace chain::transform
