// Chance: the same for the same place, and spread evenly.
#include "runtime/sched/ambient.h"

#include <array>
#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "tests/unit/sched/session.h"

using namespace chain;

TEST_CASE("draws hang on the seed and the place") {
  CHECK(sched::draw(1, "main/random#0") == sched::draw(1, "main/random#0"));
  std::set<uint64_t> all;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    for (int place = 0; place < 100; ++place) all.insert(sched::draw(seed, "p#" + std::to_string(place)));
  }
  CHECK(all.size() == 1000);
}

TEST_CASE("numbers are within their bounds, each as often as any other") {
  std::array<int, 6> faces{};
  double least = 1, greatest = 0;
  for (int i = 0; i < 60'000; ++i) {
    const uint64_t bits = sched::draw(7, std::to_string(i));
    ++faces[static_cast<size_t>(sched::number_in(1, 6, bits) - 1)];
    least = std::min(least, sched::fraction_of(bits));
    greatest = std::max(greatest, sched::fraction_of(bits));
  }
  for (const int count : faces) CHECK(std::abs(count - 10'000) < 500);
  CHECK(least >= 0);
  CHECK(least < 0.001);
  CHECK(greatest < 1);
  CHECK(greatest > 0.999);
  CHECK(sched::number_in(5, 5, UINT64_MAX) == 5);
  CHECK(sched::number_in(INT64_MIN, INT64_MAX, 0) == 0);
  CHECK(sched::number_in(INT64_MAX - 1, INT64_MAX, UINT64_MAX) == INT64_MAX);
  CHECK(sched::fraction_of(UINT64_MAX) < 1);
}

TEST_CASE("a run asks the clock and chance that it is given, once for each call") {
  test::Session session(R"(chain main() -> string {
  let a = random(1, 100)
  let b = random(1, 100)
  let c = for i in [1, 2] { random(1, 100) }
  let first = now()
  let second = now()
  return "{{ a }} {{ b }} {{ c }} {{ second - first }} {{ first }} {{ second == second }}"
}
)");
  int64_t asked = 0;
  std::set<std::string> places;
  sched::RunOptions options;
  options.now = [&] { return ++asked * 1'000'000'000; };
  options.chance = [&](std::string_view place) {
    CHECK(places.emplace(place).second);
    return sched::draw(1, place);
  };
  const std::string once = test::outcome(session.run("main", "{}", options));
  CHECK(asked == 2);
  CHECK(places.size() == 4);
  CHECK(once.ends_with("1s 1970-01-01T00:00:01Z true\""));
  asked = 0;
  places.clear();
  CHECK(test::outcome(session.run("main", "{}", options)) == once);
}
