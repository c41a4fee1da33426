#include "runtime/store/answer_table.h"

#include <sys/stat.h>
#include <catch2/catch.hpp>

#include <fstream>

#include "tests/unit/access/temporary.h"

using namespace chain;
using access::test::Temporary;
using store::AnswerRow;
using store::AnswerTable;

namespace {

constexpr int64_t kHour = 3'600'000'000'000;
constexpr int64_t kNow = 1'000 * kHour;

struct Place {
  Temporary folder;
  std::string path = (folder.path() / "kept" / "cache.db").string();
  std::unique_ptr<AnswerTable> table = open();

  std::unique_ptr<AnswerTable> open() {
    std::string problem;
    auto opened = AnswerTable::open(path, problem);
    INFO(problem);
    REQUIRE(opened);
    CHECK(problem.empty());
    return opened;
  }
};

model::NewAnswer answer(std::string text, std::string prompt = "classify@2.0") {
  return {std::move(text), "m-1", "stop", std::move(prompt), {10, 5, 0, 0}, 24 * kHour};
}

std::vector<std::string> keys(AnswerTable& table, const std::string& prompt = {}) {
  std::vector<std::string> keys;
  CHECK(table.list(prompt, [&](const AnswerRow& row) { keys.push_back(row.key); }));
  return keys;
}

}  // namespace

TEST_CASE("an answer is found by its key until it is too old for who asks") {
  Place place;
  const std::string text = std::string("높음 'high' ") + '\0' + " behind a zero";
  REQUIRE(place.table->keep("k", answer(text), kNow));
  const auto found = place.table->find("k", kHour, kNow + kHour - 1);
  REQUIRE(found);
  CHECK(found->text == text);
  CHECK(found->model == "m-1");
  CHECK(found->finish_reason == "stop");
  CHECK(found->age == kHour - 1);
  CHECK_FALSE(place.table->find("k", kHour, kNow + kHour));
  CHECK(place.table->find("k", 2 * kHour, kNow + kHour));
  CHECK_FALSE(place.table->find("other", kHour, kNow));
  // The clocks of two machines differ by seconds; what comes from next week was written by a wrong one.
  CHECK(place.table->find("k", kHour, kNow - 1'000'000'000)->age == 0);
  CHECK_FALSE(place.table->find("k", kHour, kNow - 24 * kHour));

  REQUIRE(place.table->keep("k", answer("low"), kNow + kHour));
  CHECK(place.table->find("k", kHour, kNow + kHour)->text == "low");
  REQUIRE(place.table->forget("k"));
  CHECK_FALSE(place.table->find("k", kHour, kNow + kHour));
  struct stat mode{};
  REQUIRE(stat(place.path.c_str(), &mode) == 0);
  CHECK((mode.st_mode & 0777) == 0600);
}

TEST_CASE("several have the file open at once") {
  Place place;
  const auto other = place.open();
  REQUIRE(place.table->keep("k", answer("high"), kNow));
  CHECK(other->find("k", kHour, kNow)->text == "high");
  REQUIRE(other->forget("k"));
  CHECK_FALSE(place.table->find("k", kHour, kNow));
}

TEST_CASE("what has had its time goes first, then what was not used for longest") {
  Place place;
  constexpr int64_t kLimit = 350'000;
  const std::string page(10'000, 'x');
  auto old = answer(page);
  old.keep = kHour;
  REQUIRE(place.table->keep("expired", old, kNow));
  for (int i = 0; i < 20; ++i)
    REQUIRE(place.table->keep("k" + std::to_string(i), answer(page), kNow + 2 * kHour + i));
  REQUIRE(place.table->shrink(kLimit, kNow + 3 * kHour));
  CHECK(keys(*place.table).size() == 20);  // there is room for all that still count

  place.table->used("k0", kNow + 3 * kHour);
  for (int i = 20; i < 40; ++i)
    REQUIRE(place.table->keep("k" + std::to_string(i), answer(page), kNow + 3 * kHour + i));
  REQUIRE(place.table->shrink(kLimit, kNow + 3 * kHour));
  const std::vector<std::string> left = keys(*place.table);
  CHECK(left.size() < 30);
  CHECK(left.front() == "k39");
  CHECK(left.back() == "k0");
  CHECK_FALSE(place.table->find("k1", kHour * 24, kNow + 3 * kHour));
  CHECK(place.table->totals()->bytes <= kLimit);

  REQUIRE(place.table->shrink(0, kNow));
  CHECK(keys(*place.table).empty());
}

TEST_CASE("what is kept can be looked at and forgotten") {
  Place place;
  REQUIRE(place.table->keep("a", answer("high\nand long"), kNow));
  REQUIRE(place.table->keep("b", answer("low", "classify@2.1"), kNow + 1));
  REQUIRE(place.table->keep("c", answer(std::string(100, 'y'), "classify_all"), kNow + 2));
  place.table->used("a", kNow + 5);
  place.table->used("a", kNow + 6);
  CHECK(keys(*place.table) == std::vector<std::string>{"c", "b", "a"});
  CHECK(keys(*place.table, "classify") == std::vector<std::string>{"b", "a"});
  CHECK(keys(*place.table, "classify@2.0") == std::vector<std::string>{"a"});
  CHECK(keys(*place.table, "class").empty());
  CHECK(place.table->list("classify@2.0", [](const AnswerRow& row) {
    CHECK(row.begins == "high\nand long");
    CHECK(row.bytes == 13);
    CHECK(row.made == kNow);
    CHECK(row.until == kNow + 24 * kHour);
    CHECK(row.used == kNow + 6);
    CHECK(row.uses == 2);
  }));
  const auto totals = place.table->totals();
  REQUIRE(totals);
  CHECK(totals->answers == 3);
  CHECK(totals->uses == 2);
  CHECK(totals->input_tokens == 20);
  CHECK(totals->output_tokens == 10);
  CHECK(totals->oldest == kNow);
  CHECK(totals->bytes > 0);

  CHECK(place.table->clear({.made_before = kNow, .prompt = {}}) == 0);
  CHECK(place.table->clear({.made_before = kNow + 2, .prompt = "classify@2.0"}) == 1);
  CHECK(place.table->clear({.made_before = {}, .prompt = "classify"}) == 1);
  CHECK(keys(*place.table) == std::vector<std::string>{"c"});
  CHECK(place.table->clear({}) == 1);
  CHECK(place.table->totals()->oldest == 0);
  // Nothing of it is left to read.
  std::ifstream file(place.path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  CHECK(bytes.find("yyyyyyyy") == std::string::npos);
}

TEST_CASE("a file that is no database is set aside") {
  const Temporary folder;
  folder.file("cache.db", std::string(8192, 'x'));
  const std::string path = (folder.path() / "cache.db").string();
  std::string problem;
  const auto table = AnswerTable::open(path, problem);
  REQUIRE(table);
  CHECK(problem ==
        "the cache `" + path + "` was damaged: it is now `" + path + ".damaged`, and a new one begins");
  CHECK(std::filesystem::file_size(path + ".damaged") == 8192);
  CHECK(table->keep("k", answer("high"), kNow));
  CHECK(table->clear({.made_before = kNow, .prompt = {}}) == 0);
  CHECK(std::filesystem::exists(path + ".damaged"));
  CHECK(table->clear({}) == 1);
  CHECK_FALSE(std::filesystem::exists(path + ".damaged"));
}

TEST_CASE("a file that cannot be had is left alone, and the reason said") {
  const Temporary folder;
  folder.file("file");
  std::string problem;
  CHECK_FALSE(AnswerTable::open((folder.path() / "file" / "cache.db").string(), problem));
  CHECK(problem.find("Not a directory") != std::string::npos);
}

TEST_CASE("the answer to a similar question is found in its scope, for as long as it counts") {
  Place place;
  const auto keep = [&](const std::string& key, const std::string& question, int64_t now) {
    model::NewAnswer kept = answer("of " + key);
    kept.likeness = {"scope", question};
    REQUIRE(place.table->keep(key, kept, now));
  };
  const auto find = [&](const std::string& question, uint32_t least = 9500, int64_t now = kNow,
                        const std::string& scope = "scope") {
    return place.table->find_similar({scope, question}, least, kHour, now);
  };
  keep("a", "What is the refund policy of this shop?", kNow);
  const auto found = find("what is the refund policy of this shop");
  REQUIRE(found);
  CHECK(found->text == "of a");
  CHECK(found->key == "a");
  CHECK(found->usage.input_tokens == 10);
  CHECK(found->similarity == Approx(1));
  const auto shorter = find("please what is the refund policy of this shop?");
  REQUIRE(shorter);
  CHECK(shorter->similarity < 0.9999);
  CHECK_FALSE(find("please what is the refund policy of this shop?", 10'000));
  CHECK_FALSE(find("What is the refund policy of that shop?"));
  CHECK_FALSE(find("what is the refund policy of this shop", 9500, kNow, "another"));
  CHECK_FALSE(find("what is the refund policy of this shop", 9500, kNow + kHour));

  keep("b", "please what is the refund policy of this shop", kNow + 1);
  CHECK(find("please what is the refund policy of this shop?")->key == "b");  // the most alike
  place.table->used("b", kNow, /*similar=*/true);
  place.table->used("a", kNow);
  CHECK(place.table->totals()->uses == 2);
  CHECK(place.table->totals()->similar == 1);
  REQUIRE(place.table->forget("b"));
  CHECK(find("please what is the refund policy of this shop?")->key == "a");
  CHECK(place.table->totals()->similar == 0);
}

TEST_CASE("what is kept holds no question") {
  Place place;
  model::NewAnswer kept = answer("fine");
  kept.likeness = {"scope", "Where does Marguerite live?"};
  REQUIRE(place.table->keep("k", kept, kNow));
  place.table.reset();
  std::ifstream file(place.path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  CHECK(bytes.find("fine") != std::string::npos);
  CHECK(bytes.find("arguerite") == std::string::npos);
}

TEST_CASE("a file from before questions were compared goes on to be used") {
  Place place;
  REQUIRE(place.table->keep("old", answer("kept"), kNow));
  place.table.reset();
  std::string error;
  {
    const auto database = store::Database::open(place.path, "", 1, store::Durability::Normal, error);
    INFO(error);
    REQUIRE(database);
    REQUIRE(database->run("DROP TABLE questions"));
  }
  place.table = place.open();
  CHECK(place.table->find("old", kHour, kNow)->text == "kept");
  CHECK_FALSE(place.table->find_similar({"scope", "anything"}, 9500, kHour, kNow));
}
