// The layout: goldens, and what must hold of every file.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "compiler/syntax/format.h"
#include "tests/unit/syntax/support.h"

namespace chain::syntax {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string formatted(const std::string& text) {
  SourceMap sources;
  Diagnostics diagnostics;
  const FileId file = sources.add("test.chain", text);
  return format(sources, file, diagnostics).value_or(render_text(diagnostics, sources));
}

/// Every `.chain` file of the repository, build folders aside.
std::vector<fs::path> all_sources() {
  std::vector<fs::path> result;
  fs::recursive_directory_iterator files(CHAIN_SOURCE_DIR);
  for (auto it = fs::begin(files); it != fs::end(files); ++it) {
    const std::string name = it->path().filename().string();
    if (it->is_directory() && (name == "build" || name.starts_with("."))) it.disable_recursion_pending();
    if (it->is_regular_file() && it->path().extension() == ".chain") result.push_back(it->path());
  }
  std::sort(result.begin(), result.end());
  return result;
}

/// NAME.in.chain becomes NAME.out.chain. With CHAIN_UPDATE set in the environment the latter is written.
TEST_CASE("golden layouts") {
  size_t count = 0;
  for (const fs::path& input : all_sources()) {
    const std::string name = input.filename().string();
    if (!name.ends_with(".in.chain")) continue;
    const fs::path expected = input.parent_path() / (name.substr(0, name.size() - 9) + ".out.chain");
    const std::string result = formatted(read(input));
    if (std::getenv("CHAIN_UPDATE")) std::ofstream(expected, std::ios::binary) << result;
    INFO(input);
    CHECK(result == read(expected));
    ++count;
  }
  CHECK(count >= 5);
}

TEST_CASE("every file of the repository keeps its tree, and a second layout changes nothing") {
  size_t right = 0;
  for (const fs::path& path : all_sources()) {
    INFO(path);
    const Parse before(read(path));
    if (before.diagnostics.has_errors()) continue;  // a test of mistakes
    const std::string once = formatted(read(path));
    CHECK(formatted(once) == once);
    CHECK(tree(once) == dump(before.ast));
    ++right;
  }
  CHECK(right >= 10);
}

TEST_CASE("a wrong file is left alone") {
  SourceMap sources;
  Diagnostics diagnostics;
  CHECK_FALSE(format(sources, sources.add("a.chain", "const a ="), diagnostics).has_value());
  CHECK(diagnostics.has_errors());
}

TEST_CASE("an empty file stays empty") {
  CHECK(formatted("").empty());
  CHECK(formatted("\n\n").empty());
  CHECK(formatted("// a\n\n\n\n// b") == "// a\n\n// b\n");
}

TEST_CASE("a template that is broken over lines for its length stands as one that was so already") {
  const std::string once = formatted("const A = 1\ntemplate t(" + std::string(60, 'x') + ": string, " +
                                     std::string(60, 'y') + ": string) = \"\"\n");
  CHECK(formatted(once) == once);
}

TEST_CASE("a block string keeps its text wherever it comes to stand") {
  CHECK(formatted("const a = \"\"\"\n        one\n          two\n\n        \"\"\"") ==
        "const a = \"\"\"\n  one\n    two\n\n  \"\"\"\n");
}

/// A block string of random lines, each indented as it likes, with tags and what looks like tags.
std::string random_block(std::mt19937_64& random) {
  const auto pick = [&](const std::vector<std::string>& items) { return items[random() % items.size()]; };
  const std::vector<std::string> margins = {"", " ", "  ", "      ", "\t", " \t", "        "};
  const std::vector<std::string> pieces = {"word",
                                           "  ",
                                           "\t",
                                           "한국어",
                                           "{{ x }}",
                                           "{{- x -}}",
                                           "{{ \"in {{ x }}\" }}",
                                           "{# note #}",
                                           "\\n",
                                           "\\{{",
                                           "\r",
                                           "{% if x %}a{% else %}b{% endif %}",
                                           "{% raw %}{{ y }}{% endraw %}",
                                           "{% for z in [ x ] %}{{ z }}{% endfor %}",
                                           "{{ f( x,\n   y ) }}",
                                           "\"",
                                           "\"\"",
                                           "{%- set a = 1 -%}",
                                           "{% include card( x ) %}",
                                           "// none",
                                           "}",
                                           "  # x"};
  const std::vector<std::string> nested = {"{{ f(\"\"\"\n    in\n  \"\"\") }}",
                                           "{{ r\"\"\"\n  raw {{\n\"\"\" }}"};
  std::string text = random() % 8 == 0 ? "r\"\"\"" : "\"\"\"";
  const bool raw = text[0] == 'r';
  text += random() % 8 == 0 ? "first" : "";
  text += random() % 8 == 0 ? "\r\n" : "\n";
  for (size_t line = random() % 6; line > 0; --line) {
    text += pick(margins);
    for (size_t piece = random() % 4; piece > 0; --piece) text += pick(pieces) + " ";
    if (!raw && random() % 10 == 0) text += pick(nested);
    text += random() % 8 == 0 ? "\r\n" : "\n";
  }
  if (random() % 8 == 0) text += "last ";
  return text + pick(margins) + "\"\"\"";
}

TEST_CASE("the text of a template is the same before and after") {
  std::mt19937_64 random(1);
  size_t right = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string text = "template card(x: string) = " + random_block(random) + "\n";
    text += "chain main() -> string {\n      let a = f(" + random_block(random) + ", 1)\n";
    text += "  if a {\n let b = " + random_block(random) + "\n}\n  return " + random_block(random) + "\n}\n";
    INFO(text);
    const Parse before(text);
    if (before.diagnostics.has_errors()) continue;
    const std::string once = formatted(text);
    INFO("becomes\n" << once);
    REQUIRE(tree(once) == dump(before.ast));
    REQUIRE(formatted(once) == once);
    ++right;
  }
  CHECK(right > 1000);
}

TEST_CASE("a comment that documents nothing never comes to document something") {
  CHECK(formatted("const a = 1 ////// x") == "const a = 1  ////// x\n");
  CHECK(formatted("const a = 1 ///!x") == "const a = 1  // !x\n");
  CHECK(formatted("type T {\n  a: int = /// odd\n    3\n  b: int\n}") ==
        "type T {\n  a: int = 3  // odd\n  b: int\n}\n");
}

}  // namespace
}  // namespace chain::syntax
