#include "compiler/graph/validate.h"

#include <catch2/catch.hpp>

#include "tests/unit/graph/builder.h"

using namespace chain;
using namespace chain::graph;
using namespace chain::graph::test;

namespace {

/// The body of a chain `(n: int, on: bool) -> int`, open for more nodes.
struct Body : Builder {
  NodeId n, on;
  Body() {
    begin_chain("main", record("main", {{"n", types().int_type}, {"on", types().bool_type}}),
                types().int_type);
    n = add(Op::Param, types().int_type, {}, 0, "n");
    on = add(Op::Param, types().bool_type, {}, 1, "on");
  }
  bool mentions(const std::string& text) const {
    for (const std::string& mistake : validate(module)) {
      if (mistake.find(text) != std::string::npos) return true;
    }
    return false;
  }
};

}  // namespace

TEST_CASE("what is well formed passes") {
  Body b;
  b.give(b.add(Op::Add, b.types().int_type, {b.n, b.integer(1)}));
  CHECK(validate(b.module).empty());
}

TEST_CASE("an operand must be in scope") {
  Body b;
  const RegionId body = b.current();
  const NodeId choice = b.add(Op::If, b.types().int_type, {b.on});
  const RegionId then = b.begin_region();
  const NodeId inner = b.integer(1);
  b.give(inner);
  const RegionId otherwise = b.begin_region();
  b.give(b.integer(2));
  b.hold(choice, {then, otherwise});
  b.give(body, choice);
  REQUIRE(validate(b.module).empty());

  SECTION("not one of another region") {
    b.resume(body);
    b.give(body, b.add(Op::Neg, b.types().int_type, {inner}));
    CHECK(b.mentions("not in scope"));
  }
  SECTION("not a later one") {
    b.resume(body);
    const NodeId late = b.integer(3);
    b.give(then, late);
    CHECK(b.mentions("not in scope"));
  }
  SECTION("nothing stands twice") {
    b.module[otherwise].nodes.push_back(inner);
    CHECK(b.mentions("two places"));
  }
  SECTION("a region names its owner") {
    b.module[then].owner = inner;
    CHECK(b.mentions("another owner"));
  }
  SECTION("both arms give a value") {
    b.module[then].result = {};
    CHECK(b.mentions("gives no value"));
  }
  SECTION("or return") {
    b.module[then].result = {};
    b.resume(then);
    b.add(Op::Return, b.types().void_type, {inner});
    CHECK(validate(b.module).empty());
  }
}

TEST_CASE("operands must be of the types that the op works on") {
  Body b;
  const TypeId integer = b.types().int_type;
  const TypeId text = b.types().string_type;
  SECTION("arithmetic") {
    b.give(b.add(Op::Add, integer, {b.n, b.on}));
  }
  SECTION("too few") {
    b.give(b.add(Op::Add, integer, {b.n}));
  }
  SECTION("concat") {
    b.give(b.add(Op::Concat, text, {b.n, b.n}));
  }
  SECTION("compare") {
    b.give(b.add(Op::Less, b.types().bool_type, {b.n, b.on}));
  }
  SECTION("constant") {
    b.give(b.constant(integer, std::string("one")));
  }
  SECTION("list") {
    b.give(b.add(Op::List, b.types().list_of(text), {b.n}));
  }
  SECTION("optional") {
    b.give(b.add(Op::Unwrap, integer, {b.n}));
  }
  SECTION("param") {
    b.give(b.add(Op::Param, integer, {}, 7));
  }
  SECTION("library") {
    b.give(b.add(Op::Library, integer, {b.n}, 0));
  }
  SECTION("field") {
    b.give(b.add(Op::Field, integer, {b.n}, 0));
  }
  CHECK(validate(b.module).size() >= 1);
}

TEST_CASE("effects stand where they may") {
  Body b;
  SECTION("no emit outside a render") {
    b.add(Op::Emit, b.types().void_type, {b.n});
    b.give(b.n);
    CHECK(b.mentions("stands in no render"));
  }
  SECTION("no return inside one") {
    const RegionId body = b.current();
    const NodeId render = b.add(Op::Render, b.types().string_type);
    const RegionId inside = b.begin_region();
    b.add(Op::Return, b.types().void_type, {b.n});
    b.hold(render, {inside});
    b.give(body, b.n);
    CHECK(b.mentions("no return may stand"));
  }
  SECTION("no expectation outside a test") {
    b.module.expectations.push_back({.text = "on"});
    b.add(Op::Expect, b.types().void_type, {b.on});
    b.give(b.n);
    CHECK(b.mentions("stands in no test"));
  }
}

TEST_CASE("a switch covers every case once") {
  Body b;
  const TypeId color = b.enumeration("Color", {"red", "green"});
  const RegionId body = b.current();
  const NodeId choice = b.add(Op::Switch, b.types().int_type, {b.constant(color, int64_t{0})});
  const RegionId red = b.begin_region();
  b.give(b.integer(1));
  b.hold(choice, {red});
  b.give(body, choice);
  b.module[choice].cases = {{0}};
  CHECK(b.mentions("leaves out a case"));
  b.module[choice].cases = {{0, 0, 1}};
  CHECK(b.mentions("a value twice"));
  b.module[choice].cases = {{0, 2}};
  CHECK(b.mentions("does not have"));
  b.module[choice].cases = {{}};
  CHECK(validate(b.module).empty());
}
