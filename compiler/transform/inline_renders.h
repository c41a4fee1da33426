#pragma once

#include "compiler/graph/module.h"

namespace chain::transform {

/// Puts a render that is shown right where it was made in place of the emit that shows it: `{{ card(x) }}`, a
/// string within a template. Its text then needs no memory of its own, and no copy.
void inline_renders(graph::Module& module);

}  // namespace chain::transform
