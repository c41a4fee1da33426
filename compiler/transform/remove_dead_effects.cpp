#include "compiler/transform/remove_dead_effects.h"

#include "compiler/graph/liveness.h"

namespace chain::transform {

void remove_dead_effects(graph::Module& module) {
  const std::vector<bool> needed = graph::needed(module);
  for (const graph::Chain& chain : module.chains) {
    graph::retain(module, chain.body, [&](graph::NodeId id) { return needed[id.index]; });
  }
}

}  // namespace chain::transform
