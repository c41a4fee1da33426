// What can be read off the text of a `where`, so that `baseline` proposes values that keep it.
#pragma once

#include <limits>
#include <span>

#include "runtime/program/types.h"

namespace chain::model::baseline {

/// Bounds on the value (`it >= 1`) and on its length (`len(it) <= 80`), inclusive.
struct Bounds {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  size_t shortest = 0;
  size_t longest = std::numeric_limits<size_t>::max();

  [[nodiscard]] bool allow(double value) const { return value >= low && value <= high; }
};

/// The bounds that comparisons of `it` or `len(it)` with a number set, where they are joined by `and`.
/// Anything else in a `where` is left to the check of the finished value.
[[nodiscard]] Bounds bounds_of(std::span<const program::Constraint> constraints);

/// The bounds of both.
[[nodiscard]] Bounds narrow(Bounds left, const Bounds& right);

}  // namespace chain::model::baseline
