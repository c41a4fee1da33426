// A run as a tree: the run, the regions on its steps' paths, and the steps.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/store/records.h"

namespace chain::trace {

/// Times are nanoseconds since 1970. A node lies within its parent in time.
struct Node {
  std::string path;                         // "main/reply/for[2]"; of the run, the chain's name
  const store::StepRecord* step = nullptr;  // null for the run and for regions
  uint32_t parent = 0;                      // index; the run's own is 0
  uint32_t depth = 0;
  int64_t started = 0;
  int64_t ended = 0;
  bool open = false;  // its end is not known: `ended` is the latest that it can be
};

/// The run first, then every node behind its parent, siblings by when they began. A call that was asked again
/// (".../repair[1]") and its first asking stand side by side under a region with the call's path. Paths more
/// than 64 parts deep have no regions of their own below that. `steps` must outlive the nodes.
[[nodiscard]] std::vector<Node> tree_of(const store::RunRecord& run,
                                        const std::vector<store::StepRecord>& steps);

/// The last part of a path: "for[2]" of "main/reply/for[2]".
[[nodiscard]] std::string_view last_part(std::string_view path);

}  // namespace chain::trace
