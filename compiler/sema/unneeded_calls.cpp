// Calls that are left out, because nothing needs what they give.
#include "compiler/graph/liveness.h"
#include "compiler/graph/properties.h"
#include "compiler/sema/context.h"

namespace chain::sema {

namespace {

using graph::Node;
using graph::NodeId;
using graph::Op;

const std::string* callee(const graph::Module& module, const Node& node) {
  switch (node.op) {
    case Op::Prompt: return &module.prompts[node.index].name;
    case Op::Chain: return &module.chains[node.index].name;
    case Op::External: return &module.externals[node.index].name;
    default: return nullptr;
  }
}

/// By node, what is known of a chain's body.
struct Uses {
  std::vector<bool> used;        // by any node
  std::vector<bool> for_a_call;  // by a call that is left out
};

Uses uses_of(const graph::Module& module, const std::vector<bool>& needed) {
  Uses uses{std::vector<bool>(module.nodes.size()), std::vector<bool>(module.nodes.size())};
  for (const graph::Chain& chain : module.chains) {
    std::vector<NodeId> nodes;
    graph::for_each_node(module, chain.body, [&](NodeId id) { nodes.push_back(id); });
    for (size_t i = nodes.size(); i-- > 0;) {
      const Node& node = module[nodes[i]];
      const bool serves =
          (callee(module, node) && !needed[nodes[i].index]) || uses.for_a_call[nodes[i].index];
      for (NodeId operand : node.operands) {
        uses.used[operand.index] = true;
        if (serves) uses.for_a_call[operand.index] = true;
      }
    }
  }
  return uses;
}

/// Nothing else may mention the name that a fix changes.
void suggest(Context& context, NodeId id, Diagnostics::Builder& report) {
  const auto holder = context.holders.find(id.index);
  if (holder == context.holders.end()) return;
  const auto& [span, name] = holder->second;
  if (name.empty()) {
    report.fix({span.file, span.begin, span.begin},
               "let _ = ", "write `let _ = ` before it to call it all the same");
  } else {
    report.fix(span, "_" + std::string(name), "name it `_" + std::string(name) + "` to call it all the same");
  }
}

}  // namespace

void check_needs(Context& context) {
  const graph::Module& module = context.module;
  const std::vector<bool> needed = graph::needed(module);
  const Uses uses = uses_of(module, needed);
  for (const graph::Chain& chain : module.chains) {
    graph::for_each_node(module, chain.body, [&](NodeId id) {
      const std::string* name = callee(module, module[id]);
      if (!name || needed[id.index] || uses.for_a_call[id.index]) return;
      auto report = context.diagnostics.report(UnneededCall{.call = *name}, module[id].span);
      if (!uses.used[id.index]) suggest(context, id, report);
    });
  }
}

}  // namespace chain::sema
