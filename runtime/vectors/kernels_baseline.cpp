#include "runtime/vectors/kernel_sets.h"

constexpr size_t kBytes = 16;
#include "runtime/vectors/kernel_body.h"

namespace chain::vectors {

Kernels baseline_kernels() {
  return {"baseline", dot, dots, distance};
}

}  // namespace chain::vectors
