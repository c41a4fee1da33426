// The layout: goldens, and what must hold of every file.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
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

TEST_CASE("a block string keeps its text wherever it comes to stand") {
  CHECK(formatted("const a = \"\"\"\n        one\n          two\n\n        \"\"\"") ==
        "const a = \"\"\"\n  one\n    two\n\n  \"\"\"\n");
}

TEST_CASE("a comment that documents nothing never comes to document something") {
  CHECK(formatted("const a = 1 ////// x") == "const a = 1  ////// x\n");
  CHECK(formatted("const a = 1 ///!x") == "const a = 1  // !x\n");
  CHECK(formatted("type T {\n  a: int = /// odd\n    3\n  b: int\n}") ==
        "type T {\n  a: int = 3  // odd\n  b: int\n}\n");
}

}  // namespace
}  // namespace chain::syntax
