// What waits for what, and where pure code goes.
#include <catch2/catch.hpp>

#include <algorithm>

#include "compiler/transform/schedule.h"
#include "tests/unit/graph/builder.h"

using namespace chain;
using namespace chain::graph;
using namespace chain::graph::test;
using transform::Dependency;
using transform::RegionPlan;

namespace {

/// A chain over one int whose effects are calls of a prompt from int to int.
struct Program : Builder {
  Program() {
    const TypeId parameters = record("ask", {{"n", types().int_type}});
    module.prompts.push_back({.name = "ask", .parameters = parameters, .result = types().int_type});
    begin_chain("main", record("main", {{"n", types().int_type}}), types().int_type);
    body = current();
    n = add(Op::Param, types().int_type, {}, 0);
  }
  NodeId ask(NodeId input) { return add(Op::Prompt, types().int_type, {input}, 0); }
  /// A call of a tool that writes.
  NodeId write(NodeId input) {
    if (module.externals.empty()) {
      module.externals.push_back({.name = "put",
                                  .parameters = module.prompts[0].parameters,
                                  .result = types().int_type,
                                  .effect = program::Effect::Writes});
    }
    return add(Op::External, types().int_type, {input}, 0);
  }
  NodeId plus(NodeId a, NodeId b) { return add(Op::Add, types().int_type, {a, b}); }
  /// `if condition { return value }`
  NodeId guard(NodeId condition, NodeId value) {
    const NodeId branch = add(Op::If, types().void_type, {condition});
    const RegionId then = begin_region();
    add(Op::Return, types().void_type, {value});
    hold(branch, {then});
    resume(body);
    return branch;
  }
  RegionPlan plan() { return transform::plan_region(module, transform::analyse(module), body); }

  RegionId body;
  NodeId n;
};

}  // namespace

TEST_CASE("independent calls wait for nothing, dependent ones for their inputs") {
  Program p;
  const NodeId a = p.ask(p.n);
  const NodeId b = p.ask(p.n);
  const NodeId c = p.ask(a);
  p.give(p.plus(b, c));
  const RegionPlan plan = p.plan();
  REQUIRE(plan.steps.size() == 3);
  CHECK(plan.steps[0].dependencies.empty());
  CHECK(plan.steps[1].dependencies.empty());
  CHECK(plan.steps[2].dependencies == std::vector<Dependency>{{0, false}});
  CHECK(plan.yield.size() == 1);  // the sum
}

TEST_CASE("pure code is fused behind its one input, or in front of its one user") {
  Program p;
  const NodeId before = p.plus(p.n, p.n);
  const NodeId a = p.ask(before);
  const NodeId behind = p.plus(a, p.n);
  const NodeId b = p.ask(p.n);
  const NodeId joined = p.plus(behind, b);
  const NodeId c = p.ask(joined);
  p.give(c);
  const RegionPlan plan = p.plan();
  REQUIRE(plan.steps.size() == 3);
  CHECK(plan.enter == std::vector<NodeId>{before});
  CHECK(plan.steps[0].after == std::vector<NodeId>{behind});
  CHECK(plan.steps[2].before == std::vector<NodeId>{joined});
  CHECK(plan.steps[2].dependencies == std::vector<Dependency>{{0, false}, {1, false}});
}

TEST_CASE("nothing after a guard starts before it is decided") {
  Program p;
  const NodeId first = p.ask(p.n);
  p.guard(p.add(Op::Less, p.types().bool_type, {first, p.n}), p.n);
  const NodeId second = p.ask(p.n);
  p.give(second);
  const RegionPlan plan = p.plan();
  REQUIRE(plan.steps.size() == 3);
  CHECK(plan.steps[1].may_exit);
  CHECK(plan.steps[1].dependencies == std::vector<Dependency>{{0, false}});
  CHECK(plan.steps[2].dependencies == std::vector<Dependency>{{1, true}});
}

TEST_CASE("a running sum over many calls is planned in linear space") {
  Program p;
  NodeId sum = p.n;
  constexpr int kCalls = 2'000;
  for (int i = 0; i < kCalls; ++i) sum = p.plus(sum, p.ask(p.n));
  p.give(sum);
  const RegionPlan plan = p.plan();
  size_t dependencies = 0;
  for (const transform::Step& step : plan.steps) dependencies += step.dependencies.size();
  CHECK(plan.steps.size() >= kCalls);
  CHECK(dependencies < 20 * kCalls);
}

TEST_CASE("a write waits for everything before it, and everything behind it waits for its end") {
  Program p;
  const NodeId a = p.ask(p.n);
  const NodeId b = p.ask(p.n);
  const NodeId sum = p.plus(a, b);  // may fail, so the write waits for it too
  const NodeId put = p.write(p.n);
  const NodeId c = p.ask(p.n);
  const NodeId again = p.write(p.n);
  p.give(p.plus(p.plus(sum, put), p.plus(c, again)));
  const RegionPlan plan = p.plan();
  const auto step_of = [&](NodeId id) {
    for (uint32_t i = 0; i < plan.steps.size(); ++i) {
      if (plan.steps[i].node == id) return i;
    }
    FAIL("no such step");
    return 0U;
  };
  const auto waits = [&](NodeId id, NodeId other) {
    for (const Dependency& each : plan.steps[step_of(id)].dependencies) {
      if (each.step == step_of(other)) return !each.decided;
    }
    return false;
  };
  CHECK(waits(put, a));
  CHECK(waits(put, b));
  CHECK(plan.steps[step_of(put)].writes);
  CHECK(waits(c, put));
  CHECK(waits(again, c));
  CHECK_FALSE(waits(again, a));  // the write before it has waited for that
  const uint32_t pure = [&] {
    for (uint32_t i = 0; i < plan.steps.size(); ++i) {
      const auto& before = plan.steps[i].before;
      if (std::find(before.begin(), before.end(), sum) != before.end()) return i;
    }
    return UINT32_MAX;
  }();
  REQUIRE(pure != UINT32_MAX);
  const auto& needs = plan.steps[step_of(put)].dependencies;
  CHECK((pure == step_of(put) ||
         std::find(needs.begin(), needs.end(), Dependency{pure, false}) != needs.end()));
}

TEST_CASE("a branch or loop that holds a write is a barrier as a whole") {
  Program p;
  const NodeId a = p.ask(p.n);
  const NodeId branch =
      p.add(Op::If, p.types().void_type, {p.add(Op::Less, p.types().bool_type, {p.n, p.n})});
  const RegionId then = p.begin_region();
  p.write(p.n);
  p.hold(branch, {then});
  p.resume(p.body);
  const NodeId b = p.ask(p.n);
  p.give(p.plus(a, b));
  const RegionPlan plan = p.plan();
  REQUIRE(plan.steps.size() == 3);
  CHECK(plan.steps[1].writes);
  CHECK(plan.steps[1].dependencies == std::vector<Dependency>{{0, false}});
  CHECK(plan.steps[2].dependencies == std::vector<Dependency>{{1, false}});
}
