// Order and hashing of values. Internal to runtime/library.
#pragma once

#include <cstdint>

#include "runtime/program/types.h"

namespace chain::library {

/// Negative, 0 or positive as `a` stands before, beside or behind `b`. Of an ordered type (library.h):
/// strings go by code point, false before true, enums by the place of their case; a NaN stands behind every
/// other float.
[[nodiscard]] int compare(const program::TypeTable& types, program::TypeId type, const void* a,
                          const void* b);

/// Equal values (runtime/value/equal.h) have equal hashes. Differs from process to process.
[[nodiscard]] uint64_t hash(const program::TypeTable& types, program::TypeId type, const void* value);

}  // namespace chain::library
