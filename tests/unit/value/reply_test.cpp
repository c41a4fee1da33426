// What models write, and what is read from it. The large collection of cases is in
// tests/fixtures/typed_parse.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "runtime/value/json.h"
#include "runtime/value/reply_parser.h"
#include "tests/unit/value/type_maker.h"

using namespace chain;
using namespace chain::value;
using program::TypeId;

namespace {

/// Types of the tests, and how a reply reads as one of them.
struct Replies {
  program::TypeTable types;
  TypeId foo = test::make_record(types, "Foo", {{"a", types.string_type}, {"b", types.int_type}});
  TypeId numbers = types.list_of(types.float_type);
  TypeId colour = test::make_enum(types, "Colour", {"RED", "LIGHT_BLUE"});
  std::vector<std::string> repairs;

  std::string read(TypeId type, std::string_view reply, ConstraintCheck* check = nullptr) {
    Arena arena;
    std::vector<std::byte> out(types[type].size + 8);
    const ReplyResult result = parse_reply(types, type, reply, arena, out.data(), check);
    repairs = result.repairs;
    if (!result.ok) return "error: " + result.complaint;
    std::string json;
    write_json(types, type, out.data(), json);
    return json;
  }

  bool repaired(std::string_view what) const {
    return std::any_of(repairs.begin(), repairs.end(),
                       [&](const std::string& one) { return one.find(what) != std::string::npos; });
  }
};

constexpr const char* kFoo = R"({"a": "x", "b": 1})";

/// `it >= 0 and it <= 1`, the only condition here.
class Bounds : public ConstraintCheck {
 public:
  bool holds(const program::Constraint&, TypeId, const void* value) override {
    double number = 0;
    std::memcpy(&number, value, sizeof number);
    return number >= 0 && number <= 1;
  }
};

}  // namespace

TEST_CASE("JSON is found wherever it stands") {
  Replies replies;
  for (const char* reply : {
           R"({"a": "x", "b": 1})",
           "Sure!\n```json\n{\"a\": \"x\", \"b\": 1}\n```\nAnything else?",
           "```\n{\"a\": \"x\", \"b\": 1",
           "<think>maybe {a, b} or [1]</think> {\"a\": \"x\", \"b\": 1}",
           "The set is [a, b and {\"c\": 1}.\n\nAnswer: {\"a\":\"x\",\"b\":1}",
           "{{\"a\": \"x\", \"b\": 1}}",
           "[{\"a\": \"x\", \"b\": 1}]",
           "{\"answer\": {\"a\": \"x\", \"b\": 1}}",
           "\"{\\\"a\\\": \\\"x\\\", \\\"b\\\": 1}\"",
           "{\"y\": 1} and then {\"a\": \"x\", \"b\": 1}",
       }) {
    INFO(reply);
    CHECK(replies.read(replies.foo, reply) == kFoo);
  }
}

TEST_CASE("broken JSON is mended") {
  Replies replies;
  for (const char* reply : {
           "{a: x, b: 1}",
           "{'a': 'x', 'b': 1,}",
           "{\"A\": \"x\", \"B\": \"1\"}",
           "{\"a\": \"x\" \"b\": 1}",
           "{a: x\n b: 1}",
           "{ // first\n \"a\": \"x\", /* second */ # third\n \"b\": 1 }",
           "{\"a\": `x`, \"b\": 1]}",
           "{\"a\": \"\"\"x\"\"\", \"b\": 1",
           "{\"b\": 1, \"a\": ```python\nx\n```}",
       }) {
    INFO(reply);
    CHECK(replies.read(replies.foo, reply) == kFoo);
  }
}

TEST_CASE("text keeps the quotes, commas, braces and line breaks that belong to it") {
  Replies replies;
  const auto text_of = [&](std::string_view value) {
    const std::string json = replies.read(replies.foo, "{\"a\": " + std::string(value) + ", \"b\": 1}");
    REQUIRE(json.starts_with("{\"a\": "));
    return json.substr(6, json.size() - 6 - std::string(", \"b\": 1}").size());
  };
  CHECK(text_of(R"("say "hi", "bye" and go")") == R"("say \"hi\", \"bye\" and go")");
  CHECK(text_of(R"("if (x) { print("hi") }")") == R"("if (x) { print(\"hi\") }")");
  CHECK(text_of(R"("use {"x": 1} here")") == R"("use {\"x\": 1} here")");
  CHECK(text_of("'it's here, isn't it'") == R"("it's here, isn't it")");
  CHECK(text_of("\"two\nlines\"") == R"("two\nlines")");
  CHECK(text_of("at 10:30, maybe later") == R"("at 10:30, maybe later")");
  CHECK(text_of("https://x.y/z") == R"("https://x.y/z")");
  CHECK(text_of(R"("\ud83d\ude00 \u00e9 C:\dir")") == R"("😀 é C:\\dir")");
  CHECK(text_of("f(a: int, b: int)") == "\"f(a: int, b: int)\"");
}

TEST_CASE("what was cut off is read as far as it goes") {
  Replies replies;
  CHECK(replies.read(replies.types.list_of(replies.foo), R"([{"a": "x", "b": 1}, {"a": "y")") ==
        "[" + std::string(kFoo) + "]");
  CHECK(replies.read(replies.numbers, "[1, 2") == "[1.0, 2.0]");
  CHECK(replies.read(replies.foo, R"({"a": "x)") == "error: field `b`: is missing");
  CHECK(replies.repaired("cut off") == false);
  CHECK(replies.read(replies.numbers, "[1, 2") == "[1.0, 2.0]");
  CHECK(replies.repaired("closed what was cut off"));
}

TEST_CASE("values are read as what is wanted") {
  Replies replies;
  program::TypeTable& types = replies.types;
  CHECK(replies.read(replies.numbers, R"(["1,234.5", "$3", "90%", 1/2])") == "[1234.5, 3.0, 0.9, 0.5]");
  CHECK(replies.read(types.int_type, "The answer is 42.") == "42");
  CHECK(replies.read(types.bool_type, "**True**") == "true");
  CHECK(replies.read(types.optional_of(types.int_type), "null") == "null");
  CHECK(replies.read(types.duration_type, "2h30m") == R"("2h30m")");
  CHECK(replies.read(types.duration_type, "90 seconds") == R"("1m30s")");
  CHECK(replies.read(types.duration_type, "20 minutes") == R"("20m")");
  CHECK(replies.read(types.duration_type, "1 hour and 30 minutes") == R"("1h30m")");
  CHECK(replies.read(types.duration_type, "20 sheep").starts_with("error: "));
  CHECK(replies.read(types.money_type, "5 cents") == R"("$0.05")");
  CHECK(replies.read(types.money_type, "4.50 EUR").starts_with("error: "));
  CHECK(replies.read(types.int_type, "\u2212\u0033 degrees") == "-3");
  CHECK(replies.read(types.int_type, "about 4k").starts_with("error: "));
  CHECK(replies.read(types.money_type, "$1,200.50") == R"("$1200.50")");
  CHECK(replies.read(replies.colour, "light blue") == R"("LIGHT_BLUE")");
  CHECK(replies.read(replies.colour, R"({"colour": "Red"})") == R"("RED")");
  CHECK(replies.read(types.list_of(replies.colour), "red") == R"(["RED"])");
  CHECK(replies.read(types.map_of(types.int_type), "{a: '1', b: 2,}") == R"({"a": 1, "b": 2})");
  CHECK(replies.read(types.list_of(replies.foo), std::string(kFoo) + "\n" + kFoo) ==
        "[" + std::string(kFoo) + ", " + kFoo + "]");
}

TEST_CASE("what a sentence denies is not its answer") {
  Replies replies;
  const TypeId level = test::make_enum(replies.types, "Level", {"high", "low"});
  for (const char* reply :
       {"not high", "It is not high.", "NOT HIGH", "not a high one", "This isn't very high",
        "it isn\u2019t **high**", "not \"high\"", "non-high", "It is no longer high.", "never high",
        "neither high", "nor the high", "{\"level\": \"not high\"}", "high\uac00 \uc544\ub2d9\ub2c8\ub2e4",
        "`high`는 아님", "high하지 않음", "high 아닌 것"}) {
    INFO(reply);
    CHECK(replies.read(level, reply).starts_with("error: "));
  }
  for (const char* reply :
       {"high, not medium", "Why not? high", "I do not know. high", "not high... no: high!", "not only high",
        "knot high", "high 아니면 보통", "high입니다. 아니, 확실합니다"}) {
    INFO(reply);
    CHECK(replies.read(level, reply) == "\"high\"");
  }
  const TypeId truth = replies.types.bool_type;
  CHECK(replies.read(truth, "not true").starts_with("error: "));
  CHECK(replies.read(truth, "It isn't true").starts_with("error: "));
  CHECK(replies.read(truth, "That is true, is it not?") == "true");
  const TypeId korean = test::make_enum(replies.types, "Urgency", {"긴급", "보통"});
  for (const char* reply :
       {"긴급이 아닙니다", "긴급하지 않음", "'긴급'은 아니다", "긴급 아님", "긴급이 아닌 문의"}) {
    INFO(reply);
    CHECK(replies.read(korean, reply).starts_with("error: "));
  }
  CHECK(replies.read(korean, "긴급입니다") == "\"긴급\"");
  // A case whose own name denies is that case.
  const TypeId spam = test::make_enum(replies.types, "Spam", {"spam", "not spam"});
  CHECK(replies.read(spam, "This is not spam.") == "\"not spam\"");
  // Both are spoken of: which of them is meant is not guessed.
  CHECK(replies.read(level, "high, not low").find("more than one") != std::string::npos);
}

TEST_CASE("text is taken as it is") {
  Replies replies;
  CHECK(replies.read(replies.types.string_type, " \"hi\"\n{} ") == R"(" \"hi\"\n{} ")");
  CHECK(replies.read(replies.types.optional_of(replies.types.string_type), "null") == "null");
  CHECK(replies.read(replies.types.optional_of(replies.types.string_type), "None") == R"("None")");
}

TEST_CASE("a complaint names the place and what was found") {
  Replies replies;
  CHECK(replies.read(replies.foo, R"({"a": "x", "b": "three"})") ==
        "error: field `b`: expected a whole number, found \"three\"");
  CHECK(replies.read(replies.foo, R"({"a": null, "b": 1})") ==
        "error: field `a`: is null, but must have a value");
  CHECK(replies.read(replies.foo, "I cannot do that.") ==
        "error: expected an object with the fields of Foo, found \"I cannot do that.\"");
  CHECK(replies.read(replies.foo, "") ==
        "error: expected an object with the fields of Foo, found an empty reply");
  CHECK(replies.read(replies.colour, "RED or LIGHT_BLUE").starts_with("error: expected one of"));
  CHECK(replies.read(replies.numbers, "[1, \"x\"]") == "error: field `[1]`: expected a number, found \"x\"");
  CHECK(replies.read(replies.foo, "{\"a\": \"\xff\"}") == "error: byte 7 of the reply is not UTF-8");
}

TEST_CASE("a `where` that breaks is told with the value") {
  Replies replies;
  program::TypeTable& types = replies.types;
  const TypeId reply = test::make_record(types, "Reply", {{"confidence", types.float_type}});
  types[reply].fields[0].constraints = {{{}, "it >= 0 and it <= 1"}};
  Bounds bounds;
  CHECK(replies.read(reply, R"({"confidence": 1.7})", &bounds) ==
        "error: field `confidence`: 1.7 breaks `it >= 0 and it <= 1`");
  CHECK(replies.read(reply, R"({"confidence": "70%"})", &bounds) == R"({"confidence": 0.7})");
  types[reply].fields[0].default_json = "7.5";
  CHECK(replies.read(reply, "{}", &bounds) ==
        "error: field `confidence`: is missing, and its default 7.5 breaks `it >= 0 and it <= 1`");
}

TEST_CASE("repairs are listed") {
  Replies replies;
  CHECK(replies.read(replies.foo, kFoo) == kFoo);
  CHECK(replies.repairs.empty());
  replies.read(replies.foo, "Here: {a: x, 'B': \"1\", c: 2,}");
  CHECK(replies.repaired("trailing comma"));
  CHECK(replies.repaired("text around the answer"));
  CHECK(replies.repaired("took the key \"B\" for \"b\""));
  CHECK(replies.repaired("field `b`: took \"1\" for 1"));
  CHECK(replies.repaired("dropped the key \"c\""));
}

TEST_CASE("a literal field says which member of a union was meant") {
  Replies replies;
  auto& types = replies.types;
  const auto kind = [&](const char* name) { return types.literal_of({std::string(name)}); };
  const TypeId a = test::make_record(types, "A", {{"kind", kind("a")}, {"x", types.int_type}});
  const TypeId b =
      test::make_record(types, "B", {{"kind", kind("b")}, {"x", types.int_type}, {"y", types.string_type}});
  const TypeId either = types.union_of({a, b});
  const std::string of_b = " (its `kind` makes it B)";
  CHECK(replies.read(either, R"({"kind": "b", "x": 5})") == "error: field `y`: is missing" + of_b);
  CHECK(replies.read(either, R"({"kind": "b", "x": "many", "y": "z"})") ==
        "error: field `x`: expected a whole number, found \"many\"" + of_b);
  CHECK(replies.read(types.list_of(either), R"([{"kind": "a", "x": 1}, {"kind": "b", "x": 5}])") ==
        "error: field `[1].y`: is missing" + of_b);
  CHECK(replies.read(either, R"({"kind": "c", "x": 5})") == "error: expected A | B, found an object");
  CHECK(replies.read(either, R"({"y": "z"})") == "error: expected A | B, found an object");
  CHECK(replies.read(either, R"({"kind": "b", "x": 5, "y": "z"})") == R"({"kind": "b", "x": 5, "y": "z"})");
}

TEST_CASE("of a union the fewest repairs win, then the first written") {
  Replies replies;
  program::TypeTable& types = replies.types;
  const TypeId a =
      test::make_record(types, "A", {{"type", types.literal_of({std::string("a")})}, {"v", types.int_type}});
  const TypeId b =
      test::make_record(types, "B", {{"type", types.literal_of({std::string("b")})}, {"v", types.int_type}});
  CHECK(replies.read(types.union_of({a, b}), R"({"type": "b", "v": "2"})") == R"({"type": "b", "v": 2})");
  CHECK(replies.read(types.union_of({types.int_type, types.string_type}), "5") == "5");
  CHECK(replies.read(types.union_of({types.int_type, types.string_type}), "\"5\"") == "\"5\"");
  CHECK(replies.read(types.union_of({types.float_type, types.string_type}), "1 cup") == "\"1 cup\"");
}

TEST_CASE("limits hold") {
  Replies replies;
  const ReplyPlan plan(replies.types, replies.foo);
  Arena arena;
  std::byte out[64];
  ReplyParser small(plan, {.depth = 128, .bytes = 10});
  small.feed(kFoo);
  CHECK(small.finish(arena, out).complaint == "the reply has more than 10 bytes");
  const std::string deep = std::string(100'000, '[') + kFoo;
  CHECK(replies.read(replies.foo, deep).starts_with("error: "));
}
