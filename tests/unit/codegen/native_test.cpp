// Native code of pure chains, made from graphs by hand and called without a scheduler.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>

#include "compiler/graph/validate.h"
#include "compiler/jit/load.h"
#include "runtime/abi/functions.h"
#include "runtime/value/json.h"
#include "tests/unit/graph/builder.h"

using namespace chain;
using namespace chain::graph;
using namespace chain::graph::test;

namespace {

jit::Compiled compile(const Module& module, bool keep_ir = false) {
  REQUIRE(validate(module) == std::vector<std::string>{});
  std::string error;
  const jit::Api* back_end = jit::open(error);
  REQUIRE(error.empty());
  jit::Options options;
  for (const abi::Symbol& symbol : abi::symbols())
    options.symbols.push_back({symbol.name.data(), symbol.address});
  options.keep_ir = keep_ir;
  jit::Compiled compiled = back_end->compile(module, options);
  INFO(compiled.error);
  REQUIRE(compiled.error.empty());
  return compiled;
}

/// Calls chain 0, which has no effects, and gives its result as JSON, or "error: MESSAGE".
std::string call(const Module& module, const std::string& arguments = "{}") {
  const jit::Compiled compiled = compile(module);
  const program::Program& program = compiled.program;
  const program::Chain& chain = program.chains[0];
  const program::Region& body = program.regions[chain.body];
  abi::Context context(uint64_t{1} << 24);
  context.program = &program;
  const std::byte* record = nullptr;
  const value::ReadResult read =
      value::from_json(program.types, chain.parameters, arguments, context.arena, &record);
  INFO(read.sentence());
  REQUIRE(read.ok());
  std::vector<std::byte> result(std::max<uint32_t>(program.types[chain.result].size, 1));
  std::vector<uint64_t> memory(body.frame_size / 8);
  auto* frame = reinterpret_cast<abi::Frame*>(memory.data());
  frame->input = record;
  frame->result = frame->chain_result = result.data();
  for (const program::FunctionId step :
       {body.enter, body.tasks.empty() ? program::FunctionId{} : body.tasks[0].start, body.yield}) {
    if (!step.valid()) continue;
    const abi::Status status =
        reinterpret_cast<abi::StepFn>(const_cast<void*>(program.functions[step.index]))(frame, &context);
    if (status == abi::kFailed) return "error: " + std::string(context.error_message.view());
    if (status == abi::kReturned) break;
  }
  std::string json;
  value::write_json(program.types, chain.result, result.data(), json);
  return json;
}

/// A chain over `a` and `b` whose result is one node of them.
std::string binary(Op op, TypeId (*type_of)(program::TypeTable&), const std::string& arguments,
                   bool compares = false) {
  Builder b;
  const TypeId type = type_of(b.types());
  const TypeId result = compares ? b.types().bool_type : type;
  b.begin_chain("main", b.record("main", {{"a", type}, {"b", type}}), result);
  const NodeId left = b.add(Op::Param, type, {}, 0);
  const NodeId right = b.add(Op::Param, type, {}, 1);
  b.give(b.add(op, result, {left, right}));
  return call(b.module, arguments);
}

TypeId ints(program::TypeTable& types) {
  return types.int_type;
}
TypeId floats(program::TypeTable& types) {
  return types.float_type;
}
TypeId strings(program::TypeTable& types) {
  return types.string_type;
}

}  // namespace

TEST_CASE("integers are checked") {
  CHECK(binary(Op::Add, ints, R"({"a": 2, "b": 40})") == "42");
  CHECK(binary(Op::Sub, ints, R"({"a": 2, "b": 40})") == "-38");
  CHECK(binary(Op::Mul, ints, R"({"a": -6, "b": 7})") == "-42");
  CHECK(binary(Op::Div, ints, R"({"a": -7, "b": 2})") == "-3");
  CHECK(binary(Op::Mod, ints, R"({"a": -7, "b": 2})") == "-1");
  CHECK(binary(Op::Add, ints, R"({"a": 9223372036854775807, "b": 1})") ==
        "error: integer overflow: the result does not fit in 64 bits");
  CHECK(binary(Op::Div, ints, R"({"a": 1, "b": 0})") == "error: division by zero");
  CHECK(binary(Op::Div, ints, R"({"a": -9223372036854775808, "b": -1})") ==
        "error: integer overflow: the result does not fit in 64 bits");
  CHECK(binary(Op::Mod, ints, R"({"a": -9223372036854775808, "b": -1})") == "0");
}

TEST_CASE("floats follow IEEE 754") {
  CHECK(binary(Op::Div, floats, R"({"a": 1.0, "b": 4.0})") == "0.25");
  CHECK(binary(Op::Mod, floats, R"({"a": 7.5, "b": 2.0})") == "1.5");
  CHECK(binary(Op::Div, floats, R"({"a": 1.0, "b": 0.0})") == "null");
}

TEST_CASE("strings compare by code point and concatenate") {
  CHECK(binary(Op::Concat, strings, R"({"a": "안녕", "b": "!"})") == R"("안녕!")");
  CHECK(binary(Op::Equal, strings, R"({"a": "x", "b": "x"})", true) == "true");
  CHECK(binary(Op::Equal, strings, R"({"a": "", "b": "x"})", true) == "false");
  CHECK(binary(Op::Less, strings, R"({"a": "a", "b": "ab"})", true) == "true");
  CHECK(binary(Op::Less, strings, R"({"a": "b", "b": "ab"})", true) == "false");
  CHECK(binary(Op::LessEqual, strings, R"({"a": "ab", "b": "ab"})", true) == "true");
}

TEST_CASE("lists, maps, optionals and records are equal by what they hold") {
  const auto record_lists = [](program::TypeTable& types) {
    program::Type type;
    type.kind = program::TypeKind::Record;
    type.name = "P";
    type.fields = {{.name = "x", .type = types.optional_of(types.int_type)},
                   {.name = "tags", .type = types.map_of(types.string_type)}};
    const TypeId id = types.add(std::move(type));
    types.layout_record(id);
    return types.list_of(id);
  };
  const std::string same = R"([{"x": 1, "tags": {"k": "v", "l": "w"}}, {"tags": {}}])";
  const std::string swapped = R"([{"x": 1, "tags": {"l": "w", "k": "v"}}, {"tags": {}}])";
  CHECK(binary(Op::Equal, record_lists, "{\"a\": " + same + ", \"b\": " + swapped + "}", true) == "true");
  for (const char* other : {R"([])", R"([{"x": 2, "tags": {"k": "v", "l": "w"}}, {"tags": {}}])",
                            R"([{"x": 1, "tags": {"k": "v"}}, {"tags": {}}])",
                            R"([{"x": 1, "tags": {"k": "v", "l": "w"}}, {"x": 0, "tags": {}}])"}) {
    CHECK(binary(Op::Equal, record_lists, "{\"a\": " + same + ", \"b\": " + other + "}", true) == "false");
  }
}

TEST_CASE("templates render with loops and branches") {
  Builder b;
  auto& types = b.types();
  const TypeId list = types.list_of(types.int_type);
  b.begin_chain("main", b.record("main", {{"numbers", list}}), types.string_type);
  const NodeId numbers = b.add(Op::Param, list, {}, 0);
  const NodeId render = b.add(Op::Render, types.string_type);
  b.give(render);
  const RegionId text = b.begin_region();
  b.add(Op::Emit, types.void_type, {b.text("numbers:")});
  const NodeId loop = b.add(Op::For, types.void_type, {numbers});
  const RegionId each = b.begin_region();
  const NodeId number = b.add(Op::Param, types.int_type, {}, 0);
  const NodeId index = b.add(Op::Param, types.int_type, {}, 1);
  const NodeId first = b.add(Op::Equal, types.bool_type, {index, b.integer(0)});
  const NodeId separator = b.add(Op::If, types.void_type, {first});
  const RegionId then = b.begin_region();
  b.add(Op::Emit, types.void_type, {b.text(" ")});
  const RegionId otherwise = b.begin_region();
  b.add(Op::Emit, types.void_type, {b.text(", ")});
  b.hold(separator, {then, otherwise});
  b.resume(each);
  b.add(Op::Emit, types.void_type, {number});
  b.hold(loop, {each});
  b.hold(render, {text});
  CHECK(call(b.module, R"({"numbers": [1, 2, 3]})") == R"("numbers: 1, 2, 3")");
  CHECK(call(b.module, R"({"numbers": []})") == R"("numbers:")");
}

TEST_CASE("an early return ends the chain") {
  Builder b;
  auto& types = b.types();
  b.begin_chain("main", b.record("main", {{"n", types.int_type}}), types.int_type);
  const RegionId body = b.current();
  const NodeId n = b.add(Op::Param, types.int_type, {}, 0);
  const NodeId zero = b.add(Op::Equal, types.bool_type, {n, b.integer(0)});
  const NodeId guard = b.add(Op::If, types.void_type, {zero});
  const RegionId then = b.begin_region();
  b.add(Op::Return, types.void_type, {b.integer(-1)});
  b.hold(guard, {then});
  b.resume(body);
  b.give(b.add(Op::Div, types.int_type, {b.integer(100), n}));
  CHECK(call(b.module, R"({"n": 0})") == "-1");
  CHECK(call(b.module, R"({"n": 7})") == "14");
}

TEST_CASE("ten thousand additions are one straight function") {
  Builder b;
  auto& types = b.types();
  b.begin_chain("main", b.record("main", {{"n", types.int_type}}), types.int_type);
  NodeId sum = b.add(Op::Param, types.int_type, {}, 0);
  for (int i = 0; i < 10'000; ++i) sum = b.add(Op::Add, types.int_type, {sum, b.integer(i)});
  b.give(sum);
  CHECK(call(b.module, R"({"n": 1})") == "49995001");
}

TEST_CASE("no code is shared by so many places that compiling it takes more than linear time") {
  Builder b;
  const TypeId parameters = b.record("main", {{"n", b.types().int_type}});
  const RegionId body = b.begin_chain("main", parameters, b.types().int_type);
  NodeId sum = b.add(Op::Param, b.types().int_type, {}, 0);
  for (int i = 0; i < 2000; ++i) sum = b.add(Op::Add, b.types().int_type, {sum, sum});
  b.give(body, sum);
  const std::string ir = compile(b.module, true).ir;
  size_t most = 0;
  for (size_t at = ir.find(" phi "); at != std::string::npos; at = ir.find(" phi ", at + 1)) {
    const std::string line = ir.substr(at, ir.find('\n', at) - at);
    most = std::max(most, static_cast<size_t>(std::ranges::count(line, '[')));
  }
  CHECK(most > 1);
  CHECK(most <= 64);
}

TEST_CASE("arithmetic, comparison, field access and branches call nothing") {
  Builder b;
  auto& types = b.types();
  const TypeId inner =
      b.record("Inner", {{"x", types.int_type}, {"y", types.float_type}, {"s", types.string_type}});
  b.begin_chain("main", b.record("main", {{"r", inner}, {"n", types.int_type}}), types.float_type);
  const RegionId body = b.current();
  const NodeId record = b.add(Op::Param, inner, {}, 0);
  const NodeId n = b.add(Op::Param, types.int_type, {}, 1);
  const NodeId x = b.add(Op::Field, types.int_type, {record}, 0);
  const NodeId y = b.add(Op::Field, types.float_type, {record}, 1);
  const NodeId s = b.add(Op::Field, types.string_type, {record}, 2);
  NodeId sum = n;
  for (const Op op : {Op::Add, Op::Sub, Op::Mul, Op::Div, Op::Mod}) sum = b.add(op, types.int_type, {sum, x});
  NodeId real = b.add(Op::ToFloat, types.float_type, {b.add(Op::Neg, types.int_type, {sum})});
  for (const Op op : {Op::Add, Op::Sub, Op::Mul, Op::Div}) real = b.add(op, types.float_type, {real, y});
  const NodeId less = b.add(Op::Less, types.bool_type, {sum, x});
  const NodeId same = b.add(Op::Equal, types.bool_type, {s, b.text("x")});
  const NodeId whole = b.add(Op::NotEqual, types.bool_type, {record, record});
  NodeId choice = real;
  for (const NodeId condition : {less, same, whole}) {
    const NodeId branch = b.add(Op::If, types.float_type, {condition});
    const RegionId then = b.begin_region();
    b.give(b.add(Op::Mul, types.float_type, {choice, y}));
    const RegionId otherwise = b.begin_region();
    b.give(b.add(Op::Sub, types.float_type, {choice, y}));
    b.hold(branch, {then, otherwise});
    b.resume(body);
    choice = branch;
  }
  b.give(choice);
  const std::string ir = compile(b.module, true).ir;
  REQUIRE(ir.find("define internal") != std::string::npos);
  CHECK(ir.find("chain_rt_") == std::string::npos);
  CHECK(ir.find("chain_fn_") == std::string::npos);
  CHECK(call(b.module, R"({"r": {"x": 3, "y": 0.5, "s": "x"}, "n": 10})") == "-0.75");
}
