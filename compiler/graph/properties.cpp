#include "compiler/graph/properties.h"

#include <algorithm>
#include <set>

namespace chain::graph {

using program::Type;
using program::TypeKind;

bool has_effect(Op op) {
  switch (op) {
    case Op::Emit:
    case Op::Include:
    case Op::Prompt:
    case Op::Chain:
    case Op::External:
    case Op::Trust:
    case Op::Return:
    case Op::Break:
    case Op::Fail:
    case Op::Try:
    case Op::Race:
    case Op::Sample:
    case Op::Given:
    case Op::Expect: return true;
    default: return false;
  }
}

bool may_fail(const Module& module, const Node& node) {
  switch (node.op) {
    case Op::Add:
    case Op::Sub:
    case Op::Mul:
    case Op::Div:
    case Op::Mod:
    case Op::Neg: return module.types[node.type].kind != TypeKind::Float;
    case Op::At:
    case Op::Check:
    case Op::Library:
    case Op::Invoke:
    case Op::Include:
    case Op::Prompt:
    case Op::Chain:
    case Op::Loop:  // of too many steps
    case Op::External: return true;
    default: return false;
  }
}

bool is_exhaustive(const Module& module, const Node& node) {
  size_t values = 0;
  for (const auto& arm : node.cases) {
    if (arm.empty()) return true;
    values += arm.size();
  }
  const Type& subject = module.types[module[node.operands.front()].type];
  return subject.kind == TypeKind::Enum && values >= subject.cases.size();
}

bool always_returns(const Module& module, RegionId region) {
  const auto returns = [&](NodeId id) {
    const Node& node = module[id];
    if (node.op == Op::Return || node.op == Op::Break || node.op == Op::Fail) return true;
    // What a `try` does not catch ends the chain as well.
    const bool covers_all = node.op == Op::Try || (node.op == Op::If && node.regions.size() == 2) ||
                            (node.op == Op::Switch && !node.operands.empty() && is_exhaustive(module, node));
    return covers_all &&
           std::ranges::all_of(node.regions, [&](RegionId arm) { return always_returns(module, arm); });
  };
  return std::ranges::any_of(module[region].nodes, returns);
}

void for_each_body(const Module& module, const std::function<void(RegionId)>& visit) {
  for (const Predicate& predicate : module.predicates) visit(predicate.body);
  for (const Template& each : module.templates) visit(each.body);
  for (const Function& each : module.functions) visit(each.body);
  for (const Prompt& prompt : module.prompts) {
    for (const MessagePart& part : prompt.messages) {
      if (part.body.valid()) visit(part.body);
    }
  }
  for (const Resource& resource : module.resources) {
    for (const ProviderArgument& argument : resource.provider.arguments) visit(argument.body);
  }
  for (const External& external : module.externals) {
    for (const ProviderArgument& argument : external.provider.arguments) visit(argument.body);
    for (const MessagePart& part : external.messages) visit(part.body);
  }
  for (const Chain& chain : module.chains) visit(chain.body);
}

void for_each_node(const Module& module, RegionId region, const std::function<void(NodeId)>& visit) {
  for (NodeId id : module[region].nodes) {
    visit(id);
    for (RegionId inner : module[id].regions) for_each_node(module, inner, visit);
  }
}

std::vector<bool> test_chains(const Module& module) {
  std::vector<bool> result(module.chains.size());
  for (const program::Test& test : module.tests) result[test.chain] = true;
  return result;
}

std::vector<std::vector<uint32_t>> callers(const Module& module) {
  std::vector<std::vector<uint32_t>> result(module.chains.size());
  for (uint32_t caller = 0; caller < module.chains.size(); ++caller) {
    for_each_node(module, module.chains[caller].body, [&](NodeId id) {
      if (module[id].op == Op::Chain) result[module[id].index].push_back(caller);
    });
  }
  return result;
}

}  // namespace chain::graph
