// Text of scalars, maps, UTF-8 and the folding of words.
#include <catch2/catch.hpp>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "runtime/value/fold.h"
#include "runtime/value/map.h"
#include "runtime/value/number_text.h"
#include "runtime/value/text.h"
#include "runtime/value/text_choice.h"
#include "runtime/value/utf8.h"

using namespace chain::value;

namespace {

std::string float_text(double value) {
  std::string text;
  append_float(text, value);
  return text;
}

std::string duration_text(int64_t value) {
  std::string text;
  append_duration(text, value);
  return text;
}

std::string money_text(int64_t value) {
  std::string text;
  append_money(text, value);
  return text;
}

struct Entry {
  Text key;
  int64_t value;
};
constexpr uint32_t kStride = sizeof(Entry);

int64_t value_at(const Map& map, std::string_view key) {
  const void* found = find_in_map(map, kStride, key);
  return found ? load<int64_t>(found) : -1;
}

}  // namespace

TEST_CASE("floats have a digit on both sides of the point and read back the same") {
  CHECK(float_text(1) == "1.0");
  CHECK(float_text(-0.0) == "-0.0");
  CHECK(float_text(0.1) == "0.1");
  CHECK(float_text(100000) == "100000.0");
  CHECK(float_text(1e22) == "1.0e+22");
  CHECK(float_text(1.5e-9) == "1.5e-09");
  CHECK(float_text(std::nan("")) == "nan");
  for (double value : {0.1 + 0.2, 1e-6, 5e-324, 1.7976931348623157e308, 123456789.123}) {
    CHECK(std::strtod(float_text(value).c_str(), nullptr) == value);
  }
}

TEST_CASE("durations and amounts are written as they are read") {
  for (const char* text : {"2h30m", "150ms", "1d", "20s", "1m30s", "-20s", "1us1ns", "0s"}) {
    CHECK(duration_text(*parse_duration(text)) == text);
  }
  CHECK(parse_duration("1.5s") == 1'500'000'000);
  CHECK(parse_duration("36h") == parse_duration("1d12h"));
  for (const char* text : {"", "5", "s", "5x", "5m2h", "5s5s", "--5s", "1e3s", "999999999999d", "5 s"}) {
    INFO(text);
    CHECK_FALSE(parse_duration(text).has_value());
  }
  for (const char* text : {"$0.05", "$1.00", "-$2.50", "$0.000001", "$12345.678"}) {
    CHECK(money_text(*parse_money(text)) == text);
  }
  CHECK(parse_money("3") == 3'000'000'000);
  for (const char* text : {"", "$", "$1.", "$.5", "1.0000000001", "99999999999", "$1,000", "€3"}) {
    INFO(text);
    CHECK_FALSE(parse_money(text).has_value());
  }
  CHECK(money_text(INT64_MIN) == "-$9223372036.854775808");
}

TEST_CASE("maps keep the place of the first and the value of the last of equal keys") {
  Arena arena;
  for (uint64_t count : {3, 8, 9, 1000}) {
    std::vector<std::string> names;
    for (uint64_t i = 0; i < count; ++i) names.push_back("key" + std::to_string(i));
    std::vector<Entry> entries;
    for (uint64_t i = 0; i < count; ++i) entries.push_back({Text(names[i]), static_cast<int64_t>(i)});
    entries.push_back({Text(names[1]), 77});
    const Map* map = build_map(arena, entries.data(), entries.size(), kStride);
    REQUIRE(map);
    CHECK(map->size == count);
    CHECK(value_at(*map, names[0]) == 0);
    CHECK(value_at(*map, names[1]) == 77);
    CHECK(value_at(*map, names[count - 1]) == static_cast<int64_t>(count - 1));
    CHECK(value_at(*map, "none") == -1);
    CHECK(load<Text>(map->entries + kStride).view() == names[1]);
    CHECK((map->index != nullptr) == (count > kMapSmall));
  }
  CHECK(build_map(arena, nullptr, 0, kStride)->size == 0);
}

TEST_CASE("keys that are made to collide cost no more than sorting them") {
  // Keys whose hashes agree in the low 16 bits, found by trying.
  std::vector<std::string> names;
  for (uint64_t i = 0; names.size() < 600; ++i) {
    std::string name = std::to_string(i);
    if ((hash_key(name) & 0xfff) == 0x123) names.push_back(std::move(name));
  }
  std::vector<Entry> entries;
  for (const std::string& name : names) entries.push_back({Text(name), static_cast<int64_t>(entries.size())});
  entries.push_back({Text(names[5]), 99});
  Arena arena;
  const Map* map = build_map(arena, entries.data(), entries.size(), kStride);
  REQUIRE(map);
  CHECK(map->size == names.size());
  CHECK(map->index == nullptr);
  CHECK(value_at(*map, names[5]) == 99);
  CHECK(value_at(*map, names[599]) == 599);
  CHECK(load<Text>(map->entries + 5 * kStride).view() == names[5]);
}

TEST_CASE("UTF-8 that is not well-formed is found") {
  CHECK(find_invalid_utf8("plain, é, 한국어, 😀") == std::string_view::npos);
  for (const char* text : {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80", "\xf8"}) {
    CHECK(find_invalid_utf8(std::string("eight bytes and ") + text) == 16);
  }
}

TEST_CASE("words are compared without case and accents") {
  CHECK(fold("Señor CAFÉ Straße") == "senor cafe strasse");
  CHECK(fold("日本料理 العربية") == "日本料理 العربية");
  CHECK(letters_of(fold("k-2-3.1_1 É!")) == "k2311e");
  CHECK(fold("\xff"
             "A") ==
        "\xff"
        "a");
}

TEST_CASE("numbers are read as people write them") {
  CHECK(read_number("1,234.5")->value == 1234.5);
  CHECK(read_number("-$2,000")->whole == -2000);
  CHECK(read_number("90%")->percent);
  CHECK(read_number("1/4")->value == 0.25);
  CHECK(read_number("€5")->whole == 5);
  CHECK(read_number(".5")->value == 0.5);
  CHECK_FALSE(read_number("3,14").has_value());
  CHECK_FALSE(read_number("1.2.3").has_value());
  CHECK_FALSE(read_number("1e999").has_value());
  CHECK_FALSE(read_number("1/0").has_value());
  CHECK(find_only_number("about 12.5 kg")->value == 12.5);
  CHECK(find_only_number("version v2 has 3 parts")->whole == 3);
  CHECK_FALSE(find_only_number("10 to 20").has_value());
  CHECK_FALSE(find_only_number("none").has_value());
}

TEST_CASE("a choice is found in a sentence only if it is one") {
  using Kind = TextChoices::Match::Kind;
  TextChoices choices;
  choices.add(0, "car", "has four wheels");
  choices.add(1, "car-2");
  CHECK(choices.find("CAR").value == 0);
  CHECK(choices.find("it is car-2!").value == 1);
  CHECK(choices.find("It has four wheels, I think").value == 0);
  CHECK(choices.find("car or car-2").kind == Kind::Ambiguous);
  CHECK(choices.find("scary").kind == Kind::None);
  CHECK(choices.find("").kind == Kind::None);
}
