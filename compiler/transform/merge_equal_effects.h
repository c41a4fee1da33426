#pragma once

#include "compiler/graph/module.h"

namespace chain::transform {

/// Makes one call of calls that ask the same of the same: the first in the text, whose answer serves all.
/// Nothing is called that was not, and nothing waits for what it did not wait for. Left alone are what
/// writes, asks a person or reads what may change; what a `sample` holds; tests; and, where a loop stands
/// between the two, a model that may answer otherwise: asking again is what such a loop is for. See
/// docs/decisions/equal-calls-are-one.md.
void merge_equal_effects(graph::Module& module);

}  // namespace chain::transform
