// Files of indexes: what is read is what was written, and nothing else is read at all.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "runtime/vectors/vector_index.h"
#include "tests/unit/vectors/clusters.h"

using namespace chain::vectors;
using chain::test::Clusters;
using chain::test::vector_at;
namespace fs = std::filesystem;

namespace {

constexpr size_t kDimensions = 20;
const Clusters kData{.dimensions = kDimensions, .clusters = 10};
constexpr Kind kKinds[] = {Kind::Flat, Kind::Ivf, Kind::Hnsw};

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "chain-vectors-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()));
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string operator/(const char* name) const { return path_ + '/' + name; }
  [[nodiscard]] size_t files() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(path_), fs::directory_iterator()));
  }

 private:
  std::string path_;
};

std::unique_ptr<VectorIndex> built(Kind kind, size_t count, bool backwards = false) {
  const std::vector<float> vectors = kData.vectors(count);
  const auto builder = make_builder(kDimensions, {.kind = kind}, count);
  for (size_t i = 0; i < count; ++i) {
    const size_t row = backwards ? count - 1 - i : i;
    builder->add(static_cast<int64_t>(row) * 7, vector_at(vectors, row, kDimensions));
  }
  builder->add(-5, std::vector<float>(kDimensions));
  return builder->build();
}

void save(const VectorIndex& index, const std::string& path, const std::string& stamp = "made of these") {
  std::string error;
  const bool saved = index.save(path, stamp, error);
  INFO(error);
  REQUIRE(saved);
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace

TEST_CASE("an index is read as it was written") {
  const Folder folder;
  const std::vector<float> queries = kData.vectors(20, 1);
  for (const Kind kind : kKinds) {
    const std::string path = folder / "index";
    const auto index = built(kind, 700);
    save(*index, path);
    const auto again = load(path, "made of these");
    REQUIRE(again);
    CHECK(again->kind() == kind);
    CHECK(again->size() == 701);
    CHECK(again->dimensions() == kDimensions);
    CHECK(again->effort() == index->effort());
    for (size_t i = 0; i < 20; ++i) {
      const auto query = vector_at(queries, i, kDimensions);
      const auto before = index->search(query, 10), after = again->search(query, 10);
      REQUIRE(before.size() == after.size());
      for (size_t k = 0; k < before.size(); ++k)
        CHECK((before[k].id == after[k].id && before[k].score == after[k].score));
    }
    const std::vector<int64_t> among = {-5, 7, 70, 71};
    CHECK(again->search_among(vector_at(queries, 0, kDimensions), 10, among).size() == 3);

    save(*again, folder / "copy");
    CHECK(contents(path) == contents(folder / "copy"));
  }
}

TEST_CASE("the same vectors make the same index, whatever their order") {
  const Folder folder;
  for (const Kind kind : kKinds) {
    save(*built(kind, 500), folder / "one");
    save(*built(kind, 500, true), folder / "other");
    CHECK(contents(folder / "one") == contents(folder / "other"));
  }
}

TEST_CASE("an empty index is kept, too") {
  const Folder folder;
  for (const Kind kind : kKinds) {
    save(*make_builder(3, {.kind = kind}, 0)->build(), folder / "index", "");
    const auto again = load(folder / "index", "");
    REQUIRE(again);
    CHECK(again->size() == 0);
  }
}

TEST_CASE("only its user may read it, and nothing stays beside it") {
  const Folder folder;
  const auto index = built(Kind::Flat, 10);
  save(*index, folder / "index");
  save(*index, folder / "index");
  struct stat info{};
  REQUIRE(stat((folder / "index").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  CHECK(folder.files() == 1);
}

TEST_CASE("a place that cannot be written") {
  const Folder folder;
  const auto index = built(Kind::Flat, 10);
  std::string error;
  CHECK_FALSE(index->save(folder / "missing/index", "", error));
  CHECK(error.starts_with("cannot write `" + folder / "missing/index"));
  fs::create_directory(folder / "taken");
  CHECK_FALSE(index->save(folder / "taken", "", error));
  CHECK(folder.files() == 1);
  CHECK_FALSE(index->save("", "", error));
}

TEST_CASE("what is no index, or not this one, is not read") {
  const Folder folder;
  CHECK_FALSE(load(folder / "missing", ""));
  fs::create_directory(folder / "folder");
  CHECK_FALSE(load(folder / "folder", ""));
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK_FALSE(load(folder / "pipe", ""));
  write(folder / "empty", "");
  CHECK_FALSE(load(folder / "empty", ""));
  write(folder / "text", std::string(10000, 'x'));
  CHECK_FALSE(load(folder / "text", ""));
  save(*built(Kind::Flat, 10), folder / "index", "stamp");
  CHECK_FALSE(load(folder / "index", "stamp of another"));
  CHECK_FALSE(load(folder / "index", "stam"));
  CHECK_FALSE(load(folder / "index", ""));
  CHECK(load(folder / "index", "stamp"));
}

TEST_CASE("a damaged file is not read") {
  const Folder folder;
  for (const Kind kind : kKinds) {
    save(*built(kind, 60), folder / "index");
    const std::string whole = contents(folder / "index");
    for (size_t size = 0; size < whole.size(); size += 1 + size / 30) {
      write(folder / "cut", whole.substr(0, size));
      CHECK_FALSE(load(folder / "cut", "made of these"));
    }
    write(folder / "longer", whole + '\0');
    CHECK_FALSE(load(folder / "longer", "made of these"));
    for (size_t at = 0; at < whole.size(); at += 1 + at / 30) {
      std::string changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ 0x40);
      write(folder / "changed", changed);
      INFO("byte " << at);
      CHECK_FALSE(load(folder / "changed", "made of these"));
    }
  }
}

TEST_CASE("a file that lies, with the right checksum, is refused or can be asked") {
  const Folder folder;
  const std::vector<float> query(kDimensions, 0.5F);
  for (const Kind kind : kKinds) {
    save(*built(kind, 60), folder / "index");
    std::string whole = contents(folder / "index");
    whole.resize(whole.size() - sizeof(uint64_t));
    size_t refused = 0;
    for (size_t at = 0; at < whole.size(); at += 1 + at / 50)
      for (const char bits : {'\x01', '\x80', '\xff'}) {
        std::string changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ bits);
        const uint64_t checksum = XXH64(changed.data(), changed.size(), 0);
        changed.append(reinterpret_cast<const char*>(&checksum), sizeof(checksum));
        write(folder / "lies", changed);
        const auto index = load(folder / "lies", "made of these");
        refused += index ? 0 : 1;
        if (!index || index->dimensions() != kDimensions) continue;
        CHECK(index->search(query, 100).size() == index->size());
        CHECK(index->search_among(query, 3, std::vector<int64_t>{-5, 0, 7}).size() <= 3);
      }
    CHECK(refused > 0);
  }
}
