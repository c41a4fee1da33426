// The sets of kernels; those that the processor lacks may be asked for, not called.
#pragma once

#include "runtime/vectors/kernels.h"

namespace chain::vectors {

Kernels baseline_kernels();  // SSE2, NEON, or whatever every processor of its kind has
Kernels avx2_kernels();      // with FMA
Kernels avx512_kernels();

}  // namespace chain::vectors
