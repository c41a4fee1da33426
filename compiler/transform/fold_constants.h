#pragma once

#include "compiler/graph/module.h"

namespace chain::transform {

/// Computes what is known before the run: arithmetic, comparisons, texts and library calls on constants,
/// `where`s that hold, fields of records just made, and optionals known to be there; takes the arm of a
/// branch whose condition is known in place of the branch. What would fail stays, so that it fails when it is
/// reached.
void fold_constants(graph::Module& module);

}  // namespace chain::transform
