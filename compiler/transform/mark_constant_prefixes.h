#pragma once

#include "compiler/graph/module.h"

namespace chain::transform {

/// Finds how much of each prompt's messages is the same in every call, from the first on: whole parts, and
/// the bytes that the next one begins with. Providers keep such a prefix if they are told of it.
void mark_constant_prefixes(graph::Module& module);

}  // namespace chain::transform
