// Which nodes of a body anything depends on.
#pragma once

#include <functional>
#include <vector>

#include "compiler/graph/module.h"

namespace chain::graph {

/// A node is live if it lasts, if it holds one that does, or if a live node or the body's result uses it.
class Liveness {
 public:
  /// `lasts` says whether a node stays although nobody uses its value. Of an emit it is not asked: that shows
  /// in its render alone. The module outlives the object.
  Liveness(const Module& module, std::function<bool(const Node&)> lasts);

  void body(RegionId id);
  /// Of a body that was looked at.
  [[nodiscard]] bool live(NodeId id) const { return lasting_[id.index] || used_[id.index]; }

 private:
  bool mark_lasting(RegionId id);
  [[nodiscard]] bool holds_lasting(RegionId id) const;
  void mark_used(RegionId id);

  const Module& module_;
  std::function<bool(const Node&)> lasts_;
  std::vector<bool> lasting_;
  std::vector<bool> used_;
};

/// By node: false for calls of a chain's body that nothing needs and that leave no trace, and for what is
/// only there for them. Needed are the calls that write or ask a person, that are made to fail (a chain that
/// says `fail`), and those under a name that begins with `_`; and all of a test.
[[nodiscard]] std::vector<bool> needed(const Module& module);

/// Removes from the region, and from those inside it, the nodes for which `keeps` does not hold.
void retain(Module& module, RegionId region, const std::function<bool(NodeId)>& keeps);

}  // namespace chain::graph
