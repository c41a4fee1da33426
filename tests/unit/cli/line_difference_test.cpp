// Differences of texts.
#include "cli/line_difference.h"

#include <catch2/catch.hpp>

using chain::cli::line_differences;

namespace {

std::string shown(std::string_view before, std::string_view now, size_t around) {
  std::string text;
  for (const auto& line : line_differences(before, now, around)) text += line.mark + line.text + '|';
  return text;
}

}  // namespace

TEST_CASE("lines that changed stand with those around them") {
  CHECK(shown("a\nb\nc", "a\nx\nc", 0) == "-b|+x|");
  CHECK(shown("a\nb\nc", "a\nx\nc", 1) == " a|-b|+x| c|");
  CHECK(shown("", "a\nb", 2) == "+a|+b|");
  CHECK(shown("a", "", 2) == "-a|");
  CHECK(shown("a\nb", "a\nb", 2).empty());
  CHECK(shown("1\n2\n3\n4\n5\n6\n7", "0\n2\n3\n4\n5\n6\n8", 1) == "-1|+0| 2|~...| 6|-7|+8|");
}

TEST_CASE("texts too long to compare are shown whole") {
  std::string many;
  for (int i = 0; i < 3000; ++i) many += "x\n";
  CHECK(line_differences(many, many + "y", 0).size() == 6001);
}
