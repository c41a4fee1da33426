// The file of a memory: entries kept once, found, forgotten for good; summaries that speak of what is there.
#include "runtime/store/memory_file.h"

#include <sys/stat.h>
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "runtime/retrieve/words.h"
#include "tests/unit/memory/folder.h"

using namespace chain;
using chain::testing::StateFolder;
using store::MemoryFile;
using store::MemoryRow;

namespace {

struct File {
  StateFolder folder;
  std::string path = (folder.path / "notes.db").string();
  std::unique_ptr<MemoryFile> file = open();

  [[nodiscard]] std::unique_ptr<MemoryFile> open() const {
    std::string error;
    auto opened = MemoryFile::open(path, retrieve::words, error);
    INFO(error);
    REQUIRE(opened);
    return opened;
  }
  uint64_t add(const std::vector<MemoryRow>& rows) {
    uint64_t added = 0;
    REQUIRE(file->add(rows, added));
    return added;
  }
  [[nodiscard]] std::vector<std::string> texts(const store::MemoryFilter& filter = {}) const {
    std::vector<std::string> all;
    REQUIRE(file->list(filter, [&](const MemoryRow& row) { all.push_back(row.text); }));
    return all;
  }
  [[nodiscard]] std::vector<int64_t> found(std::string_view query,
                                           const store::MemoryFilter& filter = {}) const {
    std::vector<int64_t> ids, hits;
    std::vector<store::WordHit> words;
    REQUIRE(file->ids(filter, ids));
    REQUIRE(file->find_words(query, 10, ids, words));
    for (const store::WordHit& hit : words) hits.push_back(hit.id);
    return hits;
  }
};

MemoryRow row(std::string user, std::string session, std::string text, std::string key, int64_t time = 1) {
  return {.user = std::move(user),
          .session = std::move(session),
          .time = time,
          .text = std::move(text),
          .source = "chain main",
          .key = std::move(key)};
}

}  // namespace

TEST_CASE("an entry is kept once under its key, with all that is said of it") {
  File f;
  MemoryRow first = row("ada", "s", "green tea, 한국어 \x01 and \"quotes\"", "run/a#0", 42);
  first.role = program::Role::Assistant;
  first.run = "run";
  first.untrusted = true;
  CHECK(f.add({first, row("ada", "s", "black tea", "run/a#1")}) == 2);
  CHECK(f.add({first, row("ada", "s", "coffee", "run/b#0")}) == 1);
  CHECK(f.texts() == std::vector<std::string>{first.text, "black tea", "coffee"});
  const auto kept = f.file->entry(1);
  REQUIRE(kept);
  CHECK(kept->time == 42);
  CHECK(kept->role == program::Role::Assistant);
  CHECK(kept->run == "run");
  CHECK(kept->source == "chain main");
  CHECK(kept->untrusted);
  CHECK(kept->key == "run/a#0");

  struct stat info{};
  REQUIRE(stat(f.path.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
}

TEST_CASE("filters narrow what is listed, found and forgotten") {
  File f;
  f.add({row("ada", "one", "likes tea", "1", 10), row("ada", "two", "likes tea too", "2", 20),
         row("bob", "one", "hates tea", "3", 30)});
  CHECK(f.texts({.user = "ada"}).size() == 2);
  CHECK(f.texts({.user = "ada", .session = "two"}) == std::vector<std::string>{"likes tea too"});
  CHECK(f.texts({.before = 20}) == std::vector<std::string>{"likes tea"});
  CHECK(f.texts({.after_id = 1, .before_id = 3}) == std::vector<std::string>{"likes tea too"});
  CHECK(f.found("tea").size() == 3);
  CHECK(f.found("tea", {.user = "bob"}) == std::vector<int64_t>{3});
  std::vector<MemoryRow> last;
  REQUIRE(f.file->last({.user = "ada"}, 1, last));
  REQUIRE(last.size() == 1);
  CHECK(last[0].id == 2);

  int64_t count = 0;
  REQUIRE(f.file->forget({.user = "ada", .before = 15}, count));
  CHECK(count == 1);
  CHECK(f.found("tea") == std::vector<int64_t>{3, 2});
  REQUIRE(f.file->forget({.id = 99}, count));
  CHECK(count == 0);
  REQUIRE(f.file->forget({}, count));
  CHECK(count == 2);
  CHECK(f.texts().empty());
  CHECK(f.found("tea").empty());
  // Ids are never given twice: a summary or a reference cannot come to mean another entry.
  f.add({row("ada", "one", "new", "4")});
  CHECK(f.file->entry(4));
}

TEST_CASE("what is forgotten is not in the file any more") {
  File f;
  f.add({row("ada", "s", "the xylophone password is hunter2", "1"), row("ada", "s", "stays", "2")});
  int64_t count = 0;
  REQUIRE(f.file->forget({.id = 1}, count));
  f.file.reset();
  std::string bytes;
  for (const char* ending : {"", "-wal"}) {
    std::ifstream in(f.path + ending, std::ios::binary);
    bytes.append(std::istreambuf_iterator<char>(in), {});
  }
  REQUIRE(bytes.find("stays") != std::string::npos);
  CHECK(bytes.find("hunter2") == std::string::npos);
  CHECK(bytes.find("xylophon") == std::string::npos);
}

TEST_CASE("a summary is kept unless another one was quicker or what it speaks of is gone") {
  File f;
  f.add({row("ada", "s", "one", "1"), row("ada", "s", "two", "2"), row("ada", "s", "three", "3"),
         row("bob", "s", "other", "4")});
  CHECK_FALSE(f.file->summary("ada", "s"));
  REQUIRE(
      f.file->put_summary("ada", "s", 0, {.upto = 2, .entries = 2, .text = "one, two", .untrusted = true}));
  REQUIRE(f.file->summary("ada", "s"));
  CHECK(f.file->summary("ada", "s")->text == "one, two");
  CHECK(f.file->summary("ada", "s")->untrusted);
  // Somebody who began before that comes too late.
  REQUIRE(f.file->put_summary("ada", "s", 0, {.upto = 1, .entries = 1, .text = "late"}));
  CHECK(f.file->summary("ada", "s")->upto == 2);
  // An entry beyond it may go; one that it speaks of takes it along.
  int64_t count = 0;
  REQUIRE(f.file->forget({.id = 3}, count));
  CHECK(f.file->summary("ada", "s"));
  REQUIRE(f.file->forget({.id = 1}, count));
  CHECK_FALSE(f.file->summary("ada", "s"));
  // And a summary that was being made of it does not come back with it.
  REQUIRE(f.file->put_summary("ada", "s", 0, {.upto = 2, .entries = 2, .text = "one, two"}));
  CHECK_FALSE(f.file->summary("ada", "s"));
}

TEST_CASE("vectors belong to who made them") {
  File f;
  f.add({row("ada", "s", "one", "1"), row("ada", "s", "two", "2")});
  std::vector<MemoryRow> bare;
  REQUIRE(f.file->without_vector("a", {}, 10, bare));
  CHECK(bare.size() == 2);
  REQUIRE(f.file->put_vector(1, "a", std::vector<float>{1, 0, 0.5}));
  bare.clear();
  REQUIRE(f.file->without_vector("a", {}, 10, bare));
  REQUIRE(bare.size() == 1);
  CHECK(bare[0].id == 2);
  std::vector<float> kept;
  REQUIRE(f.file->each_vector("a", {}, 9, [&](int64_t, std::span<const float> vector) {
    kept.assign(vector.begin(), vector.end());
  }));
  CHECK(kept == std::vector<float>{1, 0, 0.5});
  kept.clear();
  REQUIRE(f.file->each_vector("b", {}, 9, [&](int64_t, std::span<const float> vector) {
    kept.assign(vector.begin(), vector.end());
  }));
  CHECK(kept.empty());
  REQUIRE(f.file->put_vector(2, "a", std::vector<float>{0, 1, 0}));
  std::vector<int64_t> newest;
  REQUIRE(f.file->each_vector("a", {}, 1, [&](int64_t id, std::span<const float>) { newest.push_back(id); }));
  CHECK(newest == std::vector<int64_t>{2});
}

TEST_CASE("several may write at once") {
  const File f;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 4; ++writer)
    writers.emplace_back([&f, writer] {
      std::string error;
      const auto file = MemoryFile::open(f.path, retrieve::words, error);
      for (int i = 0; file && i < 25; ++i) {
        uint64_t added = 0;
        const std::string own = std::to_string(writer) + '/' + std::to_string(i);
        (void)file->add(
            {row("ada", "s", "tea " + own, own), row("ada", "s", "shared", "shared/" + std::to_string(i))},
            added);
      }
    });
  for (std::thread& writer : writers) writer.join();
  CHECK(f.texts().size() == 4 * 25 + 25);
  CHECK(f.found("shared").size() == 10);
}

TEST_CASE("a file that is none, or cannot be written, is said to be so") {
  const StateFolder folder;
  std::string error;
  const std::string damaged = (folder.path / "damaged.db").string();
  std::ofstream(damaged) << std::string(8192, 'x');
  CHECK_FALSE(MemoryFile::open(damaged, retrieve::words, error));
  CHECK(error.find("is damaged") != std::string::npos);
  CHECK_FALSE(MemoryFile::open((folder.path / "damaged.db" / "in.db").string(), retrieve::words, error));
  CHECK(error.find("damaged.db/in.db") != std::string::npos);
}
