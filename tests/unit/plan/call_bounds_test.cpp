#include "compiler/plan/call_bounds.h"
#include "compiler/plan/typical.h"

#include <catch2/catch.hpp>

#include "tests/unit/sema/checked.h"

namespace {

constexpr std::string_view kDeclarations = R"(model fast = openai("m", retry: 0)
model slow = openai("m", retry: 3, fallback: fast)

enum Mood {
  good
  bad
}

type Ticket {
  body: string
  tags: string[] where len(it) <= 4
}

model web = anthropic("c", web_search: true, max_searches: 2)
model open = anthropic("c", web_search: true, retry: 0)

prompt f(x: string) -> string {
  model: fast
  user: "{{ x }}"
}

prompt g(x: string) -> Mood {
  model: slow
  repair: 2
  system: "{{ output.format }}"
  user: "{{ x }}"
}

tool look(x: string) -> string reads = http.get("https://example.com/{{ x }}")
tool send(x: string) -> bool writes = http.post("https://example.com/{{ x }}")

chain each(items: string[]) -> string {
  for item in items { f(item) }
  return "done"
}
)";

/// "prompt f = FORMULA (BOUND)" for each callee of `chain main(SIGNATURE) { BODY }`, joined by "; ".
std::string calls(const std::string& signature, const std::string& body) {
  const auto checked =
      chain::sema::test::check_text(std::string(kDeclarations) + "\nchain main(" + signature +
                                    ") -> string {\n" + body + "\n  return \"\"\n}\n");
  if (!checked.module) return checked.graph();
  std::string text;
  for (const auto& line : chain::plan::call_bounds(*checked.module, checked.module->entries.back())) {
    const auto bound = line.bound();
    text += (text.empty() ? "" : "; ") + line.name + " = " + line.formula() + " (" +
            (bound ? std::to_string(*bound) : "open") + ")";
  }
  return text;
}

}  // namespace

TEST_CASE("calls are counted with what repeats each") {
  CHECK(calls("", "  f(\"a\")") == "f = 1 (1)");
  CHECK(calls("", "  g(\"a\")") == "g = (1 + repair 2) x (1 + retry 3 + fallback fast 1) (15)");
  CHECK(calls("", "  f(\"a\")\n  f(\"b\")") == "f = 2 (2)");
  CHECK(calls("", "  look(\"a\")\n  send(\"b\")") == "look = (1 + retry 2) (3); send = 1 (1)");
}

TEST_CASE("an answer that may be paused while the web is searched counts with what goes on with it") {
  CHECK(calls("", "  f(\"a\") with { model: web }") == "f = (1 + retry 2 + pauses 2) (5)");
  CHECK(calls("", "  f(\"a\") with { model: open }") == "f = (1 + pauses 16) (17)");
}

TEST_CASE("lists count by their length") {
  CHECK(calls("xs: string[]", "  for x in xs { f(x) }") == "f = len(xs) (open)");
  CHECK(calls("xs: string[] where len(it) <= 20", "  for x in xs { f(x) }") == "f = len(xs) (20)");
  CHECK(calls("xs: string[] where len(it) < 20", "  for x in xs where x != \"\" { f(x) }") ==
        "f = len(xs) (19)");
  CHECK(calls("xs: string[] where len(it) >= 1 and len(it) <= 9", "  for x in xs { f(x) }") ==
        "f = len(xs) (9)");
  CHECK(calls("", "  for x in [\"a\", \"b\", \"c\"] { f(x) }") == "f = 3 (3)");
  CHECK(calls("xs: string[]", "  for x in take(xs, 5) { f(x) }") == "f = 5 (5)");
  CHECK(calls("xs: string[] where len(it) <= 3", "  for x in xs.append(\"a\") { f(x) }") ==
        "f = 1 + len(xs) (4)");
  CHECK(calls("ts: Ticket[]", "  for t in ts { for tag in t.tags { f(tag) } }") ==
        "f = len(t.tags) x len(ts) (open)");
  CHECK(calls("t: Ticket", "  for tag in t.tags { f(tag) }") == "f = len(t.tags) (4)");
  CHECK(calls("text: string", "  for x in lines(text) { f(x) }") == "f = len(lines(text)) (open)");
}

TEST_CASE("branches count with the worst, races and tries with all that may run") {
  CHECK(calls("b: bool", "  if b { f(\"a\")\n f(\"b\") } else { f(\"c\")\n look(\"d\") }") ==
        "f = 2 (2); look = (1 + retry 2) (3)");
  CHECK(calls("xs: string[], b: bool", "  if b { for x in xs { f(x) } } else { f(\"c\") }") ==
        "f = 1 + len(xs) (open)");
  CHECK(calls("", "  let r = race [f(\"a\"), f(\"b\")]") == "f = 2 (2)");
  CHECK(calls("", "  let r = sample 5 of f(\"a\")") == "f = 5 (5)");
  CHECK(calls("", "  let r = try f(\"a\") catch {\n    timeout => f(\"b\")\n    else => \"c\"\n  }") ==
        "f = 2 (2)");
  CHECK(calls("", "  repeat up to 4 {\n    if f(\"a\") == \"b\" { break }\n  } else {\n    f(\"c\")\n  }") ==
        "f = 5 (5)");
}

TEST_CASE("a chain counts with the arguments of each call") {
  CHECK(calls("", "  each([\"a\", \"b\"])\n  each([\"c\"])") == "f = 3 (3)");
  CHECK(calls("xs: string[] where len(it) <= 7", "  each(xs)\n  for x in xs { each([x, x]) }") ==
        "f = 3 x len(xs) (21)");
}

TEST_CASE("calls of chains in great depth are counted") {
  std::string text = std::string(kDeclarations) + "\nchain c0() -> string {\n  return f(\"a\")\n}\n";
  for (int i = 1; i < 60; ++i) {
    const std::string before = "c" + std::to_string(i - 1) + "()";
    text += "chain c" + std::to_string(i) + "() -> string {\n  let a = " + before + "\n  let b = " + before +
            "\n  return a + b\n}\n";
  }
  const auto checked = chain::sema::test::check_text(text);
  REQUIRE(checked.module);
  const auto lines = chain::plan::call_bounds(*checked.module, checked.module->entries.back());
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].bound() == uint64_t{1} << 59);
}

TEST_CASE("a chain that calls itself counts to its depth") {
  const auto bound = [](const std::string& within, const std::string& body) {
    const auto checked =
        chain::sema::test::check_text(std::string(kDeclarations) + "\nchain dig(n: int) -> string within { " +
                                      within + " } {\n  let own = f(\"a\")\n" + body + "\n  return own\n}\n");
    INFO(checked.graph());
    REQUIRE(checked.module);
    return chain::plan::call_bounds(*checked.module, checked.module->entries.back()).at(0).bound();
  };
  CHECK(bound("depth: 5", "  if n > 0 { return dig(n - 1) }") == 5);
  CHECK(bound("depth: 4", "  if n > 0 { return dig(n - 1) + dig(n - 2) }") == 15);
  CHECK(bound("depth: 10000", "  if n > 0 { return dig(n - 1) }") == 10'000);
  CHECK(bound("depth: 10000", "  if n > 0 { return dig(n - 1) + dig(n - 2) }") == UINT64_MAX);
}

TEST_CASE("what is typical is guessed from texts and types") {
  using chain::plan::Count;
  using chain::plan::Factor;
  CHECK(chain::plan::typical_count(Count(3)) == 3);
  CHECK(chain::plan::typical_count(Count(Factor{"len(a)", std::nullopt})) == 5);
  CHECK(chain::plan::typical_count(Count(Factor{"len(a)", 2}) * Count(Factor{"len(b)", std::nullopt})) == 10);

  const auto checked = chain::sema::test::check_text(R"(model m = openai("m")

template polite() = """
  Be polite."""

prompt plain() -> bool {
  model: m
  user: "Is it so, do you think?!"
}

prompt longer(text: string, more: string[], short: bool) -> string {
  model: m
  user: "{% if short %}Go.{% else %}{{ polite() }}{% endif %}{{ text }}{% for each in more %}{{ each }}{% endfor %}"
}

chain main() -> string { return longer("", [], plain()) }
)");
  INFO(checked.graph());
  REQUIRE(checked.module);
  const auto tokens = [&](size_t prompt) {
    return chain::plan::typical_tokens(*checked.module, checked.module->prompts.at(prompt));
  };
  CHECK(tokens(0).request == 6);
  CHECK(tokens(0).answer == 4);
  CHECK(tokens(1).request == 3 + 150 + 5 * 150);
  CHECK(tokens(1).answer == 150);
}
