// What a program needs of the world outside.
#pragma once

#include "compiler/graph/module.h"

namespace chain::sema {

/// Fills `graph::Module::capabilities`, sorted and each once for each place that needs it, and `needs` of its
/// chains. Paths are as the source has them; those of imports as `graph::Module::imports` has them.
void find_capabilities(graph::Module& module);

}  // namespace chain::sema
