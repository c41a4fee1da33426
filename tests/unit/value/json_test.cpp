// Exact JSON of typed values, both ways, and structural equality.
#include <catch2/catch.hpp>

#include <limits>
#include <string>
#include <vector>

#include "runtime/value/equal.h"
#include "runtime/value/json.h"
#include "runtime/value/layout.h"
#include "tests/unit/value/type_maker.h"

using namespace chain;
using namespace chain::value;
using program::TypeId;

namespace {

/// Reads and writes values of one type.
struct Round {
  program::TypeTable types;
  Arena arena;
  std::vector<std::byte> out = std::vector<std::byte>(128);

  std::string read(TypeId type, std::string_view json, JsonStyle style = {}, JsonLimits limits = {}) {
    const ReadResult result = from_json(types, type, json, arena, out.data(), nullptr, limits);
    if (!result) return "error: " + result.sentence();
    std::string text;
    REQUIRE(write_json(types, type, out.data(), text, style));
    return text;
  }
};

class Refuse : public ConstraintCheck {
 public:
  bool holds(const program::Constraint& constraint, TypeId, const void*) override {
    return constraint.text != "false";
  }
};

}  // namespace

TEST_CASE("every kind of value survives the way to JSON and back") {
  Round round;
  program::TypeTable& types = round.types;
  const TypeId colour = test::make_enum(types, "Colour", {"red", "blue"});
  const TypeId inner = test::make_record(types, "Inner", {{"x", types.int_type}});
  const TypeId record = test::make_record(types, "All",
                                          {{"truth", types.bool_type},
                                           {"number", types.float_type},
                                           {"wait", types.duration_type},
                                           {"price", types.money_type},
                                           {"text", types.string_type},
                                           {"colour", colour},
                                           {"word", types.literal_of({std::string("en"), std::string("ko")})},
                                           {"maybe", types.optional_of(types.int_type)},
                                           {"list", types.list_of(inner)},
                                           {"map", types.map_of(types.list_of(types.int_type))},
                                           {"either", types.union_of({types.int_type, types.string_type})}});
  const std::string json =
      R"({"truth": true, "number": 0.1, "wait": "2h30m", "price": "$0.05", "text": "a\"\u0001é한", )"
      R"("colour": "blue", "word": "ko", "maybe": null, "list": [{"x": 1}, {"x": -2}], )"
      R"("map": {"b": [1], "a": []}, "either": "7"})";
  CHECK(round.read(record, json) == json);
}

TEST_CASE("reading drops unknown keys, fills in what may be missing and takes the last of equal keys") {
  Round round;
  program::TypeTable& types = round.types;
  const TypeId record = test::make_record(
      types, "R",
      {{"a", types.float_type}, {"b", types.optional_of(types.string_type)}, {"c", types.int_type}});
  types[record].fields[2].default_json = "7";
  CHECK(round.read(record, R"({"z": [1, {}], "a": 1, "a": 2})") == R"({"a": 2.0, "b": null, "c": 7})");
  CHECK(round.read(record, R"({"a": 1.5, "b": "x", "c": null})") == R"({"a": 1.5, "b": "x", "c": 7})");
  CHECK(round.read(types.map_of(types.int_type), R"({"k": 1, "l": 2, "k": 3})") == R"({"k": 3, "l": 2})");
}

TEST_CASE("aliases are for models, names for everyone else, and both are read") {
  Round round;
  program::TypeTable& types = round.types;
  const TypeId state = test::make_enum(types, "State", {"in_progress", "done"});
  types[state].cases[0].alias = "in-progress";
  const TypeId record = test::make_record(types, "R", {{"first_name", types.string_type}, {"state", state}});
  types[record].fields[0].alias = "first-name";
  const std::string named = R"({"first_name": "Ada", "state": "in_progress"})";
  const std::string aliased = R"({"first-name": "Ada", "state": "in-progress"})";
  CHECK(round.read(record, aliased) == named);
  CHECK(round.read(record, named, {.models_view = true}) == aliased);
}

TEST_CASE("a mistake is told with its place") {
  Round round;
  program::TypeTable& types = round.types;
  const TypeId photo = test::make_record(types, "Photo", {{"id", types.int_type}});
  const TypeId ticket = test::make_record(types, "Ticket", {{"photos", types.list_of(photo)}});
  const TypeId root =
      test::make_record(types, "Root", {{"ticket", ticket}, {"tags", types.map_of(types.int_type)}});
  CHECK(round.read(root, R"({"ticket": {"photos": [{"id": 1}, {"id": 2}, {"id": "three"}]}, "tags": {}})") ==
        R"(error: `ticket.photos[2].id`: expected a whole number, found "three")");
  CHECK(round.read(root, R"({"ticket": {"photos": []}, "tags": {"a b": []}})") ==
        R"(error: `tags["a b"]`: expected a whole number, found an empty list)");
  CHECK(round.read(root, R"({"ticket": {}, "tags": {}})") == "error: `ticket.photos`: is missing");
  CHECK(round.read(types.int_type, "99999999999999999999") ==
        "error: 99999999999999999999 does not fit into 64 bits");
  CHECK(round.read(types.int_type, "{\n  1}") ==
        "error: expected a key in double quotes at line 2, column 3");
  CHECK(round.read(types.string_type, "\"a\xff\"") ==
        "error: the byte 0xff is not UTF-8 at line 1, column 3");
  CHECK(round.read(types.string_type, "\"a") ==
        "error: a string without its closing quote at line 1, column 3");
}

TEST_CASE("what is no JSON is refused") {
  Round round;
  const TypeId any = round.types.list_of(round.types.int_type);
  for (const char* text : {"", " ", "[1,]", "[1 2]", "[01]", "[1.]", "[+1]", "[1] 2", "[nul]", "[\"\\x\"]",
                           "{1:2}", "[.5]", "[1e]", "['a']", "[\"a\nb\"]", "//x\n[1]", "\xef\xbb\xbf[1]"}) {
    INFO(text);
    CHECK(round.read(any, text).substr(0, 6) == "error:");
  }
}

TEST_CASE("depth and size have limits") {
  Round round;
  const std::string deep = std::string(200, '[') + std::string(200, ']');
  CHECK(round.read(round.types.int_type, deep) ==
        "error: nested deeper than 128 levels at line 1, column 130");
  JsonLimits small;
  small.bytes = 3;
  CHECK(round.read(round.types.int_type, "12345", {}, small) ==
        "error: the JSON has 5 bytes, more than the limit of 3");
}

TEST_CASE("a `where` is asked for the complete value") {
  Round round;
  program::TypeTable& types = round.types;
  const TypeId record =
      test::make_record(types, "R", {{"a", types.int_type}, {"b", types.optional_of(types.int_type)}});
  types[record].fields[0].constraints = {{{}, "false"}};
  types[record].fields[1].constraints = {{{}, "false"}};
  Refuse refuse;
  const ReadResult result = from_json(types, record, R"({"a": 5})", round.arena, round.out.data(), &refuse);
  CHECK(result.sentence() == "`a`: 5 breaks `false`");
  types[record].fields[0].constraints.clear();
  CHECK(from_json(types, record, R"({"a": 5})", round.arena, round.out.data(), &refuse).ok());
  CHECK_FALSE(from_json(types, record, R"({"a": 5, "b": 1})", round.arena, round.out.data(), &refuse).ok());
}

TEST_CASE("a default that breaks its condition is called a default") {
  Round round;
  program::TypeTable& types = round.types;
  const TypeId record = test::make_record(types, "R", {{"a", types.list_of(types.int_type)}});
  types[record].fields[0].default_json = "[7]";
  types[record].fields[0].constraints = {{{}, "false"}};
  Refuse refuse;
  const auto read = [&](const char* json) {
    return from_json(types, record, json, round.arena, round.out.data(), &refuse).sentence();
  };
  CHECK(read("{}") == "`a`: its default [7] breaks `false`");
  CHECK(read(R"({"a": [7]})") == "`a`: [7] breaks `false`");
}

TEST_CASE("of a union the exact type is read, then what drops least") {
  Round round;
  program::TypeTable& types = round.types;
  const TypeId number = types.union_of({types.float_type, types.int_type});
  CHECK(round.read(number, "1") == "1");
  CHECK(round.read(number, "1.0") == "1.0");
  const TypeId a = test::make_record(types, "A", {{"x", types.int_type}});
  const TypeId b = test::make_record(types, "B", {{"x", types.int_type}, {"y", types.int_type}});
  CHECK(round.read(types.union_of({a, b}), R"({"x": 1, "y": 2})") == R"({"x": 1, "y": 2})");
  CHECK(round.read(types.union_of({a, b}), "[]") == "error: expected A | B, found an empty list");
}

TEST_CASE("JSON can be laid out over lines") {
  Round round;
  const TypeId type = round.types.map_of(round.types.list_of(round.types.int_type));
  CHECK(round.read(type, R"({"a": [1, 2], "b": []})", {.indent = 2}) ==
        "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": []\n}");
}

TEST_CASE("what is not finite is null") {
  program::TypeTable types;
  std::string text;
  const double infinite = std::numeric_limits<double>::infinity();
  write_json(types, types.float_type, &infinite, text);
  CHECK(text == "null");
}

TEST_CASE("equality goes all the way down") {
  Round round;
  program::TypeTable& types = round.types;
  const TypeId type = types.map_of(types.list_of(types.optional_of(types.string_type)));
  std::vector<std::byte> other(16);
  const auto same = [&](std::string_view a, std::string_view b) {
    REQUIRE(from_json(types, type, a, round.arena, round.out.data()).ok());
    REQUIRE(from_json(types, type, b, round.arena, other.data()).ok());
    return equal(types, type, round.out.data(), other.data());
  };
  CHECK(same(R"({"a": ["x", null], "b": []})", R"({"b": [], "a": ["x", null]})"));
  CHECK_FALSE(same(R"({"a": ["x", null]})", R"({"a": ["x", "y"]})"));
  CHECK_FALSE(same(R"({"a": ["x"]})", R"({"b": ["x"]})"));
  CHECK_FALSE(same(R"({"a": []})", R"({"a": [], "b": []})"));
}
