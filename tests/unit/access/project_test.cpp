#include "runtime/access/project.h"

#include "tests/unit/access/temporary.h"

namespace {

using chain::access::locate;
using chain::access::project_folder;
using chain::access::test::Temporary;
namespace fs = std::filesystem;

/// Sets HOME for a test.
class Home {
 public:
  explicit Home(const std::string& path) : before_(std::getenv("HOME") ? std::getenv("HOME") : "") {
    setenv("HOME", path.c_str(), 1);
  }
  ~Home() { setenv("HOME", before_.c_str(), 1); }

 private:
  std::string before_;
};

}  // namespace

TEST_CASE("a project is the nearest folder with a lock or a repository") {
  const Temporary place;
  const std::string root = place.path().string();
  place.file("a/b/c/main.chain");
  CHECK(project_folder(root + "/a/b/c/main.chain") == root + "/a/b/c");
  fs::create_directory(place.path() / "a/.git");
  CHECK(project_folder(root + "/a/b/c/main.chain") == root + "/a");
  place.file("a/b/chain.lock");
  CHECK(project_folder(root + "/a/b/c/main.chain") == root + "/a/b");
  // Through a link, the project is where the file really is.
  place.link("elsewhere", "a/b/c");
  CHECK(project_folder(root + "/elsewhere/main.chain") == root + "/a/b");
}

TEST_CASE("a repository in the home folder does not make all of it the project") {
  const Temporary place;
  const std::string root = place.path().string();
  place.file("desk/main.chain");
  place.file("main.chain");
  fs::create_directory(place.path() / ".git");
  const Home home(root);
  CHECK(project_folder(root + "/desk/main.chain") == root + "/desk");
  CHECK(project_folder(root + "/main.chain") == root);
}

TEST_CASE("paths are located under the project, or are absolute") {
  const Temporary place;
  const std::string root = place.path().string();
  place.file("p/docs/a.md");
  place.file("outside/b.md");
  place.link("p/way_out", "../outside");
  place.link("p/inside", "docs");
  const std::string p = root + "/p";
  CHECK(locate(p, "docs/**/*.md", p) == "docs/**/*.md");
  CHECK(locate(p, "./docs/../docs/a.md", p) == "docs/a.md");
  CHECK(locate(p, "../outside/b.md", p) == root + "/outside/b.md");
  CHECK(locate(p, "/etc/hostname", p).starts_with("/etc/"));
  CHECK(locate(p, p + "/docs/a.md", "/") == "docs/a.md");
  CHECK(locate(p, "way_out/*.md", p) == root + "/outside/*.md");
  CHECK(locate(p, "inside/a.md", p) == "docs/a.md");
  CHECK(locate(p, "docs/*/../../../outside/b.md", p).starts_with('/'));
  CHECK(locate(p, root + "/project", "/") == root + "/project");
}
