#pragma once

#include "compiler/graph/module.h"

namespace chain::transform {

/// Makes a call once, before the loop, that each turn of the loop makes with the same arguments, if another
/// call could not give anything else. Where the loop may have no turn, the call stands under that condition.
/// Nothing is called that was not, and nothing in the loop waits for what it did not wait for. See
/// docs/decisions/equal-calls-are-one.md.
void hoist_invariant_effects(graph::Module& module);

}  // namespace chain::transform
