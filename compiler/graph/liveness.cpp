#include "compiler/graph/liveness.h"

#include <utility>

#include "compiler/graph/properties.h"

namespace chain::graph {

Liveness::Liveness(const Module& module, std::function<bool(const Node&)> lasts)
    : module_(module), lasts_(std::move(lasts)), lasting_(module.nodes.size()), used_(module.nodes.size()) {}

void Liveness::body(RegionId id) {
  mark_lasting(id);
  mark_used(id);
}

bool Liveness::mark_lasting(RegionId id) {
  bool any = false;
  for (NodeId id_of_node : module_[id].nodes) {
    const Node& node = module_[id_of_node];
    bool inside = false;
    for (RegionId inner : node.regions) inside |= mark_lasting(inner);
    if (node.op == Op::Render && inside) inside = holds_lasting(node.regions[0]);
    lasting_[id_of_node.index] = inside || node.op == Op::Emit || lasts_(node);
    any |= lasting_[id_of_node.index];
  }
  return any;
}

/// Besides emits.
bool Liveness::holds_lasting(RegionId id) const {
  bool result = false;
  for_each_node(module_, id,
                [&](NodeId inner) { result |= module_[inner].op != Op::Emit && lasts_(module_[inner]); });
  return result;
}

/// From the last node to the first, so that every use is seen before what it uses.
void Liveness::mark_used(RegionId id) {
  if (module_[id].result.valid()) used_[module_[id].result.index] = true;
  const std::vector<NodeId>& nodes = module_[id].nodes;
  for (size_t i = nodes.size(); i-- > 0;) {
    if (!live(nodes[i])) continue;
    for (NodeId operand : module_[nodes[i]].operands) used_[operand.index] = true;
    for (RegionId inner : module_[nodes[i]].regions) mark_used(inner);
  }
}

namespace {

/// What a call leaves behind besides its value.
class Traces {
 public:
  explicit Traces(const Module& module) : module_(module), chains_(module.chains.size()) {
    std::vector<uint32_t> open;
    for (uint32_t i = 0; i < module.chains.size(); ++i) {
      bool any = module.chains[i].writes;
      for_each_node(module, module.chains[i].body, [&](NodeId id) {
        const Node& node = module[id];
        any |= node.op == Op::Fail || (node.op == Op::External && external(module.externals[node.index]));
      });
      chains_[i] = any;
      if (any) open.push_back(i);
    }
    const std::vector<std::vector<uint32_t>> calling = callers(module);
    while (!open.empty()) {
      const uint32_t callee = open.back();
      open.pop_back();
      for (const uint32_t caller : calling[callee]) {
        if (chains_[caller]) continue;
        chains_[caller] = true;
        open.push_back(caller);
      }
    }
  }

  [[nodiscard]] bool lasts(const Node& node) const {
    if (node.op == Op::Param || node.op == Op::Constant) return false;
    if (node.name.starts_with('_')) return true;
    switch (node.op) {
      case Op::Prompt:
      case Op::Try:
      case Op::Race:
      case Op::Sample: return false;
      case Op::Chain: return chains_[node.index];
      case Op::External: return external(module_.externals[node.index]);
      default: return has_effect(node.op) || may_fail(module_, node);
    }
  }

 private:
  static bool external(const External& external) {
    return external.is_barrier() || external.kind == program::ExternalKind::Log || !external.memory.empty();
  }

  const Module& module_;
  std::vector<bool> chains_;  // whether a call of it does
};

}  // namespace

std::vector<bool> needed(const Module& module) {
  std::vector<bool> result(module.nodes.size(), true);
  const std::vector<bool> tests = test_chains(module);
  Traces traces(module);
  Liveness liveness(module, [&](const Node& node) { return traces.lasts(node); });
  for (size_t i = 0; i < module.chains.size(); ++i) {
    if (tests[i]) continue;
    liveness.body(module.chains[i].body);
    for_each_node(module, module.chains[i].body, [&](NodeId id) { result[id.index] = liveness.live(id); });
  }
  return result;
}

void retain(Module& module, RegionId region, const std::function<bool(NodeId)>& keeps) {
  std::erase_if(module[region].nodes, [&](NodeId node) { return !keeps(node); });
  for (NodeId node : module[region].nodes) {
    for (RegionId inner : module[node].regions) retain(module, inner, keeps);
  }
}

}  // namespace chain::graph
