#include "compiler/lock/update_lock.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

namespace {

namespace fs = std::filesystem;
using chain::Diagnostics;
using chain::SourceMap;
using chain::lock::Lock;
using chain::lock::Update;

/// A folder of its own, and what becomes of the lock in it.
struct Folder {
  fs::path path;
  std::string error;
  bool reported = false;

  Folder() {
    std::string name = (fs::temp_directory_path() / "chain_lock_XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string lock() const { return (path / "chain.lock").string(); }
  void write(const std::string& text) const { std::ofstream(lock(), std::ios::binary) << text; }
  [[nodiscard]] std::string text() const {
    std::ifstream file(lock(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  [[nodiscard]] size_t files() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator()));
  }
  Update answered(const std::string& model, const std::string& by) {
    SourceMap sources;
    Diagnostics diagnostics;
    error.clear();
    const auto change = [&](Lock& lock) { lock.models[model].answered = by; };
    const Update update = chain::lock::update_lock(lock(), change, sources, diagnostics, error);
    reported = diagnostics.has_errors();
    CHECK(reported == (update == Update::Damaged));
    CHECK(error.empty() == (update != Update::Failed));
    return update;
  }
};

}  // namespace

TEST_CASE("a change of the lock keeps what others wrote") {
  Folder folder;
  CHECK(folder.answered("p/a", "a-1") == Update::Written);
  CHECK(folder.answered("p/a", "a-1") == Update::Same);
  CHECK(folder.answered("p/b", "b-1") == Update::Written);
  CHECK(folder.text().find("\"p/a\": {\"answered\": \"a-1\"}") != std::string::npos);
  CHECK(folder.text().find("\"p/b\": {\"answered\": \"b-1\"}") != std::string::npos);
  CHECK(folder.files() == 1);
}

TEST_CASE("many change the lock at once, and no change is lost") {
  constexpr int kWriters = 8, kEach = 10;
  Folder folder;
  std::vector<Update> updates(kWriters * kEach);
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = writer * kEach; i < (writer + 1) * kEach; ++i) {
        SourceMap sources;
        Diagnostics diagnostics;
        std::string error;
        const auto change = [&](Lock& lock) { lock.models["p/" + std::to_string(i)].answered = "x"; };
        updates[static_cast<size_t>(i)] =
            chain::lock::update_lock(folder.lock(), change, sources, diagnostics, error);
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  for (const Update update : updates) CHECK(update == Update::Written);
  SourceMap sources;
  Diagnostics diagnostics;
  const auto lock = chain::lock::read_lock(sources, sources.add("chain.lock", folder.text()), diagnostics);
  REQUIRE(lock);
  CHECK(lock->models.size() == kWriters * kEach);
  CHECK(folder.files() == 1);
}

TEST_CASE("a damaged lock, and one that is no file, are left alone") {
  Folder folder;
  folder.write("{");
  CHECK(folder.answered("p/a", "a-1") == Update::Damaged);
  CHECK(folder.text() == "{");
  fs::remove(folder.lock());
  fs::create_directory(folder.lock());
  CHECK(folder.answered("p/a", "a-1") == Update::Failed);
  CHECK(folder.error == "cannot read `" + folder.lock() + "`: it is a folder");
  fs::remove(folder.lock());
  REQUIRE(mkfifo(folder.lock().c_str(), 0600) == 0);
  CHECK(folder.answered("p/a", "a-1") == Update::Failed);
  CHECK(folder.error == "cannot read `" + folder.lock() + "`: it is a device or a pipe, not a file");
  fs::remove_all(folder.path);
  CHECK(folder.answered("p/a", "a-1") == Update::Failed);
  CHECK(folder.error == "cannot write `" + folder.lock() + "`: No such file or directory");
}

TEST_CASE("a link stays one, and the file keeps its mode") {
  Folder folder;
  fs::create_directory(folder.path / "shared");
  fs::create_symlink("shared/chain.lock", folder.lock());
  CHECK(folder.answered("p/a", "a-1") == Update::Written);
  CHECK(fs::is_symlink(folder.lock()));
  REQUIRE(chmod(folder.lock().c_str(), 0640) == 0);
  CHECK(folder.answered("p/a", "a-2") == Update::Written);
  CHECK(fs::is_symlink(folder.lock()));
  CHECK(fs::status(folder.path / "shared" / "chain.lock").permissions() == fs::perms(0640));
  CHECK(folder.text().find("a-2") != std::string::npos);
}
