// The hashes of what is released, and artifact ids.
#include <catch2/catch.hpp>

#include "compiler/source/source.h"
#include "tests/unit/sema/checked.h"

namespace {

using chain::sema::test::check_files;
using Files = std::map<std::string, std::string>;

const std::string kTypes = R"(/// How soon.
enum Urgency {
  low "can wait"
  high
}

type Ticket {
  /// What was written.
  body: string
}
)";

const std::string kMain = R"(import "./types.chain" as types

model fast = openai("m", temperature: 0)

const LIMIT = 5

const UNUSED = 1

template card(t: types.Ticket) = "[{{ t.body }}]"

/// Decide.
prompt classify@1.0(t: types.Ticket) -> types.Urgency {
  model: fast
  system: "At most {{ LIMIT }}. {{ output.format }}"
  user: "{% include card(t) %}"
}

tool page@1.0(id: string) -> bool writes = http.post("https://example.com/{{ id }}")

chain main@1.0(t: types.Ticket) -> bool {
  return if classify(t) == high { page("7") } else { false }
}

chain other@1.0() -> bool {
  return page("8")
}
)";

struct Hashes {
  std::map<std::string, chain::graph::Content> contents;
  std::map<std::string, std::string> artifacts;
};

Hashes hashes(const std::string& main, const std::string& types) {
  const auto checked = check_files({{"main.chain", main}, {"types.chain", types}});
  INFO(checked.graph());
  REQUIRE(checked.module);
  Hashes result;
  for (const auto& content : checked.module->contents) result.contents[content.key] = content;
  for (const auto& chain : checked.module->chains) result.artifacts[chain.name] = chain.artifact;
  return result;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  REQUIRE(text.find(what) != std::string::npos);
  return text.replace(text.find(what), what.size(), by);
}

/// Which contents differ, which signatures (`name()`) and which artifacts (`*name`), joined by blanks.
std::string changed(const std::string& what, const std::string& by, bool in_types = false) {
  const Hashes before = hashes(kMain, kTypes);
  const Hashes after =
      in_types ? hashes(kMain, replaced(kTypes, what, by)) : hashes(replaced(kMain, what, by), kTypes);
  std::string result;
  const auto add = [&](const std::string& text) { result += (result.empty() ? "" : " ") + text; };
  for (const auto& [key, content] : before.contents) {
    const std::string name = key.substr(key.find(':') + 1, key.find('@') - key.find(':') - 1);
    const auto other = after.contents.find(key);
    REQUIRE(other != after.contents.end());
    if (other->second.content != content.content) add(name);
    if (other->second.signature != content.signature) add(name + "()");
  }
  for (const auto& [name, id] : before.artifacts) {
    if (after.artifacts.at(name) != id) add("*" + name);
  }
  return result;
}

}  // namespace

TEST_CASE("every version has its key, hashes and pinned callees") {
  const Hashes all = hashes(kMain, kTypes);
  REQUIRE(all.contents.size() == 4);
  const auto& main = all.contents.at("main.chain:main@1.0");
  CHECK(main.kind == "chain");
  CHECK(main.content.size() == 64);
  CHECK(main.callees == std::vector<std::string>{"main.chain:classify@1.0", "main.chain:page@1.0"});
  CHECK(all.contents.at("main.chain:page@1.0").kind == "tool");
  CHECK(all.artifacts.at("main").size() == 64);
  CHECK(hashes(kMain, kTypes).artifacts == all.artifacts);
}

TEST_CASE("comments, layout and what is not reached change nothing") {
  CHECK(changed("/// Decide.", "// To decide.\n\n/// Decide.  // said before") ==
        "classify *main");  // `///` counts
  CHECK(changed("model: fast", "model: fast  // the quick one") == "");
  CHECK(changed("  system: \"At", "\n\n      system:     \"At") == "");
  CHECK(changed("(t: types.Ticket) -> bool {\n  return",
                "(\n  t: types.Ticket,\n) -> bool {\n\n  /* here */ return") == "");
  CHECK(changed("const UNUSED = 1", "const UNUSED = 2") == "");
  CHECK(changed("\n\nconst LIMIT = 5", "\n\n// five\nconst LIMIT =   5") == "");
  CHECK(changed("}\n", "}\n\ntype Unused {\n  x: int\n}\n", true) == "");
}

TEST_CASE("its own text and all that it reaches change a content") {
  CHECK(changed("At most", "No more than") == "classify *main");
  CHECK(changed("LIMIT = 5", "LIMIT = 6") == "classify *main");
  CHECK(changed("\"[{{ t.body }}]\"", "\"<{{ t.body }}>\"") == "classify *main");
  CHECK(changed("/// What was written.", "/// What the customer wrote.", true) == "classify main *main");
  CHECK(changed("\"can wait\"", "\"can wait for days\"", true) == "classify *main");
  CHECK(changed("page(\"8\")", "page(\"9\")") == "other *other");
  CHECK(changed("example.com/{{", "example.com/x/{{") == "page *main *other");
}

TEST_CASE("models enter the artifact id only") {
  CHECK(changed("openai(\"m\", temperature: 0)", "openai(\"m\", temperature: 1)") == "*main");
  CHECK(changed("openai(\"m\", temperature: 0)", "openai(\"n\", temperature: 0)") == "*main");
}

TEST_CASE("what callers see changes a signature") {
  CHECK(changed("body: string", "body: string where len(it) > 0", true) ==
        "classify classify() main main() *main");
  CHECK(changed("  high\n", "  high\n  highest\n", true) == "classify classify() *main");
  CHECK(changed("page@1.0(id: string)", "page@1.0(id: string = \"1\")") == "page page() *main *other");
  CHECK(changed("page@1.0(id: string)", "page@1.0(id: untrusted string)") == "page page() *main *other");
}
