#include "runtime/access/project_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

#include "tests/unit/access/temporary.h"

namespace {

using chain::access::open_step_by_step;
using chain::access::Opened;
using chain::access::ProjectFiles;
using chain::access::test::Temporary;

std::string contents(const Opened& opened) {
  char buffer[64];
  const ssize_t count = read(opened.file.descriptor(), buffer, sizeof buffer);
  return count < 0 ? "?" : std::string(buffer, static_cast<size_t>(count));
}

/// The kernel's way and ours must agree.
void each_way(const std::string& folder,
              const std::function<void(const std::function<Opened(std::string)>&)>& check) {
  const ProjectFiles files(folder);
  REQUIRE(files.open());
  const int descriptor = open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  REQUIRE(descriptor >= 0);
  SECTION("as the kernel has it") {
    check([&](const std::string& path) { return files.open(path, O_RDONLY | O_NONBLOCK); });
  }
  SECTION("step by step") {
    check(
        [&](const std::string& path) { return open_step_by_step(descriptor, path, O_RDONLY | O_NONBLOCK); });
  }
  close(descriptor);
}

}  // namespace

TEST_CASE("files under the folder open, wherever links within it lead") {
  const Temporary place;
  place.file("p/a.txt", "a");
  place.file("p/deep/er/b.txt", "b");
  place.link("p/link", "a.txt");
  place.link("p/deep/up", "../a.txt");
  place.link("p/deep/folder", "er");
  place.link("p/chained", "deep/up");
  each_way((place.path() / "p").string(), [](const auto& open) {
    CHECK(contents(open("a.txt")) == "a");
    CHECK(contents(open("./a.txt")) == "a");
    CHECK(contents(open("deep/er/b.txt")) == "b");
    CHECK(contents(open("deep/../a.txt")) == "a");
    CHECK(contents(open("link")) == "a");
    CHECK(contents(open("deep/up")) == "a");
    CHECK(contents(open("deep/folder/b.txt")) == "b");
    CHECK(contents(open("deep/folder/../er/b.txt")) == "b");
    CHECK(contents(open("chained")) == "a");
    CHECK(open("missing").error == ENOENT);
    CHECK(open("missing/a.txt").error == ENOENT);
    CHECK(open("a.txt/b").error == ENOTDIR);
    CHECK(open("").error == ENOENT);
    CHECK(open("deep").error == 0);
  });
}

TEST_CASE("nothing outside of the folder opens, whatever the path or a link says") {
  const Temporary place;
  place.file("secret.txt", "secret");
  place.file("outside/c.txt", "c");
  place.file("p/a.txt", "a");
  place.file("p/deep/b.txt", "b");
  place.link("p/relative", "../secret.txt");
  place.link("p/absolute", (place.path() / "secret.txt").string());
  place.link("p/inside_but_absolute", (place.path() / "p/a.txt").string());
  place.link("p/folder_out", "../outside");
  place.link("p/deep/far", "../../secret.txt");
  place.link("p/first", "second");
  place.link("p/second", "deep/far");
  place.link("p/out_and_in", "../p/a.txt");
  place.link("p/process", "/proc/self/root");
  each_way((place.path() / "p").string(), [](const auto& open) {
    for (const char* path :
         {"../secret.txt", "deep/../../secret.txt", "..", "deep/../..", "/etc/hostname", "/", "relative",
          "absolute", "inside_but_absolute", "folder_out/c.txt", "folder_out", "deep/far", "first",
          "out_and_in", "process", "process/etc/hostname", "deep/./../.././p/a.txt"}) {
      INFO(path);
      CHECK(open(path).error == EXDEV);
    }
  });
}

TEST_CASE("links that lead in a circle end") {
  const Temporary place;
  place.link("p/one", "two");
  place.link("p/two", "one");
  place.link("p/self", "self/x");
  each_way((place.path() / "p").string(), [](const auto& open) {
    CHECK(open("one").error == ELOOP);
    CHECK(open("self").error == ELOOP);
    CHECK(open("self/y").error == ELOOP);
  });
}

TEST_CASE("whole files are read, and nothing else") {
  const Temporary place;
  place.file("p/a.txt", "hello");
  place.file("secret", "x");
  place.link("p/out", "../secret");
  REQUIRE(mkfifo((place.path() / "p/pipe").c_str(), 0600) == 0);
  const ProjectFiles files((place.path() / "p").string());
  std::string error;
  CHECK(files.read("a.txt", 5, error) == "hello");
  CHECK_FALSE(files.read("a.txt", 4, error));
  CHECK(error == "cannot read `a.txt`: it is larger than 4 bytes");
  CHECK_FALSE(files.read("out", 100, error));
  CHECK(error == "cannot read `out`: it leads out of the project's folder");
  CHECK_FALSE(files.read("pipe", 100, error));
  CHECK(error == "cannot read `pipe`: it is not a file");
  CHECK_FALSE(files.read(".", 100, error));
  CHECK(error == "cannot read `.`: it is a folder");
  CHECK_FALSE(files.read(std::string_view("a.txt\0/../..", 12), 100, error));
  CHECK_FALSE(ProjectFiles((place.path() / "none").string()).open());
}
