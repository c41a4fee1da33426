// Which chains and agents write: those that call something that does.
#include "compiler/graph/properties.h"
#include "compiler/sema/context.h"

namespace chain::sema {

namespace {

using graph::Op;

bool is_write(const graph::Module& module, const graph::Node& node) {
  return (node.op == Op::External && module.externals[node.index].is_barrier()) ||
         (node.op == Op::Chain && module.chains[node.index].writes);
}

bool calls_a_write(const graph::Module& module, RegionId region) {
  bool writes = false;
  graph::for_each_node(module, region, [&](NodeId id) { writes = writes || is_write(module, module[id]); });
  return writes;
}

/// The arms of a race and the turns of a sample that are dropped must have left nothing behind.
void check_alternatives(Context& context, const graph::Chain& chain) {
  const graph::Module& module = context.module;
  graph::for_each_node(module, chain.body, [&](NodeId id) {
    const graph::Node& node = module[id];
    if (node.op != Op::Race && node.op != Op::Sample) return;
    for (RegionId arm : node.regions) {
      graph::for_each_node(module, arm, [&](NodeId inner) {
        if (!is_write(module, module[inner])) return;
        context.diagnostics.report(WriteInAlternative{.around = node.op == Op::Race ? "a race" : "a sample"},
                                   module[inner].span);
      });
    }
  });
}

bool may_write(const graph::Module& module, const AgentTool& tool) {
  switch (tool.kind) {
    case SymbolKind::Tool: return module.externals[tool.index].is_barrier();
    case SymbolKind::Chain: return tool.index < module.chains.size() && module.chains[tool.index].writes;
    default: return false;
  }
}

graph::Callable callable(const AgentTool& tool) {
  using Kind = graph::Callable::Kind;
  const Kind kind = tool.kind == SymbolKind::Chain    ? Kind::Chain
                    : tool.kind == SymbolKind::Prompt ? Kind::Prompt
                                                      : Kind::External;
  return {kind, tool.index};
}

}  // namespace

/// Each round passes a write on to those that call it; the last round finds nothing new.
void infer_effects(Context& context) {
  graph::Module& module = context.module;
  for (const auto& [agent, tools] : context.agent_tools) {
    for (const AgentTool& tool : tools) module.externals[agent].callables.push_back(callable(tool));
  }
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
      if (chain.writes || !calls_a_write(module, chain.body)) continue;
      chain.writes = true;
      changed = true;
    }
  }
  for (const graph::Chain& chain : module.chains) check_alternatives(context, chain);
}

}  // namespace chain::sema
