#include "compiler/transform/remove_dead_nodes.h"

#include <vector>

#include "compiler/graph/properties.h"

namespace chain::transform {

using graph::Module;
using graph::Node;
using graph::NodeId;
using graph::Op;
using graph::RegionId;

namespace {

class Removal {
 public:
  explicit Removal(Module& module)
      : module_(module), lasting_(module.nodes.size()), used_(module.nodes.size()) {}

  void body(RegionId id) {
    mark_lasting(id);
    sweep(id);
  }

 private:
  /// Finds the nodes that stay even if their value is not used: those that do something, or hold one that
  /// does.
  bool mark_lasting(RegionId id) {
    bool any = false;
    for (NodeId node : module_[id].nodes) {
      bool inside = false;
      for (RegionId inner : module_[node].regions) inside |= mark_lasting(inner);
      // An emit shows only in its render, so it keeps that no more than any other pure node does.
      if (module_[node].op == Op::Render && inside) inside = fails_or_acts(module_[node].regions[0]);
      lasting_[node.index] =
          inside || graph::has_effect(module_[node].op) || graph::may_fail(module_, module_[node]);
      any |= lasting_[node.index];
    }
    return any;
  }

  bool fails_or_acts(RegionId id) const {
    bool result = false;
    graph::for_each_node(module_, id, [&](NodeId inner) {
      const Node& node = module_[inner];
      result |= node.op != Op::Emit && (graph::has_effect(node.op) || graph::may_fail(module_, node));
    });
    return result;
  }

  /// From the last node to the first, so that every use is seen before what it uses.
  void sweep(RegionId id) {
    if (module_[id].result.valid()) used_[module_[id].result.index] = true;
    std::vector<NodeId>& nodes = module_[id].nodes;
    for (size_t i = nodes.size(); i-- > 0;) {
      if (!lasting_[nodes[i].index] && !used_[nodes[i].index]) continue;
      for (NodeId operand : module_[nodes[i]].operands) used_[operand.index] = true;
      for (RegionId inner : module_[nodes[i]].regions) sweep(inner);
    }
    std::erase_if(nodes, [&](NodeId node) { return !lasting_[node.index] && !used_[node.index]; });
  }

  Module& module_;
  std::vector<bool> lasting_;
  std::vector<bool> used_;
};

}  // namespace

void remove_dead_nodes(Module& module) {
  Removal removal(module);
  graph::for_each_body(module, [&](RegionId body) { removal.body(body); });
}

}  // namespace chain::transform
