#include "compiler/transform/schedule.h"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace chain::transform {

using graph::Module;
using graph::Node;
using graph::Op;

namespace {

bool is_effect(Op op) {
  return op == Op::Prompt || op == Op::Chain || op == Op::External || op == Op::Try || op == Op::Race ||
         op == Op::Sample;
}

uint8_t exits_of(Op op) {
  switch (op) {
    case Op::Return: return kReturns;
    case Op::Break: return kBreaks;
    case Op::Fail: return kFails;
    default: return 0;
  }
}

/// The exits inside a region of `node` that go no further than the node.
uint8_t stopped_by(const Node& node, RegionId inner) {
  switch (node.op) {
    case Op::Loop: return kBreaks;
    case Op::Try: return inner == node.regions[0] ? kFails : 0;
    case Op::Race:
    case Op::Sample: return kFails;
    default: return 0;
  }
}

void analyse_region(const Module& module, RegionId region, RegionId parent, Analysis& out) {
  out.parent[region.index] = parent;
  for (NodeId id : module[region].nodes) {
    const Node& node = module[id];
    out.home[id.index] = region;
    bool effectful = is_effect(node.op);
    uint8_t exits = exits_of(node.op);
    bool writes = (node.op == Op::External && module.externals[node.index].is_barrier()) ||
                  (node.op == Op::Chain && module.chains[node.index].writes);
    for (RegionId inner : node.regions) {
      analyse_region(module, inner, region, out);
      uint8_t inside = 0;
      for (NodeId child : module[inner].nodes) {
        effectful = effectful || out.effectful[child.index];
        inside |= out.exits[child.index];
        writes = writes || out.writes[child.index];
      }
      exits |= inside & ~stopped_by(node, inner);
    }
    out.effectful[id.index] = effectful;
    out.exits[id.index] = exits;
    out.writes[id.index] = writes;
  }
}

bool made_where_used(const Node& node) {
  return node.op == Op::Constant || node.op == Op::Param;
}

void collect_uses(const Module& module, const Analysis& analysis, NodeId node, RegionId home,
                  std::vector<NodeId>& out) {
  auto use = [&](NodeId id) {
    if (id.valid() && analysis.home[id.index] == home) out.push_back(id);
  };
  for (NodeId operand : module[node].operands) use(operand);
  for (RegionId inner : module[node].regions) {
    for (NodeId child : module[inner].nodes) collect_uses(module, analysis, child, home, out);
    use(module[inner].result);
  }
}

/// Unions of dependencies beyond this size name the code that needed them instead of its needs, so
/// that a running sum over n effects stays linear.
constexpr size_t kLargestSet = 8;

/// Before fusion: an effect, or pure nodes with equal needs. Unit 0 needs nothing.
struct Unit {
  NodeId node;
  std::vector<NodeId> pure;
  std::vector<Dependency> needs;      // of units; sorted
  std::vector<uint32_t> pure_inputs;  // pure units whose values it reads
  std::vector<uint32_t> consumers;    // units that read its pure values
  bool may_exit = false;
  bool writes = false;
  bool fixed = false;  // stays a step of its own
  bool feeds_result = false;
  uint32_t order = 0;    // place of its first node
  uint32_t barrier = 0;  // the last unit before it that may return or writes; 0 if none
};

class Planner {
 public:
  Planner(const Module& module, const Analysis& analysis, RegionId region)
      : module_(module), analysis_(analysis), region_(region) {}

  RegionPlan plan() {
    units_.emplace_back();
    for (NodeId id : module_[region_].nodes) {
      const auto order = static_cast<uint32_t>(order_.size());
      order_[id.index] = order;
      if (!made_where_used(module_[id])) place(id, order);
    }
    mark_result();
    return fuse();
  }

 private:
  void place(NodeId id, uint32_t order) {
    const std::vector<NodeId> uses = uses_from(module_, analysis_, id, region_);
    std::vector<Dependency> needs = needs_of(uses);
    const bool writes = analysis_.writes[id.index];
    const Node& node = module_[id];
    const bool in_place = node.op == Op::External && module_.externals[node.index].is_in_place();
    if (writes || in_place) wait_for_all(needs);
    const bool effectful = analysis_.effectful[id.index];
    const bool barrier = writes || analysis_.may_exit(id) || node.op == Op::Given;
    uint32_t unit;
    if (effectful || barrier || node.op == Op::Expect) {
      unit = add_unit(std::move(needs), order);
      units_[unit].may_exit = analysis_.may_exit(id);
      units_[unit].writes = writes;
      units_[unit].fixed = true;
      if (effectful) {
        units_[unit].node = id;
      } else {
        units_[unit].pure.push_back(id);
      }
      if (writes) take_in_pure_code(unit);
      if (in_place) last_in_place_ = unit;
      if (barrier) barrier_ = unit;
      if (barrier) barrier_ends_ = writes;
    } else {
      auto [found, added] = groups_.try_emplace(needs, 0);
      if (added && !needs.empty()) found->second = add_unit(std::move(needs), order);
      unit = found->second;
      units_[unit].pure.push_back(id);
    }
    unit_of_[id.index] = unit;
    connect(unit, uses);
  }

  /// A write, and what has its place, waits for the end of every step since the one before that did.
  void wait_for_all(std::vector<Dependency>& needs) const {
    for (auto unit = std::max<uint32_t>({last_write_, last_in_place_, 1}); unit < units_.size(); ++unit) {
      if (units_[unit].node.valid() || units_[unit].fixed) needs.push_back({unit, false});
    }
    in_order(needs);
  }

  /// And for the pure code since then, which may fail.
  void take_in_pure_code(uint32_t write) {
    for (uint32_t unit = last_write_ + 1; unit < write; ++unit) {
      if (!units_[unit].node.valid() && !units_[unit].fixed) feed(unit, write);
    }
    last_write_ = write;
  }

  uint32_t add_unit(std::vector<Dependency> needs, uint32_t order) {
    Unit unit;
    unit.needs = std::move(needs);
    unit.order = order;
    unit.barrier = barrier_;
    units_.push_back(std::move(unit));
    return static_cast<uint32_t>(units_.size() - 1);
  }

  std::vector<Dependency> needs_of(const std::vector<NodeId>& uses) {
    std::vector<Dependency> needs;
    if (barrier_) needs.push_back({barrier_, !barrier_ends_});
    for (NodeId used : uses) {
      if (made_where_used(module_[used])) continue;
      const uint32_t unit = unit_of_.at(used.index);
      if (unit == 0) continue;
      Unit& source = units_[unit];
      if (source.node.valid() || source.fixed) {
        needs.push_back({unit, false});
      } else if (source.needs.size() > kLargestSet) {
        source.fixed = true;
        needs.push_back({unit, false});
      } else {
        needs.insert(needs.end(), source.needs.begin(), source.needs.end());
      }
    }
    in_order(needs);
    return needs;
  }

  static void in_order(std::vector<Dependency>& needs) {
    std::sort(needs.begin(), needs.end());
    // The end of a step implies that it is decided; `false` sorts first.
    auto same_step = [](const Dependency& a, const Dependency& b) { return a.step == b.step; };
    needs.erase(std::unique(needs.begin(), needs.end(), same_step), needs.end());
  }

  void connect(uint32_t unit, const std::vector<NodeId>& uses) {
    for (NodeId used : uses) {
      if (made_where_used(module_[used])) continue;
      const uint32_t source = unit_of_.at(used.index);
      if (source == 0 || source == unit || units_[source].node.valid()) continue;
      feed(source, unit);
    }
  }

  void feed(uint32_t source, uint32_t unit) {
    units_[unit].pure_inputs.push_back(source);
    if (units_[source].consumers.empty() || units_[source].consumers.back() != unit) {
      units_[source].consumers.push_back(unit);
    }
  }

  void mark_result() {
    const NodeId result = module_[region_].result;
    if (!result.valid() || analysis_.home[result.index] != region_ || made_where_used(module_[result]))
      return;
    units_[unit_of_.at(result.index)].feeds_result = true;
  }

  /// Where the pure code of a unit ends up.
  enum class Place : uint8_t { Step, After, Before, Yield };
  struct Placement {
    Place place = Place::Step;
    uint32_t host = 0;
  };

  Placement placement(const Unit& unit) const {
    if (unit.node.valid() || unit.fixed) return {};
    const bool one_need = unit.needs.size() == 1 && !unit.needs[0].decided;
    // Code that a return held back until this step was decided may run only once the step has ended: what
    // uses it cannot run with the step's end.
    const bool own = unit.pure_inputs.empty();
    if (one_need && own && units_[unit.needs[0].step].node.valid()) return {Place::After, unit.needs[0].step};
    // What may fail fails whether or not a later `return` passes over the rest: it is not moved behind one.
    const bool used_at_end = unit.consumers.empty() && (unit.feeds_result || module_[region_].result.valid());
    if (used_at_end && unit.barrier == barrier_) return {Place::Yield, 0};
    if (unit.consumers.size() == 1 && !unit.feeds_result) {
      const uint32_t host = unit.consumers[0];
      if (units_[host].fixed && units_[host].barrier == unit.barrier) return {Place::Before, host};
    }
    return {};
  }

  RegionPlan fuse() {
    std::vector<Placement> placements(units_.size());
    for (size_t i = 1; i < units_.size(); ++i) placements[i] = placement(units_[i]);

    std::vector<uint32_t> order;
    for (uint32_t i = 1; i < units_.size(); ++i) {
      if (placements[i].place == Place::Step) order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](uint32_t a, uint32_t b) { return units_[a].order < units_[b].order; });
    std::vector<uint32_t> step_of(units_.size(), 0);
    for (uint32_t i = 0; i < order.size(); ++i) step_of[order[i]] = i;

    RegionPlan plan;
    plan.enter = units_[0].pure;
    plan.steps.resize(order.size());
    for (uint32_t i = 0; i < order.size(); ++i) {
      Unit& unit = units_[order[i]];
      plan.steps[i].node = unit.node;
      plan.steps[i].may_exit = unit.may_exit;
      plan.steps[i].writes = unit.writes;
    }
    for (uint32_t i = 1; i < units_.size(); ++i) {
      const auto [place, host] = placements[i];
      auto append = [&](std::vector<NodeId>& list) {
        list.insert(list.end(), units_[i].pure.begin(), units_[i].pure.end());
      };
      if (place == Place::After) append(plan.steps[step_of[host]].after);
      if (place == Place::Yield) append(plan.yield);
      if (place == Place::Before) append(plan.steps[step_of[host]].before);
      if (place == Place::Step) append(plan.steps[step_of[i]].before);
      if (place == Place::Step || place == Place::Before) {
        add_dependencies(plan.steps[step_of[place == Place::Step ? i : host]], units_[i], placements, step_of,
                         step_of[place == Place::Step ? i : host]);
      }
    }
    for (Step& step : plan.steps) finish_step(step);
    sort_by_text(plan.yield);
    return plan;
  }

  void sort_by_text(std::vector<NodeId>& nodes) const {
    std::sort(nodes.begin(), nodes.end(),
              [&](NodeId a, NodeId b) { return order_.at(a.index) < order_.at(b.index); });
  }

  void add_dependencies(Step& step, const Unit& unit, const std::vector<Placement>& placements,
                        const std::vector<uint32_t>& step_of, uint32_t self) const {
    for (Dependency need : unit.needs) step.dependencies.push_back({step_of[need.step], need.decided});
    for (uint32_t input : unit.pure_inputs) {
      // Code behind a step is covered by the step; code in front of this very step runs with it.
      const auto [place, host] = placements[input];
      if (place == Place::Step) step.dependencies.push_back({step_of[input], false});
      if (place == Place::After) step.dependencies.push_back({step_of[host], false});
    }
    std::erase_if(step.dependencies, [&](Dependency d) { return d.step == self; });
  }

  void finish_step(Step& step) const {
    sort_by_text(step.before);
    sort_by_text(step.after);
    std::sort(step.dependencies.begin(), step.dependencies.end());
    auto same_step = [](Dependency a, Dependency b) { return a.step == b.step; };
    step.dependencies.erase(std::unique(step.dependencies.begin(), step.dependencies.end(), same_step),
                            step.dependencies.end());
  }

  const Module& module_;
  const Analysis& analysis_;
  RegionId region_;
  std::vector<Unit> units_;
  std::map<std::vector<Dependency>, uint32_t> groups_;
  std::unordered_map<uint32_t, uint32_t> unit_of_;
  std::unordered_map<uint32_t, uint32_t> order_;  // of a node in the text of the region
  uint32_t barrier_ = 0;
  bool barrier_ends_ = false;  // whether its end is waited for, and not only that it is decided
  uint32_t last_write_ = 0;
  uint32_t last_in_place_ = 0;
};

}  // namespace

Analysis analyse(const Module& module) {
  Analysis analysis;
  analysis.effectful.resize(module.nodes.size());
  analysis.exits.resize(module.nodes.size());
  analysis.writes.resize(module.nodes.size());
  analysis.home.resize(module.nodes.size());
  analysis.parent.resize(module.regions.size());
  auto body = [&](RegionId region) {
    if (region.valid()) analyse_region(module, region, {}, analysis);
  };
  for (const graph::Chain& chain : module.chains) body(chain.body);
  for (const graph::Predicate& predicate : module.predicates) body(predicate.body);
  for (const graph::Template& each : module.templates) body(each.body);
  for (const graph::Function& each : module.functions) body(each.body);
  for (const graph::Prompt& prompt : module.prompts) {
    for (const graph::MessagePart& part : prompt.messages) body(part.body);
  }
  return analysis;
}

std::vector<NodeId> uses_from(const Module& module, const Analysis& analysis, NodeId node, RegionId home) {
  std::vector<NodeId> uses;
  collect_uses(module, analysis, node, home, uses);
  std::sort(uses.begin(), uses.end(), [](NodeId a, NodeId b) { return a.index < b.index; });
  uses.erase(std::unique(uses.begin(), uses.end()), uses.end());
  return uses;
}

RegionPlan plan_region(const Module& module, const Analysis& analysis, RegionId region) {
  return Planner(module, analysis, region).plan();
}

}  // namespace chain::transform
