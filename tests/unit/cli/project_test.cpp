// `chain new DIR`.
#include <catch2/catch.hpp>

#include "tests/unit/cli/place.h"

using chain::testing::check_ended;
using chain::testing::Ended;
using chain::testing::Place;

TEST_CASE("a new project checks, is laid out, passes its test and runs offline") {
  const Place place;
  const Ended made = place.chain({"new", "deep/er/desk"});
  check_ended(made, 0, {});
  CHECK(made.out.find("chain test main.chain") != std::string::npos);
  const std::string file = "deep/er/desk/main.chain";
  check_ended(place.chain({"check", file}), 0, {});
  check_ended(place.chain({"fmt", "--check", file}), 0, {});
  const Ended tested = place.chain({"test", file});
  check_ended(tested, 0, {});
  CHECK(tested.out.find("1 passed, 0 failed") != std::string::npos);
  const Ended ran = place.chain({"run", file});
  check_ended(ran, 0, {"no language model was used"});
  CHECK(ran.out == "accounting\n");
  CHECK(std::filesystem::exists(place.path() / "deep/er/desk/README.md"));
  CHECK(std::filesystem::exists(place.path() / "deep/er/desk/.gitignore"));
}

TEST_CASE("a folder that holds something is left alone") {
  const Place place;
  place.file("full", "a file");
  check_ended(place.chain({"new", "full"}), 2, {"is there already, and no folder"});
  std::filesystem::create_directory(place.path() / "taken");
  place.file("taken/notes.txt", "mine");
  check_ended(place.chain({"new", "taken"}), 2, {"`taken` is not empty"});
  CHECK_FALSE(std::filesystem::exists(place.path() / "taken/main.chain"));
  std::filesystem::create_directory(place.path() / "empty");
  check_ended(place.chain({"new", "empty"}), 0, {});
  check_ended(place.chain({"new"}), 2, {"DIR is missing: the folder"});
}
