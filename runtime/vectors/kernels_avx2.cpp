#include "runtime/vectors/kernel_sets.h"

constexpr size_t kBytes = 32;
#include "runtime/vectors/kernel_body.h"

namespace chain::vectors {

Kernels avx2_kernels() {
  return {"avx2", dot, dots, distance};
}

}  // namespace chain::vectors
