#include "compiler/codegen/used.h"

#include <functional>

#include "compiler/graph/properties.h"
#include "compiler/graph/reach.h"

namespace chain::codegen {

namespace {

using graph::NodeId;
using graph::Op;
using graph::RegionId;

/// Whether it stands in a module that comes with the program.
bool of_library(const graph::Module& module, Span span) {
  return span.file.index < module.files.size() && module.files[span.file.index].starts_with("std.");
}

void use_chain(const graph::Module& module, uint32_t chain, Used& used) {
  if (used.chains[chain]) return;
  for (const uint32_t each : graph::reach_of_chain(module, chain).chains) used.chains[each] = true;
}

/// The functions that the nodes of `body` call, and those that these call.
void use_functions(const graph::Module& module, RegionId body, Used& used) {
  std::vector<RegionId> open{body};
  while (!open.empty()) {
    const RegionId region = open.back();
    open.pop_back();
    graph::for_each_node(module, region, [&](NodeId id) {
      const graph::Node& node = module[id];
      if (node.op != Op::Invoke || used.functions[node.index]) return;
      used.functions[node.index] = true;
      open.push_back(module.functions[node.index].body);
    });
  }
}

}  // namespace

Used used_of(const graph::Module& module) {
  Used used{std::vector<bool>(module.chains.size()), std::vector<bool>(module.functions.size())};
  for (uint32_t i = 0; i < module.chains.size(); ++i) {
    if (!of_library(module, module.chains[i].span)) use_chain(module, i, used);
  }
  for (uint32_t i = 0; i < module.chains.size(); ++i) {
    if (used.chains[i]) use_functions(module, module.chains[i].body, used);
  }
  for (uint32_t i = 0; i < module.functions.size(); ++i) {
    if (of_library(module, module.functions[i].span)) continue;
    used.functions[i] = true;
    use_functions(module, module.functions[i].body, used);
  }
  const auto use = [&](RegionId body) { use_functions(module, body, used); };
  for (const graph::Predicate& each : module.predicates) use(each.body);
  for (const graph::Template& each : module.templates) use(each.body);
  for (const graph::Prompt& prompt : module.prompts) {
    for (const graph::MessagePart& part : prompt.messages) {
      if (part.body.valid()) use(part.body);
    }
  }
  for (const graph::External& external : module.externals) {
    for (const graph::ProviderArgument& argument : external.provider.arguments) use(argument.body);
    for (const graph::MessagePart& part : external.messages) use(part.body);
  }
  return used;
}

}  // namespace chain::codegen
