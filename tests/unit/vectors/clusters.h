// Vectors like those of texts: clusters in a space of few dimensions, seen in one of many.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace chain::test {

/// `count` vectors of unit length, drawn from `clusters` Gaussian clusters (all as likely, centres and spread
/// of deviation 1 and `spread`) in `latent` dimensions, mapped to `dimensions` by a random matrix. The same
/// for the same numbers, everywhere; `draw` makes others of the same clusters.
struct Clusters {
  size_t dimensions = 128;
  size_t latent = 24;
  size_t clusters = 1000;
  double spread = 0.5;
  uint64_t seed = 1;

  [[nodiscard]] std::vector<float> vectors(size_t count, uint64_t draw = 0) const;
};

/// The `at`-th of vectors that follow each other.
[[nodiscard]] inline std::span<const float> vector_at(const std::vector<float>& all, size_t at,
                                                      size_t dimensions) {
  return std::span(all).subspan(at * dimensions, dimensions);
}

}  // namespace chain::test
