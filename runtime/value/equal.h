// Structural equality.
#pragma once

#include "runtime/program/types.h"
#include "runtime/value/value.h"

namespace chain::value {

/// Whether two values of `type` are the same all the way down. Maps are equal if they hold equal entries in
/// any order; floats compare as `==` does. Values nested deeper than `kMaxValueDepth` are not equal.
[[nodiscard]] bool equal(const program::TypeTable& types, program::TypeId type, const void* a, const void* b);

/// How deep equality and JSON go into a value before they give up. A program can nest records without bound.
inline constexpr uint32_t kMaxValueDepth = 4096;

}  // namespace chain::value
