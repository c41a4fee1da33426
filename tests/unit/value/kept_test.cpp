// Times, days, bytes and JSON: how they are written, and what is read as one.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "runtime/program/schema.h"
#include "runtime/value/base64.h"
#include "runtime/value/calendar.h"
#include "runtime/value/json.h"
#include "runtime/value/json_text.h"
#include "runtime/value/reply_parser.h"

using namespace chain;
using namespace chain::value;
using program::TypeId;

namespace {

std::string time_of(std::string_view text) {
  const auto time = parse_time(text);
  if (!time) return "none";
  std::string shown;
  append_time(shown, *time);
  return shown;
}

std::string date_of(std::string_view text) {
  const auto days = parse_date(text);
  if (!days) return "none";
  std::string shown;
  append_date(shown, *days);
  return shown;
}

std::string shown(std::optional<int64_t> value, void (*append)(std::string&, int64_t)) {
  if (!value) return "none";
  std::string text;
  append(text, *value);
  return text;
}

struct Replies {
  program::TypeTable types;
  std::string read(TypeId type, std::string_view reply) {
    Arena arena;
    std::vector<std::byte> out(types[type].size + 8);
    const ReplyResult result = parse_reply(types, type, reply, arena, out.data());
    if (!result.ok) return "error: " + result.complaint;
    std::string json;
    write_json(types, type, out.data(), json);
    return json;
  }
};

}  // namespace

TEST_CASE("times are RFC 3339, kept in UTC") {
  CHECK(time_of("1970-01-01T00:00:00Z") == "1970-01-01T00:00:00Z");
  CHECK(time_of("2026-01-31T09:30:00.250+09:00") == "2026-01-31T00:30:00.25Z");
  CHECK(time_of("2026-01-31t00:10:00-05:30") == "2026-01-31T05:40:00Z");
  CHECK(time_of("1969-12-31 23:59:59.999999999z") == "1969-12-31T23:59:59.999999999Z");
  CHECK(time_of("2016-12-31T23:59:60Z") == "2017-01-01T00:00:00Z");
  CHECK(time_of("2262-04-11T23:47:16.854775807Z") == "2262-04-11T23:47:16.854775807Z");
  CHECK(time_of("1677-09-21T00:12:43.145224192Z") == "1677-09-21T00:12:43.145224192Z");
  for (const char* wrong :
       {"", "2026-01-31", "2026-01-31T09:30Z", "2026-01-31T09:30:00", "2026-01-31T24:00:00Z",
        "2026-01-31T09:60:00Z", "2026-02-29T00:00:00Z", "2026-01-31T09:30:00.Z", "2026-01-31T09:30:00+0900",
        "2300-01-01T00:00:00Z", "2026-01-31T09:30:00Z "}) {
    INFO(wrong);
    CHECK(time_of(wrong) == "none");
  }
}

TEST_CASE("dates are ISO 8601 days of four-digit years") {
  for (const char* day :
       {"0001-01-01", "1066-10-14", "1970-01-01", "2000-02-29", "2024-02-29", "9999-12-31"}) {
    CHECK(date_of(day) == day);
  }
  for (const char* wrong : {"2026-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-01-32",
                            "0000-01-01", "2026-1-31", "26-01-31", "2026-01-31x"}) {
    INFO(wrong);
    CHECK(date_of(wrong) == "none");
  }
  CHECK(*parse_date("0001-01-01") == kFirstDay);
  CHECK(*parse_date("9999-12-31") == kLastDay);
  CHECK(weekday_of(*parse_date("2026-01-31")) == 6);
  CHECK(weekday_of(*parse_date("1969-12-29")) == 1);
}

TEST_CASE("every day of four centuries comes back") {
  for (int64_t days = *parse_date("1899-12-31"); days < *parse_date("2300-01-02"); ++days) {
    REQUIRE(days_of(civil_day(days)) == days);
  }
}

TEST_CASE("what people write for a day or an instant") {
  const auto date = [](std::string_view text) { return shown(spelled_date(text), append_date); };
  CHECK(date("January 31, 2026") == "2026-01-31");
  CHECK(date("31st of Jan 2026") == "2026-01-31");
  CHECK(date("2026/1/31") == "2026-01-31");
  CHECK(date("01/02/2026") == "none");  // which is the month?
  CHECK(date("soon") == "none");
  const auto time = [](std::string_view text) { return shown(spelled_time(text), append_time); };
  CHECK(time("2026-01-31 09:30") == "2026-01-31T09:30:00Z");
  CHECK(time("2026-01-31T09:30:15") == "2026-01-31T09:30:15Z");
  CHECK(time("2026-01-31T09:30:15 UTC") == "2026-01-31T09:30:15Z");
  CHECK(time("2026-01-31") == "2026-01-31T00:00:00Z");
  CHECK(time("Jan 31, 2026 09:30") == "2026-01-31T09:30:00Z");
  CHECK(time("tomorrow at 09:30") == "none");
}

TEST_CASE("bytes are base64") {
  for (const char* text : {"", "a", "ab", "abc", "abcd", "\xff\x00\x7f"}) {
    std::string encoded;
    append_base64(encoded, text);
    CHECK(parse_base64(encoded) == text);
  }
  CHECK(parse_base64("aGVsbG8") == "hello");
  CHECK(parse_base64("aGVs\nbG8=") == "hello");
  CHECK(parse_base64("_-8") == parse_base64("/+8="));
  CHECK(!parse_base64("a"));
  CHECK(!parse_base64("ab?d"));
  CHECK(!parse_base64("aGVsbG9"));  // its last bits belong to no byte
  for (const char* text : {"aGk==", "=", "==", "aG k=", "aGVsbG8==", "aGVs="}) CHECK(!parse_base64(text));
}

TEST_CASE("JSON is kept on one line, and equal by what it says") {
  CHECK(kept_json("{\"a\":1, \"b\" : [ true,null ],\n\"a\": 2.50}") == "{\"b\": [true, null], \"a\": 2.50}");
  CHECK(!kept_json("{a: 1}"));
  CHECK(json_equal("{\"a\": 1, \"b\": 2}", "{\"b\": 2.0, \"a\": 1e0}"));
  CHECK(json_equal("9007199254740993", "9007199254740993.0"));
  CHECK(!json_equal("9007199254740993", "9007199254740992.0"));
  CHECK(json_equal("[0, -0.0, 1200, 1e400]", "[0e9, 0, 1.2E+3, 10e399]"));
  CHECK(!json_equal("1e400", "1e401"));
  CHECK(!json_equal("[1, 2]", "[2, 1]"));
  CHECK(!json_equal("\"1\"", "1"));
}

TEST_CASE("how deep JSON is nested") {
  CHECK(json_depth("1") == 0);
  CHECK(json_depth("[]") == 0);
  CHECK(json_depth("{\"a\": [\"[[[\\\"\"], \"b\": {}}") == 2);
}

TEST_CASE("null is a value of a JSON field, and none for other fields") {
  program::TypeTable types;
  program::Type record;
  record.kind = program::TypeKind::Record;
  record.name = "Hook";
  record.fields.push_back({"p", "", "", types.json_type});
  record.fields.push_back({"n", "", "", types.int_type});
  record.fields[0].default_json = "{\"a\": 1}";
  record.fields[1].default_json = "3";
  const TypeId hook = types.add(std::move(record));
  types.layout_record(hook);
  const auto read = [&](std::string_view json) {
    Arena arena;
    const void* place = nullptr;
    const ReadResult result = from_json(types, hook, json, arena, &place);
    if (!result) return result.sentence();
    std::string text;
    write_json(types, hook, &place, text);
    return text;
  };
  CHECK(read("{\"p\": null, \"n\": null}") == "{\"p\": null, \"n\": 3}");
  CHECK(read("{}") == "{\"p\": {\"a\": 1}, \"n\": 3}");
  Replies replies;
  replies.types = types;
  CHECK(replies.read(hook, "{\"p\": null, \"n\": null}") == "{\"p\": null, \"n\": 3}");
  CHECK(replies.read(hook, "{\"p\": True, \"n\": 1}") == "{\"p\": true, \"n\": 1}");
}

TEST_CASE("replies are read as times, days, bytes and JSON") {
  Replies replies;
  const program::TypeTable& types = replies.types;
  CHECK(replies.read(types.time_type, "2026-01-31T09:30:00Z") == "\"2026-01-31T09:30:00Z\"");
  CHECK(replies.read(types.time_type, "\"2026-01-31 09:30\"") == "\"2026-01-31T09:30:00Z\"");
  CHECK(replies.read(types.date_type, "January 31, 2026") == "\"2026-01-31\"");
  CHECK(replies.read(types.date_type, "\"2026-01-31T09:30:00Z\"") == "\"2026-01-31\"");
  CHECK(
      replies.read(types.date_type, "tomorrow").starts_with("error: expected a date such as \"2026-01-31\""));
  CHECK(replies.read(types.bytes_type, "aGk=") == "\"aGk=\"");
  CHECK(replies.read(types.json_type, "```json\n{a: 1, 'b': [x, 2.5, None, null,],}\n```") ==
        "{\"a\": 1, \"b\": [\"x\", 2.5, null, null]}");
  CHECK(replies.read(types.json_type, "Sure: [1, 2]") == "[1, 2]");
  CHECK(replies.read(types.json_type, "no JSON at all") == "\"no JSON at all\"");
}

TEST_CASE("what models are told of them") {
  program::TypeTable types;
  CHECK(program::json_schema(types, types.time_type).find("\"format\":\"date-time\"") != std::string::npos);
  CHECK(program::json_schema(types, types.date_type).find("\"format\":\"date\"") != std::string::npos);
  CHECK(program::json_schema(types, types.json_type) == "{}");
  CHECK(!program::schema_is_strict(types, types.json_type));
  CHECK(program::describe(types, types.date_type) == "Answer with a date only, such as 2026-01-31.");
}
