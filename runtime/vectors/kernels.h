// The inner products that every search comes down to, for what the processor at hand can do. Each set is
// compiled in a file of its own, of which nothing but these functions is called.
#pragma once

#include <cstddef>
#include <span>

namespace chain::vectors {

/// Vectors are padded with zeros to a multiple of this many floats, which is a cache line.
inline constexpr size_t kLane = 16;

struct Kernels {
  const char* name;  // "baseline", "avx2", "avx512"
  /// Of two vectors of `width` floats, a multiple of kLane. They need not be aligned.
  float (*dot)(const float* left, const float* right, size_t width);
  /// Of `query` and `count` vectors that begin `step` floats apart.
  void (*dots)(const float* query, const float* rows, size_t step, size_t count, size_t width,
               float* results);
  /// Minus the inner product; `width` is a size_t. What hnswlib wants.
  float (*distance)(const void* left, const void* right, const void* width);
};

/// The best set that this machine can run.
[[nodiscard]] const Kernels& kernels();

/// All that it can run, best last.
[[nodiscard]] std::span<const Kernels> all_kernels();

}  // namespace chain::vectors
