#pragma once

#include "compiler/graph/module.h"

namespace chain::transform {

/// Makes one `emit` of neighbouring ones whose text is known, and a constant of a render that has nothing
/// else. Constant numbers, bools and enum cases become the text that they show.
void fold_text(graph::Module& module);

}  // namespace chain::transform
