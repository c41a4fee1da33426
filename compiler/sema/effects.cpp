// Which chains and agents write: those that call something that does.
#include <algorithm>
#include <set>

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

const std::string& doc_of(const graph::Module& module, const graph::Callable& callable) {
  using Kind = graph::Callable::Kind;
  return callable.kind == Kind::Chain    ? module.chains[callable.index].doc
         : callable.kind == Kind::Prompt ? module.prompts[callable.index].doc
                                         : module.externals[callable.index].doc;
}

/// What APIs take for the name of a function: "handbook_search".
std::string name_for_models(const std::string& source, bool handoff) {
  constexpr size_t most = 60;  // of 64: behind it a number may tell it from others
  std::string name = handoff ? "hand_over_to_" : "";
  for (const char c : source.substr(0, source.find('@'))) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += plain ? c : '_';
  }
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) name = "tool_" + name;
  name.resize(std::min(name.size(), most));
  return name;
}

std::vector<graph::Callable> callables_of(const graph::Module& module, const std::vector<AgentTool>& tools) {
  using Kind = graph::Callable::Kind;
  std::vector<graph::Callable> all;
  std::set<std::string> used;
  for (const AgentTool& tool : tools) {
    graph::Callable callable;
    callable.kind = tool.kind == SymbolKind::Chain    ? Kind::Chain
                    : tool.kind == SymbolKind::Prompt ? Kind::Prompt
                                                      : Kind::External;
    callable.index = tool.index;
    callable.handoff = tool.handoff;
    callable.source = tool.source;
    const std::string name = name_for_models(tool.source, tool.handoff);
    callable.name = name;
    for (int i = 2; !used.insert(callable.name).second; ++i) callable.name = name + '_' + std::to_string(i);
    callable.doc = doc_of(module, callable);
    all.push_back(std::move(callable));
  }
  return all;
}

}  // namespace

/// Each round passes a write on to those that call it; the last round finds nothing new.
void infer_effects(Context& context) {
  graph::Module& module = context.module;
  for (const auto& [agent, tools] : context.agent_tools)
    module.externals[agent].callables = callables_of(module, tools);
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
  for (const auto& [agent, tools] : context.agent_tools) {
    std::vector<graph::Callable>& callables = module.externals[agent].callables;
    for (size_t i = 0; i < callables.size(); ++i) callables[i].writes = may_write(module, tools[i]);
  }
  for (graph::Callable& callable : callables_of(module, context.registry)) {
    callable.writes = may_write(module, context.registry[module.registry.size()]);
    module.registry.push_back({std::move(callable), {}, {}});
  }
  for (const graph::Chain& chain : module.chains) check_alternatives(context, chain);
}

}  // namespace chain::sema
