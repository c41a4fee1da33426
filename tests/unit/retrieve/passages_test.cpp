// The file of passages: what is kept, what is seen when, and what is said when it cannot be.
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>

#include "tests/unit/retrieve/passages.h"

using namespace chain;
using namespace chain::retrieve::test;
using access::test::Temporary;
using Names = std::vector<std::string>;

TEST_CASE("what was put is read back as it was") {
  Passages passages;
  passages.begin();
  store::DocumentRow document{"docs/a.md", "docs/a.md", "Title",
                              "d",         "h",         {{"lang", "en"}, {"year", "2024"}}};
  store::PassageRow row{.name = "docs/a.md#1",
                        .text = std::string("NUL \0 and \xFF", 11),
                        .headings = "A > B",
                        .number = 3,
                        .begin = 10,
                        .end = uint64_t{1} << 40,
                        .line = 7,
                        .page = 2,
                        .tokens = 5,
                        .hash = "x"};
  passages->put(document, {row});
  passages->set("name", "value");
  passages.commit();

  const auto other = passages.open();
  CHECK(other->setting("name") == "value");
  CHECK(other->setting("none").empty());
  const auto found = other->passage_at("docs/a.md", 3);
  REQUIRE(found);
  CHECK(found->name == row.name);
  CHECK(found->document == document.id);
  CHECK(found->source == document.source);
  CHECK(found->title == "Title");
  CHECK(found->text == row.text);
  CHECK(found->headings == row.headings);
  CHECK(found->begin == row.begin);
  CHECK(found->end == row.end);
  CHECK(found->line == 7);
  CHECK(found->page == 2);
  CHECK(found->tokens == 5);
  CHECK(found->hash == "x");
  CHECK(found->meta == document.meta);
  CHECK(other->passage(found->id)->name == row.name);
  CHECK_FALSE(other->passage(found->id + 1));
  CHECK_FALSE(other->passage_at("docs/a.md", 4));
  CHECK_FALSE(other->passage_at("docs/b.md", 3));
  const auto kept = other->document("docs/a.md");
  REQUIRE(kept);
  CHECK(kept->meta == document.meta);
  CHECK(kept->digest == "d");
  CHECK(other->documents_of("docs/a.md") == Names{"docs/a.md"});
  CHECK(other->documents().size() == 1);
  std::string why;
  CHECK_FALSE(other->failed(why));
  struct stat mode{};
  REQUIRE(stat(passages.path().c_str(), &mode) == 0);
  CHECK((mode.st_mode & 0777) == 0600);
}

TEST_CASE("readers see what was committed, and nothing of what was not") {
  Passages passages;
  passages.put("a", {"apples and pears"});
  const auto reader = passages.open();
  const int64_t before = reader->generation();
  CHECK(names(*reader, reader->find_words("apple", 9, nullptr)) == Names{"a#1"});

  passages.begin();
  passages->put(Passages::document("b"), Passages::rows("b", {"apples alone", "plums"}));
  passages->drop("a");
  CHECK(names(*passages, passages->find_words("apple", 9, nullptr)) == Names{"b#1"});
  CHECK(names(*reader, reader->find_words("apple", 9, nullptr)) == Names{"a#1"});
  CHECK(reader->counts().passages == 1);
  CHECK(reader->generation() == before);

  SECTION("committed") {
    passages.commit();
    CHECK(names(*reader, reader->find_words("apple", 9, nullptr)) == Names{"b#1"});
    CHECK(reader->counts().documents == 1);
    CHECK(reader->counts().passages == 2);
    CHECK(reader->generation() > before);
  }
  SECTION("rolled back") {
    passages->rollback();
    CHECK(names(*passages, passages->find_words("apple", 9, nullptr)) == Names{"a#1"});
    CHECK(reader->generation() == before);
    passages.put("c", {"apples again"});
    CHECK(names(*reader, reader->find_words("again", 9, nullptr)) == Names{"c#1"});
  }
}

TEST_CASE("settings alone change no generation") {
  Passages passages;
  passages.put("a", {"text"});
  const int64_t before = passages->generation();
  passages.begin();
  passages->set("time", "12");
  passages.commit();
  CHECK(passages->generation() == before);
}

TEST_CASE("one process writes at a time") {
  Passages passages;
  const auto other = passages.open();
  std::string error;
  passages.begin();
  CHECK_FALSE(other->begin(0, error));
  CHECK(error.find("is held by another process; try again when that is done") != std::string::npos);
  passages.commit();
  CHECK(other->begin(0, error));
  other->rollback();
}

TEST_CASE("a process that is killed half-way leaves what was there") {
  Passages passages;
  passages.put("a", {"apples and pears"});
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::string error;
    const auto file = store::open_passages(passages.path(), retrieve::words, error);
    bool fine = file && file->begin(0, error);
    const std::string text = std::string(5000, 'x').append(" apples");
    for (int i = 0; fine && i < 200; ++i) {
      const std::string id = "doc" + std::to_string(i);
      file->put(Passages::document(id), Passages::rows(id, {text}));
    }
    if (fine) file->drop("a");
    std::raise(SIGKILL);
    _exit(1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  const auto file = passages.open();
  CHECK(names(*file, file->find_words("apples", 9, nullptr)) == Names{"a#1"});
  CHECK(file->counts().documents == 1);
  std::string error;
  CHECK(file->begin(0, error));
}

TEST_CASE("vectors are kept by what they are of, and reused") {
  Passages passages;
  using Missing = std::vector<std::pair<std::string, std::string>>;
  const std::vector<float> one{1, 0, -2.5F}, two{0, 1, 0};
  passages.put("a", {"x", "y", "x"});
  passages.begin();
  CHECK(passages->without_vector("m", 9) == Missing{{"hash of x", "x"}, {"hash of y", "y"}});
  CHECK(passages->without_vector("m", 1) == Missing{{"hash of x", "x"}});
  passages->put_vector("m", "hash of x", one);
  CHECK(passages->without_vector("m", 9) == Missing{{"hash of y", "y"}});
  passages.commit();
  CHECK(passages->counts().vectors == 2);

  std::vector<int64_t> ids;
  passages->each_vector([&](int64_t id, std::span<const float> vector) {
    ids.push_back(id);
    CHECK(std::vector<float>(vector.begin(), vector.end()) == one);
  });
  CHECK(ids == std::vector<int64_t>{1, 3});
  CHECK(passages->vector_of(3) == one);
  CHECK(passages->vector_of(2).empty());
  CHECK(passages->vector_of(99).empty());

  // Another document with the same text, then the first one again.
  passages.put("b", {"x"});
  CHECK(passages->vector_of(4) == one);
  passages.put("a", {"z", "x"});
  CHECK(passages->vector_of(6) == one);

  // Another embedder, and the first one again.
  passages.begin();
  CHECK(passages->without_vector("n", 9).size() == 2);
  passages->put_vector("n", "hash of x", two);
  passages.commit();
  CHECK(passages->vector_of(6) == one);  // until all are there
  passages.begin();
  passages->use_embedder("n");
  passages.commit();
  CHECK(passages->vector_of(6) == two);
  CHECK(passages->has_vector("n", "hash of x"));
  CHECK_FALSE(passages->has_vector("n", "hash of z"));
  CHECK_FALSE(passages->has_vector("o", "hash of x"));
  passages.begin();
  passages->use_embedder("m");
  CHECK(passages->without_vector("m", 9) == Missing{{"hash of z", "z"}});
  passages.commit();
  CHECK(passages->vector_of(6) == one);
  const auto reader = passages.open();
  CHECK(reader->without_vector("n", 9) == Missing{{"hash of z", "z"}});
  CHECK(reader->vector_of(6) == one);
}

TEST_CASE("vectors that nobody has any more are dropped beyond a bound") {
  Passages passages;
  const std::vector<float> vector{1, 2};
  passages.put("a", {"kept"});
  passages.begin();
  passages->put_vector("m", "hash of kept", vector);
  for (int i = 0; i < 5000; ++i) passages->put_vector("m", "gone " + std::to_string(i), vector);
  passages.commit();
  passages.put("b", {"other"});
  passages.begin();
  passages->drop("b");
  passages.commit();
  passages.put("c", {"kept"});
  CHECK(passages->vector_of(passages->passage_at("c", 0)->id) == vector);
  // The oldest are gone, the latest are there.
  passages.begin();
  const auto hashed = [&](const std::string& hash) {
    auto rows = Passages::rows("d", {"text of " + hash});
    rows[0].hash = hash;
    passages->put(Passages::document("d"), rows);
    return passages->vector_of(passages->passage_at("d", 0)->id).size();
  };
  CHECK(hashed("gone 4999") == 2);
  CHECK(hashed("gone 0") == 0);
  passages.commit();
}

TEST_CASE("passages are found by what is said of their documents") {
  Passages passages;
  passages.begin();
  const auto put = [&](const std::string& id, std::vector<std::pair<std::string, std::string>> meta) {
    store::DocumentRow document = Passages::document(id);
    document.meta = std::move(meta);
    passages->put(document, Passages::rows(id, {"one " + id, "two " + id}));
  };
  put("a", {{"lang", "ko"}, {"year", "2024"}, {"tag", "x"}, {"tag", "y"}});
  put("b", {{"lang", "ko"}, {"year", "2023"}});
  put("c", {{"lang", "en"}, {"year", "2024"}});
  passages.commit();
  using Ids = std::vector<int64_t>;
  CHECK(passages->ids_where({{"lang", "ko"}}) == Ids{1, 2, 3, 4});
  CHECK(passages->ids_where({{"lang", "ko"}, {"year", "2024"}}) == Ids{1, 2});
  CHECK(passages->ids_where({{"tag", "y"}, {"tag", "x"}}) == Ids{1, 2});
  CHECK(passages->ids_where({{"lang", "fr"}}).empty());
  CHECK(passages->ids_where({{"lang' OR 1=1 --", "ko"}}).empty());
  CHECK(passages->ids_where({}).size() == 6);
  const Ids among{3, 4, 99};
  CHECK(names(*passages, passages->find_words("one", 9, &among)) == Names{"b#1"});
}

TEST_CASE("a damaged file is named, with the way out") {
  Temporary place;
  place.file("passages.db", std::string(8192, 'x'));
  std::string error;
  CHECK_FALSE(store::open_passages((place.path() / "passages.db").string(), retrieve::words, error));
  CHECK(error.find("is damaged: move it away") != std::string::npos);
}

TEST_CASE("a file that is damaged within says so when that is read") {
  Passages passages;
  std::vector<std::string> texts;
  for (int i = 0; i < 400; ++i)
    texts.push_back("apples " + std::string(200, static_cast<char>('a' + i % 26)));
  passages.put("a", texts);
  passages.close();
  std::string bytes;
  {
    std::ifstream file(passages.path(), std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(file), {});
  }
  REQUIRE(bytes.size() > 200'000);
  for (size_t at = 60'000; at < bytes.size(); at += 64) bytes[at] = static_cast<char>(bytes[at] ^ 0x5A);
  std::ofstream(passages.path(), std::ios::binary) << bytes;
  std::string error, why;
  const auto file = store::open_passages(passages.path(), retrieve::words, error);
  REQUIRE(file);
  static_cast<void>(file->find_words("apples", 9, nullptr));
  static_cast<void>(file->documents());
  file->each_vector([](int64_t, std::span<const float>) {});
  for (uint32_t i = 0; i < 400; ++i) static_cast<void>(file->passage_at("a", i));
  REQUIRE(file->failed(why));
  CHECK(why.find("passages.db` is damaged: move it away") != std::string::npos);
}

TEST_CASE("a disk without room fails the commit and keeps what was there") {
  Passages passages;
  passages.put("a", {"apples"});
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1 << 20, 1 << 20};
    setrlimit(RLIMIT_FSIZE, &limit);
    std::string error, why;
    const auto file = store::open_passages(passages.path(), retrieve::words, error);
    if (!file || !file->begin(0, error)) _exit(10);
    for (int i = 0; i < 2000 && !file->failed(why); ++i) {
      const std::string id = "doc" + std::to_string(i);
      std::string text;
      for (int word = 0; word < 300; ++word) text += "w" + std::to_string(i * 300 + word) + " ";
      file->put(Passages::document(id), Passages::rows(id, {text}));
    }
    if (file->commit(error)) _exit(11);
    if (error.find("cannot grow") == std::string::npos) _exit(12);
    if (error.find("and try again") == std::string::npos) _exit(13);
    if (file->counts().documents != 1) _exit(14);
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(names(*passages, passages->find_words("apples", 9, nullptr)) == Names{"a#1"});
}

TEST_CASE("a folder that cannot be written to is named") {
  if (geteuid() == 0) return;  // nothing is forbidden
  Temporary place;
  std::filesystem::create_directory(place.path() / "shut");
  std::filesystem::permissions(place.path() / "shut", std::filesystem::perms(0500));
  std::string error;
  CHECK_FALSE(store::open_passages((place.path() / "shut" / "passages.db").string(), retrieve::words, error));
  CHECK(error.find("passages.db` cannot be written: Permission denied") != std::string::npos);
}

TEST_CASE("words that another function cut are cut anew by the next one who writes") {
  Temporary place;
  const std::string path = (place.path() / "passages.db").string();
  std::string error;
  const store::Words old = [](std::string_view text, const auto& word) {
    if (!text.empty()) word("all", 0, text.size());
  };
  {
    const auto file = store::open_passages(path, old, error);
    REQUIRE(file->begin(0, error));
    file->put(Passages::document("a"), Passages::rows("a", {"red apples", "green pears"}));
    REQUIRE(file->commit(error));
    CHECK(file->find_words("x", 9, nullptr).size() == 2);
  }
  const auto file = store::open_passages(path, retrieve::words, error);
  REQUIRE(file->begin(0, error));
  REQUIRE(file->commit(error));
  CHECK(names(*file, file->find_words("pear", 9, nullptr)) == Names{"a#2"});
  CHECK(file->find_words("all", 9, nullptr).empty());
}
