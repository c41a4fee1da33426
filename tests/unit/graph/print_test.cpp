#include <catch2/catch.hpp>

#include "compiler/graph/print.h"
#include "compiler/graph/validate.h"
#include "tests/unit/graph/support_graph.h"

using namespace chain;
using namespace chain::graph;
using namespace chain::graph::test;

TEST_CASE("a module prints in a form that people read") {
  const Builder b = support_graph();
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
  Builder b = support_graph();
  b.module[NodeId{2}].operands.push_back({999});
  b.module[b.module.chains[0].body].nodes.push_back({12345});
  b.module[b.module[NodeId{1}].regions[0]].nodes.push_back({1});  // a render inside itself
  CHECK_FALSE(print(b.module).empty());
  CHECK_FALSE(validate(b.module).empty());
}
