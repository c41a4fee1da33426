#include <catch2/catch.hpp>

#include "compiler/graph/print.h"
#include "compiler/graph/validate.h"
#include "compiler/transform/fold_constants.h"
#include "compiler/transform/fold_text.h"
#include "compiler/transform/inline_renders.h"
#include "compiler/transform/pipeline.h"
#include "compiler/transform/remove_dead_nodes.h"
#include "runtime/library/library.h"
#include "tests/unit/graph/builder.h"

using namespace chain;
using namespace chain::graph;
using namespace chain::graph::test;
using namespace chain::transform;

namespace {

/// A chain whose body is open for nodes; `after` runs a pass and prints the body.
struct Body : Builder {
  RegionId body;
  explicit Body(TypeId (*result)(program::TypeTable&) = [](program::TypeTable& t) { return t.int_type; }) {
    const TypeId arguments =
        record("main", {{"n", types().int_type}, {"on", types().bool_type}, {"s", types().string_type}});
    body = begin_chain("main", arguments, result(types()));
  }
  NodeId n() { return add(Op::Param, types().int_type, {}, 0, "n"); }
  NodeId on() { return add(Op::Param, types().bool_type, {}, 1, "on"); }
  NodeId s() { return add(Op::Param, types().string_type, {}, 2, "s"); }
  NodeId yes(bool value) { return constant(types().bool_type, value); }

  std::string after(void (*pass)(Module&)) {
    REQUIRE(validate(module) == std::vector<std::string>{});
    pass(module);
    REQUIRE(validate(module) == std::vector<std::string>{});
    return print(module, body);
  }
};

TypeId text_type(program::TypeTable& types) {
  return types.string_type;
}
TypeId bool_type(program::TypeTable& types) {
  return types.bool_type;
}
TypeId float_type(program::TypeTable& types) {
  return types.float_type;
}

uint32_t library_row(std::string_view name) {
  return library::overloads(name).front();
}

}  // namespace

TEST_CASE("arithmetic on constants is done once") {
  Body b;
  const NodeId sum = b.add(Op::Add, b.types().int_type, {b.integer(40), b.integer(2)});
  b.give(b.body, b.add(Op::Mul, b.types().int_type, {sum, b.integer(10)}));
  CHECK(b.after(fold_constants).ends_with("=> 420\n"));
}

TEST_CASE("what would fail is left to the run") {
  const auto left_alone = [](Op op, int64_t a, int64_t c) {
    Body b;
    b.give(b.body, b.add(op, b.types().int_type, {b.integer(a), b.integer(c)}));
    return b.after(fold_constants).find(std::string(op_text(op)) + ' ') != std::string::npos;
  };
  CHECK(left_alone(Op::Add, INT64_MAX, 1));
  CHECK(left_alone(Op::Sub, INT64_MIN, 1));
  CHECK(left_alone(Op::Mul, INT64_MAX, 2));
  CHECK(left_alone(Op::Div, 1, 0));
  CHECK(left_alone(Op::Div, INT64_MIN, -1));
  CHECK(left_alone(Op::Mod, 1, 0));
  CHECK_FALSE(left_alone(Op::Mod, INT64_MIN, -1));
  CHECK_FALSE(left_alone(Op::Div, -7, 2));
  Body b;
  const NodeId pow =
      b.add(Op::Library, b.types().int_type, {b.integer(10), b.integer(100)}, library_row("pow"));
  b.give(b.body, pow);
  CHECK(b.after(fold_constants).find("call pow(10, 100)") != std::string::npos);
}

TEST_CASE("floats fold as IEEE 754 has it") {
  Body b(float_type);
  const NodeId nan = b.add(Op::Div, b.types().float_type,
                           {b.constant(b.types().float_type, 0.0), b.constant(b.types().float_type, 0.0)});
  b.add(Op::Equal, b.types().bool_type, {nan, nan}, 0, "same");
  b.add(Op::LessEqual, b.types().bool_type, {nan, nan}, 0, "less");
  b.give(b.body, nan);
  b.after(fold_constants);
  for (const Node& node : b.module.nodes) {
    if (!node.name.empty()) CHECK(node.constant == Constant{false});
  }
}

TEST_CASE("library calls on scalars are made once") {
  Body b(text_type);
  b.give(b.body, b.add(Op::Library, b.types().string_type, {b.text("straße")}, library_row("upper")));
  CHECK(b.after(fold_constants) == "=> \"STRASSE\"\n");
}

TEST_CASE("texts do not grow without bound") {
  Body b(text_type);
  NodeId text = b.text("0123456789");
  for (int i = 0; i < 40; ++i) text = b.add(Op::Concat, b.types().string_type, {text, text});
  b.give(b.body, text);
  b.after(fold_constants);
  for (const Node& node : b.module.nodes) {
    if (const auto* made = std::get_if<std::string>(&node.constant)) CHECK(made->size() <= 4096);
  }
}

TEST_CASE("a branch on a constant becomes its arm") {
  Body b;
  const NodeId n = b.n();
  const NodeId choice = b.add(Op::If, b.types().int_type, {b.yes(false)});
  const RegionId then = b.begin_region();
  b.give(b.integer(1));
  const RegionId otherwise = b.begin_region();
  b.give(b.add(Op::Neg, b.types().int_type, {n}, 0, "negative"));
  b.hold(choice, {then, otherwise});
  b.resume(b.body);
  b.give(b.body, b.add(Op::Add, b.types().int_type, {choice, n}));
  CHECK(b.after(fold_constants) == R"(%n: int = param 0
%negative: int = neg %n
%0: int = add %negative, %n
=> %0
)");
}

TEST_CASE("what stands behind a sure return goes") {
  Body b;
  const NodeId n = b.n();
  const NodeId outer = b.add(Op::If, b.types().void_type, {b.yes(true)});
  const RegionId first = b.begin_region();
  const NodeId inner = b.add(Op::If, b.types().void_type, {b.yes(true)});
  const RegionId second = b.begin_region();
  b.add(Op::Return, b.types().void_type, {n});
  b.hold(inner, {second});
  b.hold(outer, {first});
  b.resume(b.body);
  b.give(b.body, b.add(Op::Neg, b.types().int_type, {n}));
  CHECK(b.after(fold_constants) == "%n: int = param 0\nreturn %n\n");
}

TEST_CASE("a switch on a constant becomes its case, or its default, or nothing") {
  for (const int64_t value : {0, 1, 2}) {
    Body b;
    const TypeId color = b.enumeration("Color", {"red", "green", "blue"});
    const NodeId choice = b.add(Op::Switch, b.types().int_type, {b.constant(color, value)});
    const RegionId red = b.begin_region();
    b.give(b.integer(10));
    const RegionId others = b.begin_region();
    b.give(b.integer(20));
    b.hold(choice, {red, others});
    b.module[choice].cases = {{0, 2}, {}};
    b.give(b.body, choice);
    CHECK(b.after(fold_constants) == (value == 1 ? "=> 20\n" : "=> 10\n"));
  }
}

TEST_CASE("values just made are taken apart") {
  Body b;
  auto& types = b.types();
  const NodeId n = b.n();
  const TypeId pair = b.record("Pair", {{"a", types.int_type}, {"b", types.int_type}});
  const NodeId record = b.add(Op::Record, pair, {b.integer(1), n});
  const NodeId field = b.add(Op::Field, types.int_type, {record}, 1);
  const NodeId some = b.add(Op::Some, types.optional_of(types.int_type), {field});
  const NodeId open = b.add(Op::Unwrap, types.int_type, {some});
  const NodeId list = b.add(Op::List, types.list_of(types.int_type), {b.integer(5), open});
  const NodeId last = b.add(Op::At, types.int_type, {list, b.integer(-1)});
  b.give(b.body, last);
  b.after(fold_constants);
  CHECK(b.module[b.body].result == n);
  remove_dead_nodes(b.module);
  CHECK(print(b.module, b.body).starts_with("%n: int = param 0\n"));
}

TEST_CASE("a where that holds goes, one that does not stays") {
  for (const int64_t value : {5, 50}) {
    Body b;
    const RegionId where = b.begin_region();
    const NodeId it = b.add(Op::Param, b.types().int_type, {}, 0, "it");
    const NodeId choice =
        b.add(Op::If, b.types().bool_type, {b.add(Op::Less, b.types().bool_type, {b.integer(0), it})});
    const RegionId small = b.begin_region();
    b.give(b.add(Op::Less, b.types().bool_type, {it, b.integer(10)}));
    const RegionId negative = b.begin_region();
    b.give(b.yes(false));
    b.hold(choice, {small, negative});
    b.give(where, choice);
    b.module.predicates.push_back({b.types().int_type, where, "it > 0 and it < 10"});
    b.resume(b.body);
    b.give(b.body, b.add(Op::Check, b.types().int_type, {b.integer(value)}, 0));
    const bool stays = b.after(fold_constants).find("check 50") != std::string::npos;
    CHECK(stays == (value == 50));
  }
}

TEST_CASE("emits of constants are joined, a render of them is a constant") {
  Body b(text_type);
  const NodeId s = b.s();
  const TypeId color = b.enumeration("Color", {"red"});
  const NodeId render = b.add(Op::Render, b.types().string_type);
  const RegionId inside = b.begin_region();
  const auto emit = [&](NodeId value) { b.add(Op::Emit, b.types().void_type, {value}); };
  emit(b.text("a"));
  emit(b.integer(1));
  emit(b.constant(b.types().float_type, 2.0));
  emit(b.yes(true));
  emit(b.constant(color, int64_t{0}));
  emit(b.constant(b.types().duration_type, int64_t{20'000'000'000}));
  SECTION("beside another") {
    emit(s);
    emit(b.text("b"));
    emit(b.text("c"));
    b.hold(render, {inside});
    b.give(b.body, render);
    CHECK(b.after(fold_text) == R"(%s: string = param 2
%0: string = render {
  emit "a12.0truered20s"
  emit %s
  emit "bc"
}
=> %0
)");
  }
  SECTION("alone") {
    b.hold(render, {inside});
    b.give(b.body, render);
    CHECK(b.after(fold_text) == "%s: string = param 2\n=> \"a12.0truered20s\"\n");
  }
}

TEST_CASE("a render that is shown where it was made becomes a part of the text around it") {
  Body b(text_type);
  const NodeId s = b.s();
  const NodeId outer = b.add(Op::Render, b.types().string_type);
  const RegionId text = b.begin_region();
  const auto emit = [&](NodeId value) { b.add(Op::Emit, b.types().void_type, {value}); };
  const auto render = [&] {
    const RegionId around = b.current();
    const NodeId node = b.add(Op::Render, b.types().string_type);
    const RegionId inside = b.begin_region();
    emit(s);
    b.hold(node, {inside});
    b.resume(around);
    return node;
  };
  SECTION("once") {
    emit(render());
    b.hold(outer, {text});
    b.give(b.body, outer);
    CHECK(b.after(inline_renders) == R"(%s: string = param 2
%0: string = render {
  emit %s
}
=> %0
)");
  }
  SECTION("not what is shown twice, or later") {
    const NodeId twice = render();
    emit(twice);
    emit(twice);
    const NodeId later = render();
    emit(s);
    emit(later);
    b.hold(outer, {text});
    b.give(b.body, outer);
    const std::string before = print(b.module, b.body);
    CHECK(b.after(inline_renders) == before);
  }
}

TEST_CASE("nodes that nobody uses go, effects and failures stay") {
  Body b(bool_type);
  auto& types = b.types();
  const NodeId n = b.n();
  const NodeId on = b.on();
  const NodeId s = b.s();
  b.add(Op::Equal, types.bool_type, {n, n}, 0, "unused");
  b.add(Op::Div, types.int_type, {n, n}, 0, "may_fail");
  const NodeId render = b.add(Op::Render, types.string_type, {}, 0, "unused_text");
  const RegionId text = b.begin_region();
  b.add(Op::Emit, types.void_type, {s});
  b.hold(render, {text});
  b.resume(b.body);
  const NodeId quiet = b.add(Op::If, types.void_type, {on});
  const RegionId nothing = b.begin_region();
  b.add(Op::Not, types.bool_type, {on});
  b.hold(quiet, {nothing});
  b.resume(b.body);
  const NodeId early = b.add(Op::If, types.void_type, {on});
  const RegionId leaving = b.begin_region();
  b.add(Op::Return, types.void_type, {on});
  b.add(Op::Not, types.bool_type, {on});
  b.hold(early, {leaving});
  b.give(b.body, on);
  CHECK(b.after(remove_dead_nodes) == R"(%n: int = param 0
%on: bool = param 1
%may_fail: int = div %n, %n
if %on {
  return %on
}
=> %on
)");
}

TEST_CASE("the pipeline shows what a pass made") {
  Body b;
  b.give(b.body, b.add(Op::Add, b.types().int_type, {b.integer(1), b.integer(1)}));
  std::string shown;
  transform::transform(
      b.module, {.print_after = "fold_constants", .print = [&](std::string_view text) { shown = text; }});
  CHECK(shown.starts_with("chain main@1.0(n: int"));
  CHECK(shown.find("=> 2") != std::string::npos);
  CHECK(pass_names().back() == "remove_dead_nodes");
}
