#include "runtime/access/grants.h"

#include <sys/stat.h>

#include "tests/unit/access/temporary.h"

namespace {

using chain::access::Grant;
using chain::access::Grants;
using chain::access::test::Temporary;
namespace fs = std::filesystem;

fs::path only_file(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) return entry.path();
  FAIL("the folder is empty");
  return {};
}

}  // namespace

TEST_CASE("a grant is kept by file and profile, for the user alone") {
  const Temporary place;
  const Grants grants((place.path() / "config" / "grants").string());
  std::string error;
  CHECK_FALSE(grants.find("/p/a.chain", ""));
  REQUIRE(grants.store({"/p/a.chain", "", "", {"host=b", "host=a"}}, error));
  const auto grant = grants.find("/p/a.chain", "");
  REQUIRE(grant);
  CHECK(grant->allowed == std::vector<std::string>{"host=a", "host=b"});
  CHECK(grant->hash == chain::access::hash_of(grant->allowed));
  CHECK_FALSE(grants.find("/p/a.chain", "dev"));
  CHECK_FALSE(grants.find("/p/b.chain", ""));

  struct stat info{};
  const fs::path folder = place.path() / "config" / "grants";
  REQUIRE(stat(only_file(folder).c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  REQUIRE(stat(folder.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0700);

  REQUIRE(grants.store({"/p/a.chain", "dev", "", {"command=npx"}}, error));
  CHECK(grants.all().size() == 2);
  CHECK(grants.remove("/p/a.chain", ""));
  CHECK_FALSE(grants.remove("/p/a.chain", ""));
  CHECK(grants.all().size() == 1);
}

TEST_CASE("a grant that was edited, or that others can write, counts for nothing") {
  const Temporary place;
  const Grants grants(place.path().string() + "/grants");
  std::string error;
  REQUIRE(grants.store({"/p/a.chain", "", "", {"host=a"}}, error));
  const fs::path file = only_file(place.path() / "grants");

  SECTION("edited") {
    std::ifstream in(file);
    std::string text((std::istreambuf_iterator<char>(in)), {});
    text.replace(text.find("host=a"), 6, "host=*");
    std::ofstream(file) << text;
  }
  SECTION("no JSON") {
    std::ofstream(file) << "{";
  }
  SECTION("writable by others") {
    fs::permissions(file, fs::perms::others_write, fs::perm_options::add);
  }
  SECTION("a link to somewhere else") {
    fs::rename(file, place.path() / "moved");
    fs::create_symlink(place.path() / "moved", file);
  }
  CHECK_FALSE(grants.find("/p/a.chain", ""));
}

TEST_CASE("a folder that others can write is not written to") {
  const Temporary place;
  fs::create_directory(place.path() / "grants");
  fs::permissions(place.path() / "grants", fs::perms::all);
  std::string error;
  CHECK_FALSE(Grants(place.path().string() + "/grants").store({"/p/a.chain", "", "", {"host=a"}}, error));
  CHECK(error.find("only you can write") != std::string::npos);
}
