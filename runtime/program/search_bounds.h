// What a search of an index takes: held against constants when a program is checked, and against the rest
// when it runs.
#pragma once

#include <cstdint>
#include <string_view>

namespace chain::program {

/// Both bounds are included.
struct SearchBound {
  std::string_view parameter;
  int64_t least;
  int64_t most;
};

inline constexpr SearchBound kSearchBounds[] = {{"top", 1, 1000}, {"mmr", 0, 1}, {"neighbours", 0, 10}};

}  // namespace chain::program
