// How much effort a search needs to find what an exact one finds.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "runtime/vectors/index.h"
#include "runtime/vectors/rows.h"

namespace chain::vectors {

/// Searches with an effort: cells that are looked into, or candidates that are kept.
using Attempt = std::function<void(const float* query, uint32_t effort, Best& best)>;

/// The least of `efforts`, which ascend, with which `attempt` finds, on average over queries that lie among
/// the rows, the share of the ten nearest that is aimed at; the last one if none does. 0 if `stop` said so.
[[nodiscard]] uint32_t calibrate(const View& rows, std::span<const int64_t> ids,
                                 const std::vector<uint32_t>& efforts, const Attempt& attempt,
                                 const Stop& stop);

/// 1, 2, 3, 4, 6, 8, 12, ... from `least` to `most`, which is the last.
[[nodiscard]] std::vector<uint32_t> efforts_between(uint32_t least, uint32_t most);

}  // namespace chain::vectors
