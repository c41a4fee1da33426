// What models, tools and servers write: it names no file, and leads nowhere but down.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "runtime/value/json_of_others.h"
#include "runtime/value/media_source.h"
#include "runtime/value/reply_parser.h"
#include "runtime/value/url_path.h"
#include "tests/unit/value/type_maker.h"

using namespace chain;
using namespace chain::value;
using program::TypeId;

namespace {

struct Reading {
  program::TypeTable types;
  Arena arena;
  std::vector<std::byte> out = std::vector<std::byte>(128);

  std::string shown(const ReadResult& result, TypeId type) {
    if (!result) return "error: " + result.sentence();
    std::string text;
    REQUIRE(write_json(types, type, out.data(), text));
    return text;
  }
  std::string own(TypeId type, std::string_view json) {
    return shown(from_json(types, type, json, arena, out.data()), type);
  }
  std::string of_others(TypeId type, std::string_view json) {
    return shown(from_json_of_others(types, type, json, arena, out.data()), type);
  }
};

constexpr const char* kNo =
    "as a data URI or an https URL, for what others write opens no file, found \".env\"";

bool refused(const std::string& outcome) {
  return outcome.starts_with("error: ") && outcome.find(kNo) != std::string::npos;
}

}  // namespace

TEST_CASE("JSON of others names no file, wherever a medium lies in it; one's own may") {
  Reading reading;
  program::TypeTable& types = reading.types;
  for (const TypeId medium : {types.image_type, types.audio_type, types.video_type, types.file_type}) {
    const std::string kind = types[medium].name;
    const TypeId record = test::make_record(types, "Holder_" + kind, {{"it", medium}});
    const std::vector<std::pair<TypeId, std::string>> ways = {{medium, R"(".env")"},
                                                              {medium, "{\"" + kind + R"(": ".env"})"},
                                                              {record, R"({"it": ".env"})"},
                                                              {types.list_of(record), R"([{"it": ".env"}])"},
                                                              {types.map_of(medium), R"({"a": ".env"})"},
                                                              {types.optional_of(medium), R"(".env")"}};
    for (const auto& [type, json] : ways) {
      CAPTURE(kind, json);
      CHECK(refused(reading.of_others(type, json)));
      CHECK_FALSE(reading.own(type, json).starts_with("error"));
    }
    for (const char* path : {"/etc/passwd", "a.png", "file:///etc/passwd", "http://10.0.0.1/x", "HTTPS:/x",
                             " data:image/png;base64,AA==", "~/.ssh/id_rsa", "ftp://h/x"}) {
      CAPTURE(path);
      CHECK(reading.of_others(medium, '"' + std::string(path) + '"').starts_with("error"));
    }
    for (const char* good : {"data:image/png;base64,AA==", "DATA:text/plain;base64,AA==",
                             "https://example.com/a.png", "HTTPS://example.com/a.png"})
      CHECK_FALSE(reading.of_others(medium, '"' + std::string(good) + '"').starts_with("error"));
  }
}

TEST_CASE("where text does as well, a path of others is text") {
  Reading reading;
  program::TypeTable& types = reading.types;
  const TypeId part = types.union_of({types.image_type, types.file_type, types.string_type});
  CHECK(reading.of_others(part, R"(".env")") == "\".env\"");
  CHECK(reading.of_others(part, R"({"file": ".env"})").starts_with("error"));
  CHECK(reading.of_others(part, R"({"image": "data:image/png;base64,AA=="})") ==
        R"({"image": "data:image/png;base64,AA=="})");
  CHECK(reading.own(part, R"({"file": ".env"})") == R"({"file": ".env"})");
  const TypeId media = types.union_of({types.image_type, types.file_type});
  CHECK(reading.of_others(media, R"(".env")").starts_with("error"));
}

TEST_CASE("a default is the program's own, also in what others wrote") {
  Reading reading;
  program::TypeTable& types = reading.types;
  const TypeId record =
      test::make_record(types, "Post", {{"logo", types.image_type}, {"id", types.int_type}});
  types[record].fields[0].default_json = R"("logo.png")";
  CHECK(reading.of_others(record, R"({"id": 1})").find("logo.png") != std::string::npos);
  CHECK(reading.of_others(record, R"({"id": 1, "logo": "other.png"})").starts_with("error: `logo`"));
}

TEST_CASE("a model's reply names no file") {
  Reading reading;
  program::TypeTable& types = reading.types;
  const TypeId record = test::make_record(
      types, "Look", {{"photo", types.image_type}, {"more", types.list_of(types.file_type)}});
  const auto reply = [&](const char* text) {
    return parse_reply(types, record, text, reading.arena, reading.out.data()).ok;
  };
  CHECK(reply(R"({"photo": "https://example.com/a.png", "more": ["data:text/plain;base64,AA=="]})"));
  CHECK(reply(R"(Here: {photo: {"image": "https://example.com/a.png"}, more: []})"));
  CHECK_FALSE(reply(R"({"photo": ".env", "more": []})"));
  CHECK_FALSE(reply(R"({"photo": {"image": "secrets/key.png"}, "more": []})"));
  CHECK_FALSE(reply(R"({"photo": "https://example.com/a.png", "more": ["/etc/passwd"]})"));
}

TEST_CASE("a part of a path climbs however it is written") {
  for (const char* path : {"..", ".", "/a/../b", "a/./b", "%2e%2e", "%2E%2e/x", ".%2e", "..%2f", "..%2Fadmin",
                           "a%2f..%2fb", "%252e%252e", "%25252e%25252e", "..%5cx", "a\\b", "..;x=1/admin",
                           "%2e%2e%3Bx", "/v1/%00", "%2525252e.", "x/.."}) {
    CAPTURE(path);
    CHECK(climbs(path));
  }
  for (const char* path : {"", "/", "a", "/a/b", "...", "..a", "a..", ".env", "a.b", "%2e%2e%2e", "a%2Fb",
                           "100%25", "%", "%2", "%zz", "@acme%2Fpkg", "a;b", "//", "%EA%B0%80"}) {
    CAPTURE(path);
    CHECK_FALSE(climbs(path));
  }
  // Work is linear: this would be endless otherwise.
  std::string deep;
  for (int i = 0; i < 300'000; ++i) deep += "%25";
  CHECK_FALSE(climbs(deep));
}
