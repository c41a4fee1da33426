// Which steps a region has, what each waits for, and which pure code runs inside it.
#pragma once

#include <vector>

#include "compiler/graph/module.h"

namespace chain::transform {

using graph::NodeId;
using graph::RegionId;

/// What a step waits for: the end of another step of its region, or only the moment from which that
/// step can no longer `return`.
struct Dependency {
  uint32_t step = 0;
  bool decided = false;
  friend auto operator<=>(const Dependency&, const Dependency&) = default;
};

/// An effect, a branch or loop that holds effects, or (without `node`) pure code of its own.
struct Step {
  NodeId node;
  std::vector<NodeId> before;  // pure nodes that run first, in order
  std::vector<NodeId> after;   // pure nodes that need this step's result alone
  std::vector<Dependency> dependencies;
  bool may_exit = false;
  bool writes = false;  // a barrier: nothing of its region runs beside it
};

/// A region that has effects: it runs in a frame of its own, step by step. Constants and parameters
/// are in no list: they are made where they are used.
struct RegionPlan {
  std::vector<NodeId> enter;  // pure nodes that need no step
  std::vector<Step> steps;    // in the order of their text
  std::vector<NodeId> yield;  // pure nodes that only the region's result needs
};

/// How control can leave a node other than by its end.
enum Exit : uint8_t {
  kReturns = 1,  // a `return`
  kBreaks = 2,   // a `break` of a loop around it
  kFails = 4,    // a `fail(...)`; calls that fail do not count: nothing in the text says that they do
};

/// What is known of each node and region of a module.
struct Analysis {
  std::vector<bool> effectful;   // by node: an effect, or holds one
  std::vector<uint8_t> exits;    // by node: which of `Exit` it is, or holds
  std::vector<bool> writes;      // by node: a call that writes or asks a person, or holds one
  std::vector<RegionId> home;    // by node: its region
  std::vector<RegionId> parent;  // by region: the one that encloses it; invalid for a body

  [[nodiscard]] bool may_exit(NodeId node) const { return exits[node.index] != 0; }
};

[[nodiscard]] Analysis analyse(const graph::Module& module);

/// Plans one region. Every step starts as early as the rules of order allow: when its inputs are there
/// and no earlier `return` can skip it any more. What writes is a barrier besides: it starts when everything
/// written before it has ended, and nothing behind it starts before its own end. A line of a log and a look
/// at the clock wait likewise, but hold up nothing. Pure code is fused into the effects beside it where it
/// delays nothing: behind the one step that it needs, or in front of the one step that needs it. Takes time
/// linear in the size of the region, for a bounded number of inputs to each node.
[[nodiscard]] RegionPlan plan_region(const graph::Module& module, const Analysis& analysis, RegionId region);

/// The nodes of `home` that `node` uses, those used inside its regions included; each once, in order.
[[nodiscard]] std::vector<NodeId> uses_from(const graph::Module& module, const Analysis& analysis,
                                            NodeId node, RegionId home);

}  // namespace chain::transform
