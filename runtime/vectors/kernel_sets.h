// The sets of kernels, each compiled for processors that have what its name says: only to be asked for there.
#pragma once

#include "runtime/vectors/kernels.h"

namespace chain::vectors {

Kernels baseline_kernels();  // SSE2, NEON, or whatever every processor of its kind has
Kernels avx2_kernels();      // and FMA
Kernels avx512_kernels();    // its foundation, AVX512F

}  // namespace chain::vectors
