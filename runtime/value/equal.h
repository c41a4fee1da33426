// Structural equality.
#pragma once

#include "runtime/program/types.h"
#include "runtime/value/value.h"

namespace chain::value {

/// Whether two values of `type` are the same all the way down, however deep that is. Maps are equal if they
/// hold equal entries in any order; floats compare as `==` does.
[[nodiscard]] bool equal(const program::TypeTable& types, program::TypeId type, const void* a, const void* b);

}  // namespace chain::value
