#include "tests/unit/graph/interpreter.h"

#include <catch2/catch.hpp>

#include "compiler/graph/validate.h"
#include "compiler/transform/pipeline.h"
#include "runtime/library/library.h"
#include "tests/unit/graph/builder.h"

using namespace chain;
using namespace chain::graph;
using namespace chain::graph::test;
using oracle::Answer;
using oracle::Outcome;

namespace {

/// Echoes the arguments as a string.
Answer echo(uint32_t, std::string_view arguments) {
  std::string json = "\"";
  for (const char c : arguments) json += c == '"' ? '\'' : c;
  return {json + '"', {}};
}

/// A chain `(n: int, s: string) -> RESULT`; every run is done again after the passes and must end the same
/// way.
struct Program : Builder {
  RegionId body;
  NodeId n, s;

  explicit Program(TypeId (*result)(program::TypeTable&) = [](program::TypeTable& t) { return t.int_type; }) {
    body = begin_chain("main", record("main", {{"n", types().int_type}, {"s", types().string_type}}),
                       result(types()));
    n = add(Op::Param, types().int_type, {}, 0, "n");
    s = add(Op::Param, types().string_type, {}, 1, "s");
  }

  uint32_t add_prompt() {
    module.models.push_back({"fast", "openai", "m", "{}"});
    graph::Prompt prompt{.name = "ask",
                         .parameters = record("ask", {{"text", types().string_type}}),
                         .result = types().string_type};
    module.prompts.push_back(prompt);
    return static_cast<uint32_t>(module.prompts.size() - 1);
  }

  Outcome run(const std::string& arguments = R"({"n": 5, "s": "안녕"})",
              const oracle::Answers& answers = echo) {
    REQUIRE(validate(module) == std::vector<std::string>{});
    const Outcome plain = oracle::interpret(module, 0, arguments, answers);
    transform::transform(module);
    const Outcome transformed = oracle::interpret(module, 0, arguments, answers);
    CHECK(plain.ok == transformed.ok);
    CHECK(plain.json == transformed.json);
    CHECK(plain.kind == transformed.kind);
    CHECK(plain.site.line == transformed.site.line);
    return plain;
  }
};

TypeId text_type(program::TypeTable& types) {
  return types.string_type;
}
TypeId strings_type(program::TypeTable& types) {
  return types.list_of(types.string_type);
}

}  // namespace

TEST_CASE("arithmetic fails where it must, at its place") {
  const auto outcome = [](Op op, int64_t a, int64_t b) {
    Program p;
    const NodeId result = p.add(op, p.types().int_type, {p.integer(a), p.integer(b)});
    p.module[result].site = {0, 7, 3};
    p.give(p.body, result);
    return p.run();
  };
  CHECK(outcome(Op::Add, 2, 3).json == "5");
  CHECK(outcome(Op::Div, -7, 2).json == "-3");
  CHECK(outcome(Op::Mod, -7, 2).json == "-1");
  CHECK(outcome(Op::Mod, INT64_MIN, -1).json == "0");
  for (const Outcome& failed :
       {outcome(Op::Add, INT64_MAX, 1), outcome(Op::Mul, INT64_MIN, -1), outcome(Op::Div, 1, 0),
        outcome(Op::Div, INT64_MIN, -1), outcome(Op::Mod, 1, 0)}) {
    CHECK_FALSE(failed.ok);
    CHECK(failed.kind == abi::ErrorKind::InvalidValue);
    CHECK(failed.site.line == 7);
  }
}

TEST_CASE("amounts are scaled to the nearest") {
  const auto scaled = [](Op op, int64_t amount, double factor) {
    Program p([](program::TypeTable& t) { return t.duration_type; });
    const TypeId duration = p.types().duration_type;
    p.give(p.body,
           p.add(op, duration, {p.constant(duration, amount), p.constant(p.types().float_type, factor)}));
    return p.run();
  };
  CHECK(scaled(Op::Mul, 1'000'000'001, 0.5).json == "\"500ms\"");
  CHECK(scaled(Op::Div, 3'000'000'000, 2.0).json == "\"1s500ms\"");
  CHECK_FALSE(scaled(Op::Mul, INT64_MAX, 2.0).ok);
  CHECK_FALSE(scaled(Op::Div, 1, 0.0).ok);
}

TEST_CASE("a return ends its chain, not its caller") {
  Program p;
  const TypeId integer = p.types().int_type;
  p.begin_chain("inner", p.record("inner", {{"n", integer}}), integer);
  const NodeId n = p.add(Op::Param, integer, {}, 0, "n");
  const RegionId inner = p.current();
  const NodeId big =
      p.add(Op::If, p.types().void_type, {p.add(Op::Less, p.types().bool_type, {p.integer(3), n})});
  const RegionId leave = p.begin_region();
  p.add(Op::Return, p.types().void_type, {p.integer(100)});
  p.hold(big, {leave});
  p.give(inner, n);
  p.resume(p.body);
  const NodeId called = p.add(Op::Chain, integer, {p.n}, 1);
  p.give(p.body, p.add(Op::Add, integer, {called, p.integer(1)}));
  CHECK(p.run(R"({"n": 5, "s": ""})").json == "101");
  CHECK(p.run(R"({"n": 2, "s": ""})").json == "3");
}

TEST_CASE("prompts are answered, and their failures end the run at their place") {
  Program p(strings_type);
  const uint32_t ask = p.add_prompt();
  const TypeId text = p.types().string_type;
  p.resume(p.body);
  const NodeId list = p.add(Op::List, strings_type(p.types()), {p.s, p.text("b")});
  const NodeId loop = p.add(Op::For, strings_type(p.types()), {list});
  const RegionId each = p.begin_region();
  const NodeId item = p.add(Op::Param, text, {}, 0);
  const NodeId call = p.add(Op::Prompt, text, {item}, ask);
  p.module[call].site = {0, 9, 1};
  p.give(each, call);
  p.hold(loop, {each});
  p.give(p.body, loop);
  const Outcome good = p.run();
  CHECK(good.json == R"(["{'text': '안녕'}", "{'text': 'b'}"])");
  CHECK(good.calls == 2);
  const Outcome refused = p.run(R"({"n": 5, "s": "x"})", [](uint32_t, std::string_view arguments) {
    return arguments.find("'b'") == std::string_view::npos &&
                   arguments.find("\"b\"") != std::string_view::npos
               ? Answer{"", abi::ErrorKind::Refused}
               : Answer{"\"ok\"", {}};
  });
  CHECK_FALSE(refused.ok);
  CHECK(refused.kind == abi::ErrorKind::Refused);
  CHECK(refused.site.line == 9);
  CHECK(refused.calls == 2);
  CHECK(p.run(R"({"n": 5, "s": "x"})", [](uint32_t, std::string_view) { return Answer{"7", {}}; }).kind ==
        abi::ErrorKind::InvalidOutput);
}

TEST_CASE("texts are rendered from their emits") {
  Program p(text_type);
  const NodeId render = p.add(Op::Render, p.types().string_type);
  const RegionId inside = p.begin_region();
  const auto emit = [&](NodeId value) { p.add(Op::Emit, p.types().void_type, {value}); };
  emit(p.s);
  emit(p.text(": "));
  const NodeId list = p.add(Op::List, p.types().list_of(p.types().int_type), {p.n, p.integer(7)});
  emit(list);
  const NodeId loop = p.add(Op::For, p.types().void_type, {list});
  const RegionId each = p.begin_region();
  emit(p.text(" #"));
  emit(p.add(Op::Param, p.types().int_type, {}, 1));
  p.hold(loop, {each});
  p.hold(render, {inside});
  p.give(p.body, render);
  CHECK(p.run().json == "\"안녕: [5, 7] #0 #1\"");
}

TEST_CASE("wheres hold or fail, in arguments too") {
  Program p;
  const TypeId integer = p.types().int_type;
  const RegionId where = p.begin_region();
  const NodeId it = p.add(Op::Param, integer, {}, 0, "it");
  p.give(where, p.add(Op::Less, p.types().bool_type, {it, p.integer(10)}));
  p.module.predicates.push_back({integer, where, "it < 10"});
  p.types()[p.module.chains[0].parameters].fields[0].constraints.push_back({{0}, "it < 10"});
  p.resume(p.body);
  const NodeId doubled = p.add(Op::Add, integer, {p.n, p.n});
  const NodeId checked = p.add(Op::Check, integer, {doubled}, 0);
  p.module[checked].site.line = 4;
  p.give(p.body, checked);
  CHECK(p.run(R"({"n": 4, "s": ""})").json == "8");
  const Outcome inside = p.run(R"({"n": 6, "s": ""})");
  CHECK(inside.kind == abi::ErrorKind::InvalidValue);
  CHECK(inside.site.line == 4);
  const Outcome argument = p.run(R"({"n": 12, "s": ""})");
  CHECK(argument.kind == abi::ErrorKind::InvalidValue);
  CHECK(argument.site.line == 0);
}

TEST_CASE("collections and optionals") {
  Program p(text_type);
  auto& t = p.types();
  const NodeId map =
      p.add(Op::Map, t.map_of(t.int_type), {p.text("a"), p.integer(1), p.s, p.n, p.text("a"), p.integer(3)});
  const NodeId found = p.add(Op::Lookup, t.optional_of(t.int_type), {map, p.text("a")});
  const NodeId present = p.add(Op::IsSome, t.bool_type, {found});
  const NodeId value = p.add(Op::Unwrap, t.int_type, {found});
  const NodeId missing = p.add(Op::Lookup, t.optional_of(t.int_type), {map, p.text("zz")});
  const NodeId numbers =
      p.add(Op::Library, t.list_of(t.int_type), {map}, library::overloads("values").front());
  const NodeId big = p.add(Op::Filter, t.list_of(t.int_type), {numbers});
  const RegionId test = p.begin_region();
  p.give(p.add(Op::Less, t.bool_type, {p.integer(3), p.add(Op::Param, t.int_type, {}, 0)}));
  p.hold(big, {test});
  p.resume(p.body);
  const NodeId last = p.add(Op::At, t.int_type, {numbers, p.integer(-1)});
  const NodeId same = p.add(Op::Equal, t.bool_type, {missing, p.add(Op::None, t.optional_of(t.int_type))});
  const NodeId render = p.add(Op::Render, t.string_type);
  const RegionId inside = p.begin_region();
  for (const NodeId each : {map, present, value, big, last, same}) {
    p.add(Op::Emit, t.void_type, {each});
    p.add(Op::Emit, t.void_type, {p.text(";")});
  }
  p.hold(render, {inside});
  p.give(p.body, render);
  CHECK(p.run().json == R"("{\"a\": 3, \"안녕\": 5};true;3;[5];5;true;")");
}
