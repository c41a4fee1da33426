#include "runtime/store/answer_file.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "runtime/sched/event_loop.h"
#include "tests/unit/access/temporary.h"

using namespace chain;
using access::test::Temporary;
using store::AnswerFile;

namespace {

constexpr int64_t kHour = 3'600'000'000'000;

struct Place {
  Temporary folder;
  std::string path = (folder.path() / "cache.db").string();
  EventLoop loop;
  int64_t now = 1'000 * kHour;
  std::vector<std::string> warnings;

  std::unique_ptr<AnswerFile> open(int64_t most_bytes = store::kMostAnswerBytes) {
    store::AnswerFileOptions options;
    options.path = path;
    options.most_bytes = most_bytes;
    options.now = [this] { return now; };
    options.warn = [this](const std::string& warning) { warnings.push_back(warning); };
    return std::make_unique<AnswerFile>(loop, std::move(options));
  }

  std::optional<model::KeptAnswer> find(AnswerFile& file, const std::string& key) {
    std::optional<model::KeptAnswer> found;
    bool told = false;
    file.find(key, kHour, [&](std::optional<model::KeptAnswer> answer) {
      told = true;
      found = std::move(answer);
    });
    CHECK_FALSE(told);  // not from within
    loop.run();
    CHECK(told);
    return found;
  }
};

model::NewAnswer answer(std::string text) {
  return {std::move(text), "m-1", "stop", "classify@2.0", {10, 5, 0, 0}, 24 * kHour};
}

}  // namespace

TEST_CASE("calls are carried out in their order, and answers found by the next process") {
  Place place;
  auto file = place.open();
  CHECK_FALSE(place.find(*file, "k"));
  file->keep("k", answer("high"));
  CHECK(place.find(*file, "k")->text == "high");
  place.now += kHour / 2;
  CHECK(place.find(*file, "k")->age == kHour / 2);
  file->forget("k");
  CHECK_FALSE(place.find(*file, "k"));
  file->keep("k", answer("low"));
  file = nullptr;  // waits until it is written

  file = place.open();
  CHECK(place.find(*file, "k")->text == "low");
  place.now += kHour;
  CHECK_FALSE(place.find(*file, "k"));
  CHECK(place.warnings.empty());
}

TEST_CASE("two have the same file at once") {
  Place place;
  const auto one = place.open(), other = place.open();
  for (int i = 0; i < 50; ++i) {
    const std::string key = std::to_string(i);
    one->keep("a" + key, answer(key));
    other->keep("b" + key, answer(key));
    CHECK(place.find(*one, "a" + key)->text == key);
    CHECK(place.find(*other, "b" + key)->text == key);
    CHECK(place.find(*one, "b" + key)->text == key);
  }
  CHECK(place.warnings.empty());
}

TEST_CASE("many are looked for at once") {
  Place place;
  const auto file = place.open();
  for (int i = 0; i < 1'000; ++i) file->keep(std::to_string(i), answer(std::to_string(i)));
  size_t right = 0;
  for (int i = 0; i < 2'000; ++i) {
    file->find(std::to_string(i), kHour, [&right, i](const std::optional<model::KeptAnswer>& found) {
      right += i < 1'000 ? found && found->text == std::to_string(i) : !found;
    });
  }
  place.loop.run();
  CHECK(right == 2'000);
}

TEST_CASE("uses are counted") {
  Place place;
  auto file = place.open();
  file->keep("k", answer("high"));
  CHECK(place.find(*file, "k"));
  CHECK(place.find(*file, "k"));
  file = nullptr;
  std::string problem;
  CHECK(store::AnswerTable::open(place.path, problem)->totals()->uses == 2);
}

TEST_CASE("the file stays within its limit") {
  Place place;
  auto file = place.open(500'000);
  for (int i = 0; i < 100; ++i) {
    ++place.now;
    file->keep(std::to_string(i), answer(std::string(20'000, 'x')));
    CHECK(place.find(*file, std::to_string(i)));
  }
  CHECK_FALSE(place.find(*file, "0"));
  file = nullptr;
  CHECK(std::filesystem::file_size(place.path) < 1'000'000);
}

TEST_CASE("a damaged file is set aside with a warning, and the run goes on") {
  Place place;
  place.folder.file("cache.db", std::string(8192, 'x'));
  const auto file = place.open();
  CHECK_FALSE(place.find(*file, "k"));
  REQUIRE(place.warnings.size() == 1);
  CHECK(place.warnings[0].find("was damaged: it is now") != std::string::npos);
  file->keep("k", answer("high"));
  CHECK(place.find(*file, "k"));
}

TEST_CASE("damage that shows later ends the use of the file, with a warning") {
  Place place;
  {
    const auto file = place.open();
    for (int i = 0; i < 200; ++i) file->keep(std::to_string(i), answer(std::string(2'000, 'x')));
  }
  std::fstream bytes(place.path, std::ios::binary | std::ios::in | std::ios::out);
  bytes.seekp(4096);
  for (int i = 0; i < 100 * 4096; ++i) bytes.put('\x5A');
  bytes.close();
  auto file = place.open();
  size_t found = 0, told = 0;
  for (int i = 0; i < 200; ++i) {
    file->find(std::to_string(i), kHour, [&](const std::optional<model::KeptAnswer>& answer) {
      ++told;
      found += answer.has_value();
    });
    file->keep("new" + std::to_string(i), answer("high"));
  }
  place.loop.run();
  CHECK(told == 200);
  CHECK(found == 0);
  REQUIRE(place.warnings.size() == 1);
  CHECK(std::filesystem::exists(place.path + ".damaged"));
  CHECK_FALSE(place.find(*file, "1"));
  file = nullptr;
  file = place.open();
  file->keep("k", answer("high"));
  CHECK(place.find(*file, "k"));
}

TEST_CASE("without a place for the file nothing is kept, and that is said once") {
  Place place;
  place.folder.file("file");
  place.path = (place.folder.path() / "file" / "cache.db").string();
  auto file = place.open();
  file->keep("k", answer("high"));
  CHECK_FALSE(place.find(*file, "k"));
  CHECK_FALSE(place.find(*file, "k"));
  REQUIRE(place.warnings.size() == 1);
  CHECK(place.warnings[0].ends_with("Not a directory; the run goes on without the cache"));
}

TEST_CASE("a file can be closed while it is asked") {
  Place place;
  auto file = place.open();
  bool told = false;
  file->find("k", kHour, [&](const std::optional<model::KeptAnswer>&) { told = true; });
  file = nullptr;
  place.loop.run();
  CHECK_FALSE(told);
}
