#include "runtime/vectors/kernel_sets.h"

constexpr size_t kBytes = 64;
#include "runtime/vectors/kernel_body.h"

namespace chain::vectors {

Kernels avx512_kernels() {
  return {"avx512", dot, dots, distance};
}

}  // namespace chain::vectors
