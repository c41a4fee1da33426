// The code of library.def: C functions of the form abi::LibraryFn. They take time linear in their arguments
// (sorting: n log n), allocate in the run's arena, and give no more than `kMaxResultBytes` at once.
#pragma once

#include <cstdint>

#include "runtime/abi/context.h"

namespace chain::library {

/// Larger results fail with invalid_value: `repeat("x", 1000000000)` must not take the machine's memory.
inline constexpr uint64_t kMaxResultBytes = uint64_t{64} << 20;

/// The code of row `index` of library.def. It leaves Context::error_site unset when it fails: the caller
/// knows the place.
[[nodiscard]] abi::LibraryFn address(uint32_t index);

}  // namespace chain::library
