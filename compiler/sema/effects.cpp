// Which chains and agents write: those that call something that does.
#include "compiler/graph/properties.h"
#include "compiler/sema/context.h"

namespace chain::sema {

namespace {

using graph::Op;

bool writes(const graph::Module& module, const graph::Node& node) {
  return (node.op == Op::External && module.externals[node.index].is_barrier()) ||
         (node.op == Op::Chain && module.chains[node.index].writes);
}

bool calls_a_write(const graph::Module& module, const graph::Chain& chain) {
  bool found = false;
  graph::for_each_node(module, chain.body, [&](NodeId id) {
    const graph::Node& node = module[id];
    found = found || writes(module, node);
  });
  return found;
}

bool may_write(const graph::Module& module, const AgentTool& tool) {
  switch (tool.kind) {
    case SymbolKind::Tool: return module.externals[tool.index].is_barrier();
    case SymbolKind::Chain: return tool.index < module.chains.size() && module.chains[tool.index].writes;
    case SymbolKind::Resource: return true;  // a server whose tools are not known: the worst is taken
    default: return false;
  }
}

/// Arms that may be dropped half-way, or run several times, must not write.
void check_alternatives(Context& context, const graph::Module& module, graph::RegionId region) {
  graph::for_each_node(module, region, [&](NodeId id) {
    const graph::Node& node = module[id];
    if (node.op != Op::Race && node.op != Op::Sample) return;
    for (RegionId arm : node.regions) {
      graph::for_each_node(module, arm, [&](NodeId inner) {
        if (!writes(module, module[inner])) return;
        context.diagnostics.report(
            WritesInAlternative{.around = node.op == Op::Race ? "an arm of `race`" : "`sample`"},
            module[inner].span);
      });
    }
  });
}

}  // namespace

/// Each round passes a write on to those that call it; the last round finds nothing new.
void infer_effects(Context& context) {
  graph::Module& module = context.module;
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto& [agent, tools] : context.agent_tools) {
      graph::External& external = module.externals[agent];
      for (const AgentTool& tool : tools) {
        if (external.effect == program::Effect::Writes || !may_write(module, tool)) continue;
        external.effect = program::Effect::Writes;
        changed = true;
      }
    }
    for (graph::Chain& chain : module.chains) {
      if (chain.writes || !calls_a_write(module, chain)) continue;
      chain.writes = true;
      changed = true;
    }
  }
  if (context.diagnostics.has_errors()) return;  // the nodes of a wrong program are never looked at
  for (const graph::Chain& chain : module.chains) check_alternatives(context, module, chain.body);
}

}  // namespace chain::sema
