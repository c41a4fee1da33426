// Vectors of unit length in cells around centres: spherical k-means (Dhillon and Modha 2001).
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/vectors/index.h"
#include "runtime/vectors/rows.h"

namespace chain::vectors {

/// `cells` centres (at least 1 and at most `sample.count`), of unit length and `sample.width` floats each.
/// The same for the same sample; empty if `stop` said so.
[[nodiscard]] Lines centres_of(const View& sample, uint32_t cells, const Stop& stop);

/// The centre that `vector` is nearest to. `scores` has room for one a centre.
[[nodiscard]] uint32_t nearest_centre(const float* vector, const View& centres, std::vector<float>& scores);

}  // namespace chain::vectors
