#include "compiler/transform/remove_dead_nodes.h"

#include "compiler/graph/liveness.h"
#include "compiler/graph/properties.h"

namespace chain::transform {

using graph::Module;
using graph::Node;
using graph::NodeId;
using graph::RegionId;

void remove_dead_nodes(Module& module) {
  graph::Liveness liveness(
      module, [&](const Node& node) { return graph::has_effect(node.op) || graph::may_fail(module, node); });
  graph::for_each_body(module, [&](RegionId body) {
    liveness.body(body);
    graph::retain(module, body, [&](NodeId id) { return liveness.live(id); });
  });
}

}  // namespace chain::transform
