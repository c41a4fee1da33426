#include "runtime/vectors/kernels.h"

#include <vector>

#include "runtime/vectors/kernel_sets.h"

namespace chain::vectors {

std::span<const Kernels> all_kernels() {
  static const std::vector<Kernels> sets = [] {
    std::vector<Kernels> able = {baseline_kernels()};
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) able.push_back(avx2_kernels());
    if (__builtin_cpu_supports("avx512f")) able.push_back(avx512_kernels());
#endif
    return able;
  }();
  return sets;
}

const Kernels& kernels() {
  static const Kernels& best = all_kernels().back();
  return best;
}

}  // namespace chain::vectors
