// What untrusted text chooses: elements, what a loop keeps or finds, and the fields that carry it on.
#include "compiler/graph/properties.h"
#include "compiler/sema/trust.h"

namespace chain::sema::trust {

using graph::Node;
using graph::Op;
using program::TypeKind;

/// An element taken by an index or key: whoever chooses it, chooses what comes next.
Taint Flow::chosen(const Node& node) {
  Taint result = read(node.operands[0]);
  result.add(stepped(read(node.operands[1]), node.span, "it chooses what is taken here"));
  return result;
}

Taint Flow::filter(const Node& node) {
  Taint result = read(node.operands[0]);
  const NodeId holds = module_[node.regions[0]].result;
  // The bool itself is closed; what it was made of is not.
  if (!holds.valid()) return result;
  for (const Taint::Item& item : taints_[holds.index].items()) {
    if (!result.has(item.origin))
      result.add(item.origin, step(node.span, "it chooses what is kept here", item.way));
  }
  return result;
}

/// The states that a loop that runs in order may end with, or begin a turn with.
std::vector<NodeId> Flow::states_of(const Node& node) const {
  std::vector<NodeId> states{node.operands.back()};
  const NodeId next = module_[node.regions[0]].result;
  if (next.valid()) states.push_back(next);
  breaks(node.regions[0], states);
  return states;
}

void Flow::breaks(RegionId id, std::vector<NodeId>& states) const {
  for (NodeId node : module_[id].nodes) {
    if (module_[node].op == Op::Break) states.push_back(module_[node].operands[0]);
    if (module_[node].op == Op::Loop) continue;  // its breaks are its own
    for (RegionId inner : module_[node].regions) breaks(inner, states);
  }
}

/// The conditions under which a loop is left by `break`.
void Flow::ends_of(RegionId id, std::vector<NodeId>& conditions) const {
  for (NodeId node : module_[id].nodes) {
    if (module_[node].op == Op::Loop) continue;
    std::vector<NodeId> ignored;
    for (RegionId inner : module_[node].regions) {
      std::vector<NodeId> states;
      breaks(inner, states);
      if (!states.empty() && !module_[node].operands.empty()) conditions.push_back(module_[node].operands[0]);
      ends_of(inner, conditions);
    }
  }
}

/// Of a loop that looks for something: what decides where it ends chooses what is found.
Taint Flow::searched(const Node& node) {
  Taint result;
  if (choices_) {
    std::vector<NodeId> conditions;
    ends_of(node.regions[0], conditions);
    for (NodeId each : conditions)
      result.add(stepped(taints_[each.index], node.span, "it decides where this ends"));
  }
  if (node.index != graph::kSearches) return result;
  for (NodeId id : module_[node.regions[0]].nodes) {
    if (module_[id].op != Op::If) continue;
    const Taint& test = taints_[module_[id].operands[0].index];  // the bool itself is closed
    result.add(stepped(test, node.span, "it chooses what is found here"));
  }
  return result;
}

Taint Flow::ordered_loop(const Node& node) {
  Taint result = searched(node);
  for (NodeId state : states_of(node)) result.add(read(state));
  return result;
}

/// The records that a record is one of; empty if that is not known.
std::vector<NodeId> Flow::alternatives(NodeId id) const {
  const Node& node = module_[id];
  std::vector<NodeId> result;
  switch (node.op) {
    case Op::Check:
    case Op::Retype: return {node.operands[0]};
    case Op::If:
    case Op::Switch:
    case Op::Try:
    case Op::Race:
      for (RegionId arm : node.regions) {
        if (module_[arm].result.valid()) result.push_back(module_[arm].result);
      }
      return result;
    case Op::Loop: return states_of(node);
    case Op::Param: {
      const auto owner = loops_.find(id.index);
      if (owner == loops_.end() || node.index != 2) return {};
      return states_of(module_[owner->second]);
    }
    default: return {};
  }
}

/// Whether a branch gives a state's field anew; a record that is handed on, or made of its own fields, does
/// not.
bool Flow::changes(const Node& branch, uint32_t field) const {
  for (RegionId arm : branch.regions) {
    const NodeId id = module_[arm].result;
    if (!id.valid() || module_[id].op != Op::Record) continue;
    const Node& value = module_[module_[id].operands[field]];
    const bool kept =
        value.op == Op::Field && value.index == field && module_[value.operands[0]].type == module_[id].type;
    if (!kept) return true;
  }
  return false;
}

/// Of a record made here each field is known by itself: variables that a loop or branch carries are such a
/// record.
void Flow::learn_fields(NodeId id) {
  const Node& node = module_[id];
  const program::Type& type = module_.types[node.type];
  if (type.kind != TypeKind::Record) return;
  std::vector<Taint> fields(type.fields.size());
  if (node.op == Op::Record) {
    for (size_t i = 0; i < fields.size(); ++i) fields[i] = carried(node.operands[i]);
  } else {
    const std::vector<NodeId> all = alternatives(id);
    if (all.empty() || !fields_.contains(all[0].index)) return;
    for (NodeId each : all) {
      const auto known = fields_.find(each.index);
      // The end of a turn is known once its loop has been looked at: nothing is in it before.
      for (size_t i = 0; i < fields.size(); ++i)
        fields[i].add(known == fields_.end() ? read(each) : known->second[i]);
    }
    if (node.op == Op::Loop) {
      const Taint found = searched(node);
      for (Taint& each : fields) each.add(found);
    }
    const bool selects = node.op == Op::If && node.index == graph::kSelects;
    if (selects || (choices_ && (node.op == Op::If || node.op == Op::Switch))) {
      const Taint test = stepped(taints_[node.operands[0].index], node.span,
                                 selects ? "it chooses what is kept here" : "it decides what is kept here");
      for (uint32_t i = 0; i < fields.size(); ++i) {
        if (changes(node, i)) fields[i].add(test);
      }
    }
  }
  std::vector<Taint>& kept = fields_[id.index];
  kept.resize(fields.size());
  for (size_t i = 0; i < fields.size(); ++i) {
    if (kept[i].add(fields[i])) changed_ = true;
  }
}

/// Which branch is taken is not followed, but for bools: `and` and `or` are branches too.
Taint Flow::branches(const Node& node) {
  Taint result;
  for (RegionId arm : node.regions) {
    if (!module_[arm].result.valid()) continue;
    const NodeId value = module_[arm].result;
    result.add(carried(value));
  }
  if (choices_ || module_.types.base_kind(node.type) == TypeKind::Bool)
    result.add(taints_[node.operands[0].index]);
  return result;
}

}  // namespace chain::sema::trust
