#include <catch2/catch.hpp>

#include "tests/unit/sema/checked.h"

namespace chain::sema::test {

TEST_CASE("a model, a prompt and a chain become a graph") {
  const Checked checked = check_text(R"(
model fast = openai("gpt-5-mini", temperature: 0, timeout: 20s)
prompt greet@1.0(name: string) -> string {
  model: fast
  user: "Say hello to {{ name }}."
}
chain main(name: string = "world") -> string {
  let x = greet(name)
  return "> {{ x }}"
}
)");
  INFO(checked.graph());
  REQUIRE(checked.module);
  const graph::Module& module = *checked.module;
  REQUIRE(module.models.size() == 1);
  CHECK(module.models[0].id == "gpt-5-mini");
  CHECK(module.models[0].options_json == R"({"temperature":0.0,"timeout":20000000000})");
  REQUIRE(module.prompts.size() == 1);
  CHECK(module.prompts[0].version == program::Version{1, 0});
  REQUIRE(module.chains.size() == 1);
  CHECK(module.entries == std::vector<uint32_t>{0});
  CHECK(module.types[module.chains[0].parameters].fields[0].default_json == "\"world\"");
}

}  // namespace chain::sema::test
