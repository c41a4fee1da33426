#include "compiler/transform/hoist_invariant_effects.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "compiler/graph/properties.h"
#include "compiler/transform/repetition.h"
#include "compiler/transform/schedule.h"
#include "runtime/library/library.h"

namespace chain::transform {

using graph::Module;
using graph::Node;
using graph::NodeId;
using graph::Op;
using graph::RegionId;
using program::TypeId;
using program::TypeKind;

namespace {

/// More invariant calls in one loop are left where they are.
constexpr size_t kMostCalls = 64;

bool is_loop(Op op) {
  return op == Op::For || op == Op::Loop;
}

/// What the turns of a loop have in common.
struct Invariants {
  std::vector<NodeId> calls;                     // that may be made before the loop
  std::unordered_map<uint32_t, uint32_t> nodes;  // pure nodes of the body that hang on no turn; their order
};

class Hoisting {
 public:
  explicit Hoisting(Module& module) : module_(module), analysis_(analyse(module)), repetition_(module) {}

  void region(RegionId id);

 private:
  Invariants invariants_of(RegionId body) const;
  [[nodiscard]] bool may_move(NodeId call) const;
  /// Moves calls of `loop` before it; what has to stand there goes to `out`.
  void hoist(NodeId loop, std::vector<NodeId>& out);
  [[nodiscard]] bool surely_turns(NodeId loop) const;
  /// Whether the loop has a turn, as a value.
  NodeId has_turns(NodeId loop, std::vector<NodeId>& out);
  void open(NodeId call, NodeId optional);
  /// `call` in a branch of its own, which gives its value if there is one.
  NodeId guarded(NodeId call, NodeId condition, const Invariants& found, std::vector<NodeId>& out);
  /// Copies what `call` is given into `out` and lets it use the copies.
  void copy_arguments(NodeId call, const Invariants& found, std::vector<NodeId>& out);

  using Copies = std::unordered_map<uint32_t, NodeId>;
  NodeId copy(NodeId id, Copies& copies);
  NodeId add(Node node);
  RegionId add_region(NodeId owner);
  NodeId made_for(NodeId place, Op op, TypeId type, std::vector<NodeId> operands = {});

  Module& module_;
  Analysis analysis_;  // of new nodes nothing is asked but whether they are in a region that is looked at
  Repetition repetition_;
};

void Hoisting::region(RegionId id) {
  const std::vector<NodeId> nodes = std::exchange(module_[id].nodes, {});
  std::vector<NodeId> kept;
  for (NodeId each : nodes) {
    // The turns of a sample are to differ.
    if (analysis_.effectful[each.index] && module_[each].op != Op::Sample) {
      for (size_t i = 0; i < module_[each].regions.size(); ++i) region(module_[each].regions[i]);
      if (is_loop(module_[each].op)) hoist(each, kept);
    }
    kept.push_back(each);
  }
  for (NodeId each : kept) analysis_.home[each.index] = id;
  module_[id].nodes = std::move(kept);
}

/// All that the turns make before anything can end one, if whatever else they call waits for all of it.
Invariants Hoisting::invariants_of(RegionId body) const {
  Invariants found;
  std::unordered_map<uint32_t, uint64_t> waits;  // by node: which of the calls it waits for
  uint64_t all = 0, waited_for = UINT64_MAX;
  bool open = true;
  uint32_t order = 0;
  for (NodeId each : module_[body].nodes) {
    uint64_t mine = analysis_.writes[each.index] ? all : 0;
    bool invariant = module_[each].op != Op::Param;
    for (NodeId used : uses_from(module_, analysis_, each, body)) {
      invariant = invariant && found.nodes.contains(used.index);
      mine |= waits[used.index];
    }
    const bool acts = analysis_.effectful[each.index] || analysis_.may_exit(each);
    if (acts && invariant && open && found.calls.size() < kMostCalls && may_move(each)) {
      mine = uint64_t{1} << found.calls.size();
      all |= mine;
      found.calls.push_back(each);
    } else if (acts) {
      waited_for &= mine;
    } else if (invariant) {
      found.nodes.emplace(each.index, order++);
    }
    waits[each.index] = mine;
    open = open && !analysis_.may_exit(each) && !analysis_.writes[each.index];
  }
  if ((waited_for & all) != all) found.calls.clear();
  return found;
}

bool Hoisting::may_move(NodeId call) const {
  const TypeKind kind = module_.types[module_[call].type].kind;
  return repetition_.of(module_[call]) == Again::Same && kind != TypeKind::Void && kind != TypeKind::Optional;
}

void Hoisting::hoist(NodeId loop, std::vector<NodeId>& out) {
  const RegionId body = module_[loop].regions[0];
  const bool guard = !surely_turns(loop);
  NodeId condition;
  // Calls that are given what others of them answer come out after those.
  for (Invariants found = invariants_of(body); !found.calls.empty(); found = invariants_of(body)) {
    if (guard && !condition.valid()) condition = has_turns(loop, out);
    for (NodeId call : found.calls) {
      if (guard) {
        open(call, guarded(add(module_[call]), condition, found, out));
      } else {
        std::erase(module_[body].nodes, call);
        copy_arguments(call, found, out);
        analysis_.home[call.index] = {};
        out.push_back(call);
      }
    }
  }
}

/// The call's own node becomes what opens its value, so that whatever uses it need not change.
void Hoisting::open(NodeId call, NodeId optional) {
  Node& node = module_[call];
  node.op = Op::Unwrap;
  node.operands = {optional};
  node.index = 0;
  node.model = UINT32_MAX;
  node.cache = -1;
  node.similar = 0;
  analysis_.effectful[call.index] = false;
}

bool Hoisting::surely_turns(NodeId loop) const {
  const Node& source = module_[module_[loop].operands[0]];
  if (source.op == Op::List) return !source.operands.empty();
  const auto* times = std::get_if<int64_t>(&source.constant);
  return source.op == Op::Constant && times && *times > 0;
}

NodeId Hoisting::has_turns(NodeId loop, std::vector<NodeId>& out) {
  NodeId turns = module_[loop].operands[0];
  if (module_.types[module_[turns].type].kind == TypeKind::List) {
    const auto& functions = library::functions();
    const auto row = std::ranges::find(functions, "chain_lib_len_list", &library::Function::symbol);
    turns = made_for(loop, Op::Library, module_.types.int_type, {turns});
    module_[turns].index = static_cast<uint32_t>(row - functions.begin());
    out.push_back(turns);
  }
  const NodeId zero = made_for(loop, Op::Constant, module_.types.int_type);
  module_[zero].constant = int64_t{0};
  const NodeId some = made_for(loop, Op::Less, module_.types.bool_type, {zero, turns});
  out.push_back(zero);
  out.push_back(some);
  return some;
}

NodeId Hoisting::guarded(NodeId call, NodeId condition, const Invariants& found, std::vector<NodeId>& out) {
  const TypeId optional = module_.types.optional_of(module_[call].type);
  const NodeId branch = made_for(call, Op::If, optional, {condition});
  const RegionId then = add_region(branch);
  const RegionId otherwise = add_region(branch);
  module_[branch].regions = {then, otherwise};
  std::vector<NodeId> inside;
  copy_arguments(call, found, inside);
  inside.push_back(call);
  inside.push_back(made_for(call, Op::Some, optional, {call}));
  module_[then].result = inside.back();
  module_[then].nodes = std::move(inside);
  const NodeId none = made_for(call, Op::None, optional);
  module_[otherwise].nodes = {none};
  module_[otherwise].result = none;
  analysis_.effectful[branch.index] = true;
  out.push_back(branch);
  return branch;
}

void Hoisting::copy_arguments(NodeId call, const Invariants& found, std::vector<NodeId>& out) {
  // What is needed, and what that needs, in the order of the text.
  std::vector<NodeId> needed = module_[call].operands;
  std::vector<std::pair<uint32_t, NodeId>> ordered;
  std::unordered_map<uint32_t, bool> seen;
  while (!needed.empty()) {
    const NodeId each = needed.back();
    needed.pop_back();
    const auto place = found.nodes.find(each.index);
    if (place == found.nodes.end() || !seen.try_emplace(each.index, true).second) continue;
    ordered.emplace_back(place->second, each);
    for (NodeId used : uses_from(module_, analysis_, each, analysis_.home[each.index]))
      needed.push_back(used);
  }
  std::ranges::sort(ordered, {}, &std::pair<uint32_t, NodeId>::first);
  Copies copies;
  for (const auto& [order, each] : ordered) out.push_back(copy(each, copies));
  for (NodeId& operand : module_[call].operands) {
    if (const auto copied = copies.find(operand.index); copied != copies.end()) operand = copied->second;
  }
}

NodeId Hoisting::copy(NodeId id, Copies& copies) {
  const auto current = [&](NodeId node) {
    const auto copied = copies.find(node.index);
    return copied == copies.end() ? node : copied->second;
  };
  const NodeId made = add(module_[id]);
  copies[id.index] = made;
  for (NodeId& operand : module_[made].operands) operand = current(operand);
  const std::vector<RegionId> regions = std::exchange(module_[made].regions, {});
  for (RegionId region : regions) {
    const RegionId twin = add_region(made);
    module_[made].regions.push_back(twin);
    const std::vector<NodeId> nodes = module_[region].nodes;
    for (NodeId inner : nodes) {
      const NodeId copied = copy(inner, copies);
      module_[twin].nodes.push_back(copied);
    }
    const NodeId result = module_[region].result;
    if (result.valid()) module_[twin].result = current(result);
  }
  return made;
}

NodeId Hoisting::add(Node node) {
  module_.nodes.push_back(std::move(node));
  analysis_.effectful.push_back(false);
  analysis_.exits.push_back(0);
  analysis_.writes.push_back(false);
  analysis_.home.emplace_back();
  return {static_cast<uint32_t>(module_.nodes.size() - 1)};
}

RegionId Hoisting::add_region(NodeId owner) {
  module_.regions.emplace_back();
  module_.regions.back().owner = owner;
  analysis_.parent.emplace_back();
  return {static_cast<uint32_t>(module_.regions.size() - 1)};
}

NodeId Hoisting::made_for(NodeId place, Op op, TypeId type, std::vector<NodeId> operands) {
  Node node;
  node.op = op;
  node.type = type;
  node.span = module_[place].span;
  node.site = module_[place].site;
  node.operands = std::move(operands);
  return add(std::move(node));
}

}  // namespace

void hoist_invariant_effects(Module& module) {
  const std::vector<bool> tests = graph::test_chains(module);
  Hoisting hoisting(module);
  for (size_t i = 0; i < module.chains.size(); ++i) {
    if (!tests[i]) hoisting.region(module.chains[i].body);
  }
}

}  // namespace chain::transform
