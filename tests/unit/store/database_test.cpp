#include "runtime/store/database.h"

#include <sys/stat.h>
#include <catch2/catch.hpp>

#include <fstream>

#include "tests/unit/access/temporary.h"

using chain::access::test::Temporary;
using chain::store::Database;
using chain::store::Durability;
using chain::store::Statement;

namespace {

constexpr const char* kSchema = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)";

std::unique_ptr<Database> open(const std::string& path, std::string& error, int version = 1) {
  return Database::open(path, kSchema, version, Durability::Normal, error);
}

}  // namespace

TEST_CASE("what was committed is there for the next one who opens the file") {
  const Temporary place;
  const std::string path = (place.path() / "state" / "notes.db").string();
  const std::string text = std::string("한국어 'quotes' ") + '\0' + " after a zero";
  std::string error;
  {
    const auto database = open(path, error);
    INFO(error);
    REQUIRE(database);
    Statement insert = database->prepare("INSERT INTO notes (text) VALUES (?)");
    REQUIRE(insert.bind(text).run());
    REQUIRE(insert.bind("").run());
    CHECK(database->last_row() == 2);
  }
  const auto database = open(path, error);
  REQUIRE(database);
  Statement all = database->prepare("SELECT id, text FROM notes ORDER BY id");
  REQUIRE(all.next());
  CHECK(all.integer(0) == 1);
  CHECK(all.text(1) == text);
  REQUIRE(all.next());
  CHECK(all.text(1).empty());
  CHECK_FALSE(all.is_null(1));
  CHECK_FALSE(all.next());
  CHECK_FALSE(all.failed());
  struct stat mode{};
  REQUIRE(stat(path.c_str(), &mode) == 0);
  CHECK((mode.st_mode & 0777) == 0600);
  REQUIRE(stat((place.path() / "state").c_str(), &mode) == 0);
  CHECK((mode.st_mode & 0777) == 0700);
}

TEST_CASE("a file that is no database, or another version's, is left as it is") {
  const Temporary place;
  std::string error;
  place.file("text.db", std::string(4096, 'x'));
  CHECK_FALSE(open((place.path() / "text.db").string(), error));
  CHECK(error.find("is damaged: move it away") != std::string::npos);

  const std::string path = (place.path() / "notes.db").string();
  error.clear();
  REQUIRE(open(path, error, 7));
  CHECK_FALSE(open(path, error, 8));
  CHECK(error.find("another version of chain (its layout is 7, this one knows 8)") != std::string::npos);
  CHECK(open(path, error, 7));
}

TEST_CASE("a place that cannot be is named with the reason") {
  const Temporary place;
  std::string error;
  place.file("file");
  CHECK_FALSE(open((place.path() / "file" / "notes.db").string(), error));
  CHECK(error.find("Not a directory") != std::string::npos);
  place.link("link.db", "elsewhere");
  CHECK_FALSE(open((place.path() / "link.db").string(), error));
  CHECK(error.find("link.db` cannot be written") != std::string::npos);
}
