#include "compiler/graph/picture.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/graph/support_graph.h"

using namespace chain;
using namespace chain::graph;
using namespace chain::graph::test;

TEST_CASE("a chain is drawn as its calls, branches and loops") {
  const Builder b = support_graph();
  CHECK(print_mermaid(b.module) == R"mermaid(flowchart TD
  subgraph g0 ["main@1.0"]
    n0(["main(names, urgency)"])
    n1{"match urgency"}
    n2(["return"])
    n3{{"for each of names"}}
    n5(["string[]"])
    subgraph g1 ["for each of names"]
      n4("greet@1.0")
    end
  end
  n0 --> n1
  n0 --> n3
  n1 -->|"low"| n2
  n3 --> n4
  n3 --> n5
  n4 --> n5
)mermaid");
}

TEST_CASE("the same as Graphviz reads it") {
  const std::string dot = print_dot(support_graph().module);
  CHECK(dot.starts_with("digraph chain {\n"));
  CHECK(dot.find("n1 -> n2 [label=\"low\"];") != std::string::npos);
  CHECK(dot.find("subgraph cluster_1 {") != std::string::npos);
  CHECK(dot.find("n4 [label=\"greet@1.0\", shape=box") != std::string::npos);
  CHECK(dot.ends_with("}\n"));
}

TEST_CASE("arrows follow data through pure code") {
  Builder b = support_graph();
  auto& types = b.types();
  b.begin_chain("pair", b.record("pair", {{"who", types.string_type}}), types.string_type);
  const NodeId who = b.add(Op::Param, types.string_type, {}, 0, "who");
  const NodeId first = b.add(Op::Prompt, types.string_type, {who}, 0, "first");
  const NodeId loud = b.add(Op::Concat, types.string_type, {first, b.text("\"!\"")});
  const NodeId second = b.add(Op::Prompt, types.string_type, {loud}, 0, "second");
  b.give(b.add(Op::Concat, types.string_type, {second, who}));
  const Picture drawn = picture(b.module);
  REQUIRE(drawn.shapes.size() == 10);
  CHECK(drawn.shapes[7].label == "first = greet@1.0");
  CHECK(drawn.shapes[8].label == "second = greet@1.0");
  const auto has = [&](uint32_t from, uint32_t to) {
    return std::ranges::find(drawn.arrows, Picture::Arrow{from, to, ""}) != drawn.arrows.end();
  };
  CHECK(has(6, 7));
  CHECK(has(7, 8));
  CHECK_FALSE(has(6, 8));
  CHECK(has(8, 9));
  CHECK(has(6, 9));
}
