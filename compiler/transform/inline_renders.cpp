#include "compiler/transform/inline_renders.h"

#include <vector>

#include "compiler/graph/properties.h"

namespace chain::transform {

using graph::Module;
using graph::Node;
using graph::NodeId;
using graph::Op;
using graph::RegionId;

namespace {

class Inlining {
 public:
  explicit Inlining(Module& module) : module_(module), uses_(module.nodes.size()) {}

  void body(RegionId id) {
    count_uses(id);
    region(id);
  }

 private:
  void count_uses(RegionId id) {
    if (module_[id].result.valid()) ++uses_[module_[id].result.index];
    for (NodeId node : module_[id].nodes) {
      for (NodeId operand : module_[node].operands) ++uses_[operand.index];
      for (RegionId inner : module_[node].regions) count_uses(inner);
    }
  }

  void region(RegionId id) {
    std::vector<NodeId> nodes;
    nodes.swap(module_[id].nodes);
    std::vector<NodeId> kept;
    for (size_t i = 0; i < nodes.size(); ++i) {
      const Node& node = module_[nodes[i]];
      for (size_t r = 0; r < node.regions.size(); ++r) region(node.regions[r]);
      if (i + 1 == nodes.size() || !shows(nodes[i], nodes[i + 1])) {
        kept.push_back(nodes[i]);
        continue;
      }
      // Nothing stands between the two, so that nothing happens in another order.
      const RegionId inside = module_[nodes[i]].regions[0];
      kept.insert(kept.end(), module_[inside].nodes.begin(), module_[inside].nodes.end());
      module_[inside] = {};
      ++i;
    }
    module_[id].nodes = std::move(kept);
  }

  /// Whether `next` emits the render `id`, and nothing else uses it.
  [[nodiscard]] bool shows(NodeId id, NodeId next) const {
    const Node& emit = module_[next];
    return module_[id].op == Op::Render && uses_[id.index] == 1 && emit.op == Op::Emit &&
           emit.operands[0] == id;
  }

  Module& module_;
  std::vector<uint32_t> uses_;
};

}  // namespace

void inline_renders(Module& module) {
  Inlining inlining(module);
  graph::for_each_body(module, [&](RegionId body) { inlining.body(body); });
}

}  // namespace chain::transform
