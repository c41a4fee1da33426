// docs/library.md says what library.def says. CHAIN_UPDATE=1 rewrites it.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "runtime/library/higher_order.h"
#include "runtime/library/library.h"

using namespace chain;

namespace {

constexpr const char* kIntroduction = R"(# The library

The functions that every file can call, made from `runtime/library/library.def`. `f(x, y)`, `x.f(y)` and, in a template,
`{{ x | f(y) }}` are the same call. None of them changes its arguments. `T` is any type, the same in the whole signature;
`T: ordered` is a bool, number, duration, amount of money, string, enum or literal; `T: present` is anything but an
optional. Indexes into strings count code points; a negative index counts from the end. What "fails" raises
`invalid_value`, and so does a result of more than 64 MiB.

| Function | What it gives |
| --- | --- |
)";

constexpr const char* kHigherOrder = R"(
## Functions that take a function

`T => U` is a function without a name, such as `x => x.name`, `(x) => x.name`, `(a, b) => a + b` or `x => { ... }`, or the name of
a `fn`, of a template or of a function above. It stands nowhere else. One that takes one value may take a second one, its
index from 0: `list.map((x, i) => ...)`. It calls no prompts, chains or tools; for these there is `for`.

| Function | What it gives |
| --- | --- |
)";

/// In a table a bar would end the cell.
std::string cell(std::string_view text) {
  std::string result;
  for (const char c : text) result += c == '|' ? "\\|" : std::string(1, c);
  return result;
}

std::string page() {
  std::string text = kIntroduction;
  for (const library::Function& function : library::functions()) {
    if (function.name.starts_with('.')) continue;  // called by the checker alone
    text +=
        "| `" + std::string(function.name) + cell(function.signature) + "` | " + cell(function.doc) + " |\n";
  }
  text += kHigherOrder;
  for (const library::HigherOrder& row : library::higher_order()) {
    text += "| `" + std::string(row.name) + cell(row.signature) + "` | " + cell(row.doc) + " |\n";
  }
  return text;
}

}  // namespace

TEST_CASE("the page of the library is up to date") {
  const std::string path = std::string(CHAIN_SOURCE_DIR) + "/docs/library.md";
  if (std::getenv("CHAIN_UPDATE")) std::ofstream(path) << page();
  std::ostringstream found;
  found << std::ifstream(path).rdbuf();
  INFO("run this test with CHAIN_UPDATE=1 to rewrite docs/library.md");
  CHECK(found.str() == page());
}
