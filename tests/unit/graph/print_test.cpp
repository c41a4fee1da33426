#include <catch2/catch.hpp>

#include "compiler/graph/print.h"
#include "compiler/graph/validate.h"
#include "tests/unit/graph/builder.h"

using namespace chain;
using namespace chain::graph;
using namespace chain::graph::test;

namespace {

/// A prompt `greet` and a chain that branches on an enum, loops with calls, and returns early.
Builder support() {
  Builder b;
  auto& types = b.types();
  const TypeId urgency = b.enumeration("Urgency", {"low", "high"});
  const TypeId arguments = b.record("greet", {{"name", types.string_type}});
  b.module.models.push_back({"fast", "openai", "gpt-5-mini", "{}"});
  const RegionId message = b.begin_region();
  const NodeId who = b.add(Op::Param, types.string_type, {}, 0, "name");
  const NodeId render = b.add(Op::Render, types.string_type);
  b.give(render);
  const RegionId emits = b.begin_region();
  b.add(Op::Emit, types.void_type, {b.text("Say \"hello\" to ")});
  b.add(Op::Emit, types.void_type, {who});
  b.hold(render, {emits});
  Prompt greet{.name = "greet", .version = {1, 0}, .parameters = arguments, .result = types.string_type};
  greet.messages.push_back({.role = program::Role::User, .body = message});
  b.module.prompts.push_back(greet);

  const TypeId strings = types.list_of(types.string_type);
  b.begin_chain("main", b.record("main", {{"names", strings}, {"urgency", urgency}}), strings);
  const RegionId body = b.current();
  const NodeId names = b.add(Op::Param, strings, {}, 0, "names");
  const NodeId level = b.add(Op::Param, urgency, {}, 1, "urgency");
  const NodeId choice = b.add(Op::Switch, types.void_type, {level});
  const RegionId low = b.begin_region();
  b.add(Op::Return, types.void_type, {b.add(Op::List, strings)});
  const RegionId others = b.begin_region();
  b.hold(choice, {low, others});
  b.module[choice].cases = {{0}, {}};
  b.resume(body);
  const NodeId loop = b.add(Op::For, strings, {names}, 0, "greetings");
  b.module[loop].parallel = 4;
  const RegionId each = b.begin_region();
  const NodeId name = b.add(Op::Param, types.string_type, {}, 0, "name");
  b.give(b.add(Op::Prompt, types.string_type, {name}, 0));
  b.hold(loop, {each});
  b.give(body, loop);
  b.module.entries = {0};
  return b;
}

}  // namespace

TEST_CASE("a module prints in a form that people read") {
  const Builder b = support();
  REQUIRE(validate(b.module) == std::vector<std::string>{});
  CHECK(print(b.module) == R"(model fast = openai("gpt-5-mini", {})
enum Urgency {
  low
  high
}
prompt greet@1.0(name: string) -> string {
  model: fast
  repair: 1
  user {
    %name: string = param 0
    %0: string = render {
      emit "Say \"hello\" to "
      emit %name
    }
    => %0
  }
}
chain main@1.0(names: string[], urgency: Urgency) -> string[] {
  %names: string[] = param 0
  %urgency: Urgency = param 1
  switch %urgency {
    low {
      %0: string[] = list []
      return %0
    }
    else {
    }
  }
  %greetings: string[] = for %names parallel 4 {
    %name: string = param 0
    %1: string = prompt greet@1.0(name: %name)
    => %1
  }
  => %greetings
}
)");
}

TEST_CASE("a module that is not well formed prints all the same") {
  Builder b = support();
  b.module[NodeId{2}].operands.push_back({999});
  b.module[b.module.chains[0].body].nodes.push_back({12345});
  b.module[b.module[NodeId{1}].regions[0]].nodes.push_back({1});  // a render inside itself
  CHECK_FALSE(print(b.module).empty());
  CHECK_FALSE(validate(b.module).empty());
}
