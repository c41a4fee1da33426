// Building an index in this process: what is done again, what is kept, who waits.
#include "runtime/retrieve/build.h"

#include <stdlib.h>
#include <sys/fsuid.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "runtime/access/policy.h"
#include "runtime/access/project_files.h"
#include "runtime/retrieve/index.h"

using namespace chain;
using namespace chain::retrieve;
namespace fs = std::filesystem;

namespace {

/// Counts what it is asked, and fails when it is told to.
class CountingEmbedder : public Embedder {
 public:
  bool embed(std::span<const std::string> texts, const Made& made, const std::atomic<bool>*,
             std::string& error) override {
    for (size_t i = 0; i < texts.size(); ++i) {
      if (spent_.texts >= most) {
        error = "no more today";
        return false;
      }
      asked.insert(texts[i]);
      ++spent_.texts;
      made(i, std::vector<float>{1, static_cast<float>(texts[i].size()), 0.5F});
    }
    return true;
  }
  [[nodiscard]] Spent spent() const override { return spent_; }

  std::multiset<std::string> asked;
  uint64_t most = UINT64_MAX;

 private:
  Spent spent_;
};

struct Shelf {
  fs::path folder;
  IndexSettings settings;
  IndexPlace place;
  std::unique_ptr<access::ProjectFiles> files;
  CountingEmbedder embedder;
  BuildReport report;
  std::string error;
  std::atomic<bool> stop = false;

  Shelf() {
    std::string name = (fs::temp_directory_path() / "chain-index-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder = name;
    fs::create_directories(folder / "docs");
    settings = {.name = "shelf", .file = "a.chain", .source = documents::FromFiles{{"docs/*.txt"}, {}}};
    settings.splitter = {.cut = documents::Cut::Sentences, .size = 32, .overlap = 0};
    settings.embedder = "counting 3";
    settings.recipe = "1";
    const std::string index = (folder / "index").string();
    place = {index, index + "/passages.db", index + "/vectors.bin"};
    files = std::make_unique<access::ProjectFiles>(folder.string());
  }
  ~Shelf() { fs::remove_all(folder); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder / "docs" / (name + ".txt")) << text;
  }
  bool build(bool only_look = false, int64_t wait = 0) {
    report = {};
    error.clear();
    embedder = {};
    embedder.most = most;
    return retrieve::build(
        settings, place, embedder,
        {.around = {.files = files.get(), .stop = &stop}, .wait = wait, .only_look = only_look}, report,
        error);
  }
  [[nodiscard]] std::unique_ptr<Index> open() {
    auto index = Index::open(settings, place, error);
    INFO(error);
    REQUIRE(index);
    return index;
  }
  [[nodiscard]] store::PassageCounts counts() {
    const auto file = open_file(place, error);
    REQUIRE(file);
    return file->counts();
  }

  uint64_t most = UINT64_MAX;  // that are embedded in one build
};

/// Records of a file, in place of the texts.
void use_records(Shelf& shelf, const std::vector<std::string>& lines) {
  std::ofstream file(shelf.folder / "rows.jsonl");
  for (const std::string& line : lines) file << line << '\n';
  documents::FromRecords from{.form = documents::Records::Jsonl, .file = "rows.jsonl", .fields = {}};
  from.fields.id = "id";
  from.fields.text = {"text"};
  shelf.settings.source = from;
}

/// This thread opens files as somebody who has no rights of root's, who owns all of `folder`.
class Nobody {
 public:
  explicit Nobody(const fs::path& folder) {
    if (geteuid() != 0) return;
    REQUIRE(lchown(folder.c_str(), kNobody, kNobody) == 0);
    for (const auto& each : fs::recursive_directory_iterator(folder))
      REQUIRE(lchown(each.path().c_str(), kNobody, kNobody) == 0);
    setfsuid(kNobody);
  }
  ~Nobody() { setfsuid(geteuid()); }
  Nobody(const Nobody&) = delete;
  Nobody& operator=(const Nobody&) = delete;

 private:
  static constexpr uid_t kNobody = 65534;
};

}  // namespace

TEST_CASE("a build does what has changed, and nothing else") {
  Shelf shelf;
  shelf.write("a", "Apples are red.");
  shelf.write("b", "Bananas are yellow.");
  REQUIRE(shelf.build());
  CHECK(shelf.report.added == 2);
  CHECK(shelf.embedder.asked.size() == 2);

  REQUIRE(shelf.build());
  CHECK(shelf.report.unchanged == 2);
  CHECK(shelf.report.passages == 0);
  CHECK(shelf.embedder.asked.empty());

  shelf.write("b", "Bananas are green.");
  shelf.write("c", "Cherries are dark.");
  fs::remove(shelf.folder / "docs/a.txt");
  REQUIRE(shelf.build(/*only_look=*/true));
  CHECK(shelf.report.changed == 1);
  CHECK(shelf.report.added == 1);
  CHECK(shelf.report.dropped == 1);
  CHECK(shelf.counts().documents == 2);

  REQUIRE(shelf.build());
  CHECK(shelf.report.changed == 1);
  CHECK(shelf.report.added == 1);
  CHECK(shelf.report.dropped == 1);
  CHECK(shelf.embedder.asked.size() == 2);
  CHECK(shelf.counts().documents == 2);
  const auto found = shelf.open()->search({}, {.text = "apples bananas cherries", .mode = Mode::Words});
  CHECK(found.size() == 2);
}

TEST_CASE("equal texts are embedded once, and vectors outlive their documents for a while") {
  Shelf shelf;
  shelf.write("a", "The same words.");
  REQUIRE(shelf.build());
  shelf.write("a", "Other words.");
  REQUIRE(shelf.build());
  shelf.write("a", "The same words.");
  REQUIRE(shelf.build());
  CHECK(shelf.report.changed == 1);
  CHECK(shelf.embedder.asked.empty());
}

TEST_CASE("a build that fails keeps what was embedded, and goes on from there") {
  Shelf shelf;
  std::multiset<std::string> asked;
  for (int i = 0; i < 700; ++i)
    shelf.write("doc" + std::to_string(1000 + i), "Document " + std::to_string(i) + ".");
  shelf.most = 300;
  CHECK_FALSE(shelf.build());
  CHECK(shelf.error == "no more today");
  asked.merge(shelf.embedder.asked);
  CHECK_FALSE(shelf.build());
  asked.merge(shelf.embedder.asked);
  shelf.most = UINT64_MAX;
  REQUIRE(shelf.build());
  asked.merge(shelf.embedder.asked);
  CHECK(asked.size() == 700);
  CHECK(std::set<std::string>(asked.begin(), asked.end()).size() == 700);
  const auto counts = shelf.counts();
  CHECK(counts.documents == 700);
  CHECK(counts.vectors == counts.passages);
}

TEST_CASE("nothing is dropped by a build that does not come to its end") {
  Shelf shelf;
  shelf.write("a", "Apples.");
  shelf.write("b", "Bananas.");
  REQUIRE(shelf.build());
  fs::remove(shelf.folder / "docs/a.txt");
  shelf.write("b", "Blue bananas.");
  shelf.most = 0;
  CHECK_FALSE(shelf.build());
  CHECK(shelf.counts().documents == 2);
  shelf.most = UINT64_MAX;
  shelf.stop = true;
  REQUIRE(shelf.build());
  CHECK(shelf.report.stopped);
  CHECK(shelf.counts().documents == 2);
  shelf.stop = false;
  REQUIRE(shelf.build());
  CHECK(shelf.counts().documents == 1);
}

TEST_CASE("a folder that cannot be read keeps what it had") {
  Shelf shelf;
  shelf.settings.source = documents::FromFiles{{"docs/**/*.txt"}, {}};
  fs::create_directories(shelf.folder / "docs/inner");
  shelf.write("a", "Apples are red.");
  shelf.write("inner/b", "Bananas are yellow.");
  shelf.write("inner2", "Pears are green.");
  REQUIRE(shelf.build());
  CHECK(shelf.counts().documents == 3);

  fs::remove(shelf.folder / "docs/inner2.txt");
  {
    const Nobody nobody(shelf.folder);
    fs::permissions(shelf.folder / "docs/inner", fs::perms::none);
    const bool built = shelf.build();
    fs::permissions(shelf.folder / "docs/inner", fs::perms::owner_all);
    INFO(shelf.error);
    REQUIRE(built);
  }
  CHECK(shelf.report.dropped == 1);
  REQUIRE(shelf.report.reasons.size() == 1);
  CHECK(shelf.report.reasons[0].source == "docs/inner/");
  CHECK(shelf.report.reasons[0].why == "Permission denied");
  CHECK(shelf.counts().documents == 2);
  REQUIRE(shelf.build());
  CHECK(shelf.report.unchanged == 2);
}

TEST_CASE("another embedder or splitter makes everything anew; until then the old vectors serve") {
  Shelf shelf;
  shelf.write("a", "Apples.");
  shelf.write("b", "Bananas.");
  REQUIRE(shelf.build());
  const IndexSettings before = shelf.settings;
  shelf.settings.embedder = "counting 4";
  shelf.settings.recipe = "2";
  shelf.most = 1;
  CHECK_FALSE(shelf.build());
  {
    const auto index = Index::open(before, shelf.place, shelf.error);
    REQUIRE(index);
    REQUIRE(index->load_vectors(false, nullptr, shelf.error));
    CHECK(index->vectors()->size() == 2);
  }
  shelf.most = UINT64_MAX;
  REQUIRE(shelf.build());
  CHECK(shelf.report.changed == 2);
  CHECK(shelf.embedder.asked.size() == 1);
  CHECK_FALSE(Index::open(before, shelf.place, shelf.error));
  CHECK(shelf.error.find("another embedder") != std::string::npos);
  CHECK(shelf.open()->file().counts().vectors == 2);
}

TEST_CASE("a second build waits for the first, or says who builds") {
  Shelf shelf;
  shelf.write("a", "Apples.");
  REQUIRE(make_folder(shelf.place, shelf.error));
  auto lock = BuildLock::take(shelf.place, 0, nullptr, shelf.error);
  REQUIRE(lock);
  CHECK(builder_of(shelf.place) == getpid());
  CHECK_FALSE(shelf.build());
  CHECK(shelf.error.find("process " + std::to_string(getpid()) + " builds") != std::string::npos);
  std::thread other([&] { CHECK(shelf.build(false, 60'000'000'000)); });
  lock.reset();
  other.join();
  CHECK(builder_of(shelf.place) == 0);
  CHECK(shelf.counts().documents == 1);
}

TEST_CASE("vectors are ordered once, and taken from the file after that") {
  Shelf shelf;
  for (int i = 0; i < 20; ++i)
    shelf.write("doc" + std::to_string(i), std::string(static_cast<size_t>(i) + 1, 'x'));
  REQUIRE(shelf.build());
  auto index = shelf.open();
  REQUIRE(index->load_vectors(true, nullptr, shelf.error));
  CHECK(fs::exists(shelf.place.vectors));
  const auto written = fs::last_write_time(shelf.place.vectors);
  index = shelf.open();
  REQUIRE(index->load_vectors(true, nullptr, shelf.error));
  CHECK(fs::last_write_time(shelf.place.vectors) == written);
  CHECK(index->vectors()->size() == 20);

  // A damaged file is made anew.
  std::ofstream(shelf.place.vectors) << "nonsense";
  index = shelf.open();
  REQUIRE(index->load_vectors(true, nullptr, shelf.error));
  CHECK(index->vectors()->size() == 20);
  std::string error;
  REQUIRE(remove_files(shelf.place, error));
  CHECK_FALSE(fs::exists(shelf.place.folder));
}

TEST_CASE("a file that is damaged is named, with the way out") {
  Shelf shelf;
  shelf.write("a", "Apples.");
  REQUIRE(shelf.build());
  std::ofstream(shelf.place.passages) << std::string(5000, '?');
  CHECK_FALSE(shelf.build());
  CHECK(shelf.error.find("passages.db") != std::string::npos);
  CHECK(shelf.error.find("chain index drop") != std::string::npos);
  std::string error;
  REQUIRE(remove_files(shelf.place, error));
  REQUIRE(shelf.build());
  CHECK(shelf.report.added == 1);
}

TEST_CASE("records that have only moved get other places, and nothing more") {
  Shelf shelf;
  std::vector<std::string> lines;
  for (int i = 0; i < 50; ++i)
    lines.push_back("{\"id\": \"r" + std::to_string(i) + "\", \"text\": \"Text number " + std::to_string(i) +
                    ".\"}");
  use_records(shelf, lines);
  REQUIRE(shelf.build());
  CHECK(shelf.report.added == 50);
  const auto before = open_file(shelf.place, shelf.error)->generation();

  lines.erase(lines.begin() + 10);
  use_records(shelf, lines);
  REQUIRE(shelf.build(/*only_look=*/true));
  CHECK(shelf.report.moved == 39);
  REQUIRE(shelf.build());
  CHECK(shelf.report.moved == 39);
  CHECK(shelf.report.unchanged == 49);
  CHECK(shelf.report.changed == 0);
  CHECK(shelf.report.dropped == 1);
  CHECK(shelf.report.passages == 0);
  CHECK(shelf.embedder.asked.empty());
  const auto file = open_file(shelf.place, shelf.error);
  const auto row = file->passage_at("r49", 0);
  REQUIRE(row);
  CHECK(row->line == 49);
  std::string whole;
  for (const std::string& line : lines) whole += line + '\n';
  CHECK(whole.substr(row->begin, row->end - row->begin) == "Text number 49.");

  // The same line, longer: what is behind it stands at other bytes.
  lines[0] = "{\"id\": \"r0\",      \"text\": \"Text number 0.\"}";
  use_records(shelf, lines);
  REQUIRE(shelf.build());
  CHECK(shelf.report.moved == 49);
  CHECK(file->passage_at("r49", 0)->begin == row->begin + 5);
  CHECK(file->passage_at("r49", 0)->line == 49);
  REQUIRE(shelf.build());
  CHECK_FALSE(shelf.report.changes());
  // What is found, and in which order, is as it was: the vectors need not be ordered anew.
  CHECK(file->generation() == before + 1);
}

TEST_CASE("that no file matches is an error each time, and what was there is dropped") {
  Shelf shelf;
  CHECK_FALSE(shelf.build());
  CHECK(shelf.error == "no file matches `docs/*.txt` under the project's folder");
  shelf.write("a", "Apples.");
  REQUIRE(shelf.build());
  fs::remove(shelf.folder / "docs/a.txt");
  CHECK_FALSE(shelf.build());
  CHECK(shelf.report.empty);
  CHECK(shelf.report.dropped == 1);
  CHECK(shelf.error ==
        "no file matches `docs/*.txt` under the project's folder; what the index held is dropped");
  CHECK(shelf.counts().passages == 0);
  CHECK_FALSE(shelf.build());
  CHECK(shelf.error == "no file matches `docs/*.txt` under the project's folder");
  shelf.write("a", "Apples.");
  REQUIRE(shelf.build());
  CHECK(shelf.counts().passages == 1);
}

TEST_CASE("titles and what documents say of themselves can be asked for") {
  Shelf shelf;
  shelf.settings.source = documents::FromFiles{{"docs/*.{md,html}"}, {}};
  std::ofstream(shelf.folder / "docs/a.md")
      << "---\ntags: [fruit, red]\nyear: 2026\n---\n# Apples\n\nApples are red.\n";
  std::ofstream(shelf.folder / "docs/b.md") << "# Bananas\n\nBananas are not red.\n";
  std::ofstream(shelf.folder / "docs/c.html") << "<title>Cherries</title><p>Cherries are red.";
  REQUIRE(shelf.build());
  const auto index = shelf.open();
  const auto ids = [&](const char* name, const char* value) {
    std::string all;
    for (const Found& found :
         index->search({}, {.text = "red", .mode = Mode::Words, .where = {{name, value}}}))
      all += found.id + ' ';
    return all;
  };
  CHECK(ids("title", "Apples") == "docs/a.md#0 ");
  CHECK(ids("title", "Bananas") == "docs/b.md#0 ");
  CHECK(ids("title", "Cherries") == "docs/c.html#0 ");
  CHECK(ids("tags", "red") == "docs/a.md#0 ");
  CHECK(ids("tags", "fruit") == "docs/a.md#0 ");
  CHECK(ids("year", "2026") == "docs/a.md#0 ");
  CHECK(ids("year", "2025").empty());
  const auto found = index->search({}, {.text = "apples", .top = 1, .mode = Mode::Words});
  REQUIRE(found.size() == 1);
  const auto tags = std::ranges::find(found[0].meta, "tags", &std::pair<std::string, std::string>::first);
  REQUIRE(tags != found[0].meta.end());
  CHECK(tags->second == "fruit, red");
}

TEST_CASE("records with the same id are told apart by their lines") {
  Shelf shelf;
  use_records(shelf, {R"({"id": "a", "text": "One."})", R"({"id": "b", "text": "Two."})",
                      R"({"id": "a", "text": "Three."})"});
  REQUIRE(shelf.build());
  REQUIRE(shelf.report.reasons.size() == 1);
  CHECK(shelf.report.reasons[0].source == "rows.jsonl:3");
  CHECK(shelf.report.reasons[0].why.find("another document, on line 1, has the id `a`") == 0);
}

TEST_CASE("an index in a folder that cannot be written to is searched as it is") {
  Shelf shelf;
  shelf.write("a", "Apples are red.");
  REQUIRE(shelf.build());
  CHECK(is_writable(shelf.place));
  fs::permissions(shelf.place.passages, fs::perms::owner_read);
  fs::permissions(shelf.place.folder, fs::perms::owner_read | fs::perms::owner_exec);
  {
    const Nobody nobody(shelf.folder);
    CHECK_FALSE(is_writable(shelf.place));
    const auto index = shelf.open();
    CHECK(index->file().only_reads());
    CHECK(index->search({}, {.text = "apples", .mode = Mode::Words}).size() == 1);
    CHECK(index->load_vectors(false, nullptr, shelf.error));
    CHECK(index->file().counts().documents == 1);
    CHECK_FALSE(index->file().begin(0, shelf.error));
    CHECK(shelf.error.find("can only be read") != std::string::npos);

    shelf.write("b", "Bananas are yellow.");
    REQUIRE(shelf.build(/*only_look=*/true));
    CHECK(shelf.report.added == 1);
    CHECK_FALSE(shelf.build());
    CHECK(shelf.report.cannot_write);
    CHECK_FALSE(shelf.error.empty());
  }
  for (const auto& entry : fs::directory_iterator(shelf.place.folder))
    CHECK(entry.path().filename().string().find("-wal") == std::string::npos);
  fs::permissions(shelf.place.folder, fs::perms::owner_all);
}

TEST_CASE("a first build that does not come to its end leaves what it has come to") {
  Shelf shelf;
  for (int i = 0; i < 700; ++i)
    shelf.write("doc" + std::to_string(1000 + i), "Document " + std::to_string(i) + ".");
  shelf.most = 300;
  CHECK_FALSE(shelf.build());
  {
    const auto index = shelf.open();
    CHECK(index->is_partial());
    CHECK(index->file().counts().documents == 256);
    CHECK(index->load_vectors(false, nullptr, shelf.error));
    CHECK(index->vectors()->size() == 256);
    CHECK(index->search({}, {.text = "document", .top = 3, .mode = Mode::Words}).size() == 3);
  }
  IndexSettings other = shelf.settings;
  other.embedder = "another 3";
  CHECK_FALSE(Index::open(other, shelf.place, shelf.error));
  CHECK(shelf.error.find("another embedder") != std::string::npos);
  shelf.most = UINT64_MAX;
  REQUIRE(shelf.build());
  CHECK(shelf.report.unchanged == 256);
  CHECK(shelf.embedder.asked.size() == 400);
  CHECK_FALSE(shelf.open()->is_partial());
}

TEST_CASE("the time that ordering vectors takes is kept") {
  Shelf shelf;
  shelf.write("a", "Apples are red.");
  REQUIRE(shelf.build());
  const auto index = shelf.open();
  CHECK(index->file().setting("ordered").empty());
  REQUIRE(index->load_vectors(true, nullptr, shelf.error));
  CHECK_FALSE(index->file().setting("ordered").empty());
}
