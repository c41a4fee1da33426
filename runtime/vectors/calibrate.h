// How much effort a search needs to find what an exact one finds.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "runtime/vectors/index.h"
#include "runtime/vectors/rows.h"

namespace chain::vectors {

inline constexpr size_t kCalibrationQueries = 200;

/// What is tried: searches among rows with an effort, which is a number of cells or of candidates.
struct Trial {
  View rows;
  std::span<const int64_t> ids;  // of the rows
  View queries;
  bool queries_are_rows = false;  // so that each finds itself, which does not count
  uint32_t least = 1, most = 1;   // effort
  std::function<void(const float* query, uint32_t effort, Best& best)> search;
};

/// The least effort with which the ten nearest are found up to the share that is aimed at, .95 on average
/// over the queries; `most` if there is none. 0 if `stop` said so.
[[nodiscard]] uint32_t calibrate(const Trial& trial, const Stop& stop);

/// `count` rows of `of`, evenly apart, ascending.
[[nodiscard]] std::vector<uint32_t> rows_evenly(size_t count, size_t of);

/// Those rows, one after the other.
[[nodiscard]] Lines copies_of(const Sorted& vectors, std::span<const uint32_t> rows);

}  // namespace chain::vectors
