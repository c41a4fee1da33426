// A small module that has a bit of everything people look at: for the tests of what shows graphs.
#pragma once

#include "tests/unit/graph/builder.h"

namespace chain::graph::test {

/// A prompt `greet` and a chain that branches on an enum, returns early, and loops with calls.
inline Builder support_graph() {
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

}  // namespace chain::graph::test
