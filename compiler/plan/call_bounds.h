// How many calls a run of a chain makes at most.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "compiler/graph/module.h"
#include "compiler/plan/count.h"

namespace chain::plan {

/// Calls of one prompt, tool, agent, search or person.
struct CallLine {
  std::string kind;              // "prompt", "tool", "agent", ...
  std::string name;              // "classify@2.0"
  std::string model;             // of a prompt or agent
  uint32_t prompt = UINT32_MAX;  // its place in Module::prompts
  bool asks_model = false;
  Count calls;  // how often the program calls it
  /// What each call may come to, as text and as a number: {"(1 + repair 2)", 3}, {"steps 12", 12}.
  std::vector<std::pair<std::string, uint64_t>> repeats;

  /// Requests, if each call is repeated as often as it may be; nothing if there is no bound.
  [[nodiscard]] std::optional<uint64_t> bound() const;
  /// "(1 + len(tickets)) x (1 + repair 2)".
  [[nodiscard]] std::string formula() const;
};

/// The worst case over branches, list lengths, loops, repairs, retries and the `calls` of `within`: an `if`
/// counts with what is most of its arms, a race with all, a `try` with its body and its worst arm. Sorted by
/// kind and name.
[[nodiscard]] std::vector<CallLine> call_bounds(const graph::Module& module, uint32_t chain);

}  // namespace chain::plan
