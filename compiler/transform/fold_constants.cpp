#include "compiler/transform/fold_constants.h"

#include <algorithm>

#include "compiler/graph/properties.h"
#include "compiler/transform/evaluate.h"

namespace chain::transform {

using graph::Constant;
using graph::Module;
using graph::Node;
using graph::NodeId;
using graph::Op;
using graph::RegionId;

namespace {

/// One walk in the order of the text: operands are folded before the nodes that use them.
class Folding {
 public:
  explicit Folding(Module& module) : module_(module) {}

  void region(RegionId id) {
    std::vector<NodeId> nodes;
    nodes.swap(module_[id].nodes);
    const bool ended = fold_into(nodes, module_[id].nodes);
    NodeId& result = module_[id].result;
    // Behind a `return` that is always reached nothing is left to give a value.
    if (ended)
      result = {};
    else if (result.valid())
      result = current(result);
  }

 private:
  /// Folds `nodes` into `kept`. True once what was kept always returns: the rest is never reached.
  bool fold_into(const std::vector<NodeId>& nodes, std::vector<NodeId>& kept);
  bool take_arm(NodeId branch, RegionId arm, std::vector<NodeId>& kept);

  /// The arm of a branch on a constant. `known` says whether there is such a constant; no arm may be left.
  struct Choice {
    bool known = false;
    RegionId arm;
  };
  Choice choose(const Node& node) const;

  /// What stands for the node from now on: itself, or an operand that it would only give on.
  NodeId fold(NodeId id);
  void fold_scalars(Node& node);
  NodeId given_on(NodeId id, const Node& node) const;
  NodeId element(NodeId id, const Node& node) const;

  [[nodiscard]] const Constant* constant(NodeId id) const {
    return module_[id].op == Op::Constant ? &module_[id].constant : nullptr;
  }
  [[nodiscard]] NodeId current(NodeId id) const {
    return id.index < instead_.size() && instead_[id.index].valid() ? instead_[id.index] : id;
  }
  void replace(NodeId id, NodeId by) {
    if (instead_.size() <= id.index) instead_.resize(module_.nodes.size());
    instead_[id.index] = by;
  }

  Module& module_;
  std::vector<NodeId> instead_;
};

bool Folding::fold_into(const std::vector<NodeId>& nodes, std::vector<NodeId>& kept) {
  for (NodeId id : nodes) {
    for (NodeId& operand : module_[id].operands) operand = current(operand);
    if (const Choice choice = choose(module_[id]); choice.known) {
      if (choice.arm.valid() && take_arm(id, choice.arm, kept)) return true;
      continue;
    }
    for (size_t i = 0; i < module_[id].regions.size(); ++i) region(module_[id].regions[i]);
    const NodeId by = fold(id);
    if (by != id) replace(id, by);
    kept.push_back(id);
  }
  return false;
}

bool Folding::take_arm(NodeId branch, RegionId arm, std::vector<NodeId>& kept) {
  const bool ends = graph::always_returns(module_, arm);
  std::vector<NodeId> nodes;
  nodes.swap(module_[arm].nodes);
  const NodeId result = module_[arm].result;
  module_[arm] = {};
  if (fold_into(nodes, kept) || ends) return true;
  if (result.valid()) replace(branch, current(result));
  return false;
}

Folding::Choice Folding::choose(const Node& node) const {
  if (node.op != Op::If && node.op != Op::Switch) return {};
  const Constant* value = constant(node.operands[0]);
  if (!value) return {};
  if (node.op == Op::If) {
    const size_t arm = std::get<bool>(*value) ? 0 : 1;
    return {true, arm < node.regions.size() ? node.regions[arm] : RegionId{}};
  }
  Choice choice{true, {}};
  for (size_t i = 0; i < node.cases.size(); ++i) {
    const std::vector<int64_t>& values = node.cases[i];
    if (std::ranges::find(values, std::get<int64_t>(*value)) != values.end()) return {true, node.regions[i]};
    if (values.empty()) choice.arm = node.regions[i];
  }
  return choice;
}

NodeId Folding::fold(NodeId id) {
  Node& node = module_[id];
  if (node.op == Op::Constant) return id;
  fold_scalars(node);
  return given_on(id, node);
}

void Folding::fold_scalars(Node& node) {
  std::optional<Constant> result;
  if (node.op == Op::IsSome) {
    const Op operand = module_[node.operands[0]].op;
    if (operand == Op::Some || operand == Op::None) result = operand == Op::Some;
  } else if (!node.operands.empty()) {
    std::vector<Constant> operands;
    for (NodeId operand : node.operands) {
      const Constant* value = constant(operand);
      if (!value) return;
      operands.push_back(*value);
    }
    result = evaluate(module_, node, operands);
  }
  if (!result) return;
  node.op = Op::Constant;
  node.constant = std::move(*result);
  node.operands.clear();
}

NodeId Folding::given_on(NodeId id, const Node& node) const {
  switch (node.op) {
    case Op::Field: {
      const Node& record = module_[node.operands[0]];
      return record.op == Op::Record ? record.operands[node.index] : id;
    }
    case Op::Unwrap: {
      const Node& optional = module_[node.operands[0]];
      return optional.op == Op::Some ? optional.operands[0] : id;
    }
    case Op::Check: {
      const Constant* value = constant(node.operands[0]);
      const bool holds =
          value && evaluate_predicate(module_, module_.predicates[node.index], *value).value_or(false);
      return holds ? node.operands[0] : id;
    }
    case Op::At: return element(id, node);
    default: return id;
  }
}

NodeId Folding::element(NodeId id, const Node& node) const {
  const Node& list = module_[node.operands[0]];
  const Constant* place = constant(node.operands[1]);
  if (list.op != Op::List || !place) return id;
  const auto size = static_cast<int64_t>(list.operands.size());
  const int64_t index = std::get<int64_t>(*place);
  if (index >= size || index < -size) return id;
  return list.operands[static_cast<size_t>(index < 0 ? index + size : index)];
}

}  // namespace

void fold_constants(Module& module) {
  Folding folding(module);
  graph::for_each_body(module, [&](RegionId body) { folding.region(body); });
}

}  // namespace chain::transform
