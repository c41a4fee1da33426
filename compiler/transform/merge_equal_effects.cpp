#include "compiler/transform/merge_equal_effects.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "compiler/graph/properties.h"
#include "compiler/transform/repetition.h"
#include "compiler/transform/schedule.h"
#include "compiler/transform/value_numbers.h"

namespace chain::transform {

using graph::Module;
using graph::Node;
using graph::NodeId;
using graph::Op;
using graph::RegionId;

namespace {

/// How many nodes are looked at to find out whether one waits for another.
constexpr size_t kLongestSearch = 500;

bool is_call(Op op) {
  return op == Op::Prompt || op == Op::Chain || op == Op::External;
}

class Merging {
 public:
  explicit Merging(Module& module)
      : module_(module),
        analysis_(analyse(module)),
        repetition_(module),
        numbers_(module, analysis_),
        calls_(module.nodes.size()),
        place_(module.nodes.size()),
        write_before_(module.nodes.size()) {}

  void body(RegionId id) {
    for (NodeId node : module_[id].nodes) count_calls(node);
    region(id);
  }

 private:
  uint32_t count_calls(NodeId id);
  void region(RegionId id);
  void node(NodeId id, std::vector<NodeId>& kept);
  /// Of the calls that stand before `call` and ask the same, one that may serve it.
  [[nodiscard]] NodeId served_by(NodeId call, const std::vector<NodeId>& equal);
  [[nodiscard]] bool may_serve(NodeId earlier, NodeId call);
  /// Whether `node` starts after the end of `earlier` as it is. Both stand in the same region.
  [[nodiscard]] bool waits_for(NodeId node, NodeId earlier) const;
  void merge(NodeId call, NodeId into);
  void substitute(NodeId id);

  [[nodiscard]] NodeId current(NodeId id) const {
    const auto found = instead_.find(id.index);
    return found == instead_.end() ? id : found->second;
  }

  Module& module_;
  Analysis analysis_;
  Repetition repetition_;
  ValueNumbers numbers_;
  std::vector<uint32_t> calls_;         // by node: how many it is, or holds
  std::vector<uint32_t> place_;         // by node: where in its region, from 1
  std::vector<uint32_t> write_before_;  // by node: the place of the last write before it; 0 for none
  std::unordered_map<uint32_t, std::vector<NodeId>> known_;  // calls in scope, by what they ask
  std::vector<NodeId> path_;                                 // the nodes around, from the body inwards
  std::unordered_map<uint32_t, NodeId> instead_;
  std::map<std::pair<uint32_t, uint32_t>, bool> waits_;  // whether the first starts after the second
  uint32_t samples_ = 0;                                 // around
};

uint32_t Merging::count_calls(NodeId id) {
  uint32_t count = is_call(module_[id].op);
  for (RegionId inner : module_[id].regions) {
    for (NodeId node : module_[inner].nodes) count += count_calls(node);
  }
  return calls_[id.index] = count;
}

void Merging::region(RegionId id) {
  std::vector<NodeId> kept;
  uint32_t last_write = 0;
  for (uint32_t i = 0; i < module_[id].nodes.size(); ++i) {
    const NodeId each = module_[id].nodes[i];
    place_[each.index] = i + 1;
    write_before_[each.index] = last_write;
    if (analysis_.writes[each.index]) last_write = i + 1;
    node(each, kept);
  }
  // What comes behind the region does not see its calls.
  for (NodeId each : kept) {
    if (!is_call(module_[each].op)) continue;
    const auto found = known_.find(numbers_.of_call(module_[each]));
    if (found != known_.end()) std::erase(found->second, each);
  }
  module_[id].nodes = std::move(kept);
  NodeId& result = module_[id].result;
  if (result.valid()) result = current(result);
}

void Merging::node(NodeId id, std::vector<NodeId>& kept) {
  for (NodeId& operand : module_[id].operands) operand = current(operand);
  const Node& node = module_[id];
  if (!analysis_.effectful[id.index]) {
    substitute(id);
    numbers_.add(id);
    return kept.push_back(id);
  }
  if (is_call(node.op) && samples_ == 0 && repetition_.of(node) != Again::Counts) {
    std::vector<NodeId>& equal = known_[numbers_.of_call(node)];
    if (const NodeId earlier = served_by(id, equal); earlier.valid()) return merge(id, earlier);
    equal.push_back(id);
  }
  numbers_.add(id);
  kept.push_back(id);
  path_.push_back(id);
  samples_ += node.op == Op::Sample;
  for (size_t i = 0; i < module_[id].regions.size(); ++i) region(module_[id].regions[i]);
  samples_ -= module_[id].op == Op::Sample;
  path_.pop_back();
}

/// In what a pure node holds.
void Merging::substitute(NodeId id) {
  for (RegionId inner : module_[id].regions) {
    for (NodeId each : module_[inner].nodes) {
      for (NodeId& operand : module_[each].operands) operand = current(operand);
      substitute(each);
    }
    NodeId& result = module_[inner].result;
    if (result.valid()) result = current(result);
  }
}

NodeId Merging::served_by(NodeId call, const std::vector<NodeId>& equal) {
  for (const NodeId earlier : equal) {
    if (may_serve(earlier, call)) return earlier;
  }
  return {};
}

bool Merging::may_serve(NodeId earlier, NodeId call) {
  const RegionId home = analysis_.home[earlier.index];
  if (home == analysis_.home[call.index]) return true;
  const auto around =
      std::ranges::find_if(path_, [&](NodeId node) { return analysis_.home[node.index] == home; });
  const auto stands_in = [&](auto... ops) {
    return std::any_of(around, path_.end(), [&](NodeId node) { return ((module_[node].op == ops) || ...); });
  };
  // An arm that has its value at once would leave nothing to race.
  if (stands_in(Op::Race)) return false;
  const auto [known, added] = waits_.try_emplace(std::pair(around->index, earlier.index));
  if (added) known->second = waits_for(*around, earlier);
  const bool waits = known->second;
  // Asked in a loop, or because of the first answer: that is to get another one.
  if ((waits || stands_in(Op::For, Op::Loop)) && repetition_.of(module_[call]) != Again::Same) return false;
  // The step around the call is going to wait for the earlier one: it must do so now, or have nothing
  // else to do.
  return waits || (calls_[around->index] == 1 && !analysis_.may_exit(*around));
}

bool Merging::waits_for(NodeId node, NodeId earlier) const {
  const RegionId home = analysis_.home[earlier.index];
  const uint32_t end = place_[earlier.index];
  std::vector<NodeId> open{node};
  std::unordered_set<uint32_t> seen{node.index};
  while (!open.empty() && seen.size() < kLongestSearch) {
    const NodeId next = open.back();
    open.pop_back();
    if (next == earlier || write_before_[next.index] > end) return true;
    for (NodeId used : uses_from(module_, analysis_, next, home)) {
      used = current(used);
      // What stands before it cannot wait for it.
      if (place_[used.index] >= end && seen.insert(used.index).second) open.push_back(used);
    }
  }
  return false;
}

void Merging::merge(NodeId call, NodeId into) {
  instead_[call.index] = into;
  numbers_.unite(call, into);
  for (const NodeId around : path_) --calls_[around.index];
  if (module_[into].name.empty()) module_[into].name = module_[call].name;
}

}  // namespace

void merge_equal_effects(Module& module) {
  const std::vector<bool> tests = graph::test_chains(module);
  Merging merging(module);
  for (size_t i = 0; i < module.chains.size(); ++i) {
    // The answers of a `given` hold from where it stands.
    if (!tests[i]) merging.body(module.chains[i].body);
  }
}

}  // namespace chain::transform
