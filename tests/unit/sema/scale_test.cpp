// Work grows with the size of the program: twice the text makes about twice the nodes, in little time.
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "tests/unit/sema/checked.h"

namespace chain::sema::test {
namespace {

std::string many_lets(int count) {
  std::string text = "chain main(n: int) -> int {\n  let x0 = n\n";
  for (int i = 1; i < count; ++i) {
    const std::string before = "x" + std::to_string(i - 1);
    text += "  let x" + std::to_string(i) + " = " + before + " + len(\"a{{ " + before + " }}\")\n";
  }
  return text + "  return x" + std::to_string(count - 1) + "\n}\n";
}

std::vector<std::string> golden_sources() {
  std::vector<std::string> result;
  for (const auto& entry : std::filesystem::directory_iterator(CHAIN_GOLDENS)) {
    if (entry.path().extension() != ".chain" || entry.file_size() > 2000) continue;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    result.push_back(text.str());
  }
  std::sort(result.begin(), result.end());
  return result;
}

}  // namespace

TEST_CASE("ten thousand lets are no strain") {
  const Checked one = check_text(many_lets(2000));
  const Checked five = check_text(many_lets(10'000));
  REQUIRE(one.module);
  REQUIRE(five.module);
  CHECK(five.module->nodes.size() < 6 * one.module->nodes.size());
}

TEST_CASE("many mistakes stay cheap") {
  std::string text = "chain main(n: int) -> int {\n";
  for (int i = 0; i < 5000; ++i)
    text += "  let y" + std::to_string(i) + " = unknownname" + std::to_string(i) + " + n\n";
  const auto begin = std::chrono::steady_clock::now();
  const Checked checked = check_text(text + "  return n\n}\n");
  CHECK(checked.diagnostics.error_count() >= 5000);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(60));
}

namespace {

/// `type A0 = FIRST`, and then `count` more, each `BETWEEN` of the one before.
std::string row_of_types(const std::string& first, int count, const auto& next) {
  std::string text = "type A0 = " + first + "\n";
  for (int i = 1; i <= count; ++i)
    text += "type A" + std::to_string(i) + " = " + next("A" + std::to_string(i - 1), i) + "\n";
  const std::string last = "A" + std::to_string(count);
  return text + "type Box {\n  value: " + last + "\n}\nchain main(box: Box, value: " + last +
         ") -> bool {\n  return box.value == value\n}\n";
}

}  // namespace

TEST_CASE("unions of unions are as large as what stands in them") {
  const auto begin = std::chrono::steady_clock::now();
  const auto twice = [](const std::string& type, int) { return type + " | " + type; };
  CHECK(check_text(row_of_types("int | string", 400, twice)).module);
  const auto more = [](const std::string& type, int i) {
    return type + " | \"l" + std::to_string(i) + "\" | " + type;
  };
  CHECK(check_text(row_of_types("\"l0\" | int", 400, more)).module);
  const auto conditions = [](const std::string& type, int i) {
    return i % 2 == 0 ? type + " | " + type : type + " where it == it";
  };
  CHECK(check_text(row_of_types("int | string", 60, conditions)).module);
  const auto lists = [](const std::string& type, int) { return type + "[] | map<" + type + ">"; };
  CHECK(check_text(row_of_types("int | string", 60, lists)).diagnostics.has_errors());
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(60));
}

TEST_CASE("`untrusted` is found behind any number of names") {
  const auto same = [](const std::string& type, int) { return type; };
  const std::string prompt =
      "model fast = baseline()\nprompt ask(text: A100) -> string {\n  model: fast\n"
      "  system: \"{{ text }}\"\n  user: \"Go on.\"\n}\n";
  CHECK(check_text(row_of_types("string", 100, same) + prompt).module);
  CHECK_FALSE(check_text(row_of_types("untrusted string", 100, same) + prompt).module);
}

TEST_CASE("programs with holes torn into them are refused, not stumbled over") {
  const std::vector<std::string> sources = golden_sources();
  REQUIRE(sources.size() > 20);
  std::mt19937 random(7);
  size_t refused = 0;
  for (int round = 0; round < 400; ++round) {
    std::string text = sources[random() % sources.size()];
    for (int cut = 0; cut < 2; ++cut) {
      const size_t at = random() % (text.size() + 1);
      if (random() % 2 == 0) {
        text.erase(at, random() % 12);
      } else {
        const std::string& other = sources[random() % sources.size()];
        const size_t from = random() % other.size();
        text.insert(at, other.substr(from, random() % 30));
      }
    }
    const Checked checked = check_text(text);
    CHECK(checked.module.has_value() == !checked.diagnostics.has_errors());
    refused += !checked.module;
  }
  CHECK(refused > 200);
}

}  // namespace chain::sema::test
