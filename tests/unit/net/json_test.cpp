#include <catch2/catch.hpp>
#include <string>

#include "runtime/model/json_reader.h"
#include "runtime/model/json_writer.h"

using chain::model::append_json_string;
using chain::model::JsonReader;

namespace {

std::string written(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

bool accepted(std::string_view text) {
  JsonReader reader(text);
  return reader.skip() && reader.end();
}

std::string read_text(std::string_view json) {
  JsonReader reader(json);
  std::string text;
  return reader.string(text) && reader.end() ? text : "(failed)";
}

}  // namespace

TEST_CASE("strings are written as JSON") {
  CHECK(written("") == "\"\"");
  CHECK(written("plain") == "\"plain\"");
  CHECK(written("a\"b\\c\n\r\t") == R"("a\"b\\c\n\r\t")");
  CHECK(written(std::string_view("\0\x1b\x7f", 3)) == "\"\\u0000\\u001b\x7f\"");
  CHECK(written("안녕 🌍 é") == "\"안녕 🌍 é\"");
  CHECK(written("a\xff"
                "b\xc3") ==
        "\"a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD\"");
  CHECK(written("\xed\xa0\x80") == "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");  // a surrogate
}

TEST_CASE("what is written is read back") {
  std::string all;
  for (int i = 1; i < 0x80; ++i) all += static_cast<char>(i);
  all += "안녕 🌍";
  CHECK(read_text(written(all)) == all);
}

TEST_CASE("strings are read with their escapes") {
  CHECK(read_text(R"("\u0041\n\/\"\\")") == "A\n/\"\\");
  CHECK(read_text(R"("\ud83c\udf0d")") == "🌍");
  CHECK(read_text(R"("\ud83c")") == "\xEF\xBF\xBD");
  CHECK(read_text(R"("\udf0d\ud83cx")") == "\xEF\xBF\xBD\xEF\xBF\xBDx");
  CHECK(read_text("\"\xff\"") == "\xEF\xBF\xBD");
  CHECK(read_text(R"("\x")") == "(failed)");
  CHECK(read_text(R"("\u12g4")") == "(failed)");
  CHECK(read_text("\"\n\"") == "(failed)");
  CHECK(read_text("12") == "");
}

TEST_CASE("JSON is told from what is none") {
  for (const char* good :
       {"{}", "[]", " [1, -0.5e+3, true, null, \"\"] ", R"({"a":{"b":[{}]},"":0})", "0", "-0", "1E9"}) {
    CAPTURE(good);
    CHECK(accepted(good));
  }
  for (const char* bad : {"",      " ",    "{",    "[",       "{]",
                          "[}",    "[1,]", "{,}",  "{\"a\"}", "{\"a\":}",
                          "{a:1}", "01",   "1.",   ".5",      "+1",
                          "-",     "1e",   "tru",  "nul",     "'a'",
                          "\"",    "\"\\", "{}{}", "[1 2]",   "{\"a\":1 \"b\":2}",
                          "NaN"}) {
    CAPTURE(bad);
    CHECK_FALSE(accepted(bad));
  }
}

TEST_CASE("nesting is bounded") {
  CHECK(accepted(std::string(100, '[') + std::string(100, ']')));
  CHECK_FALSE(accepted(std::string(200, '[') + std::string(200, ']')));
  CHECK_FALSE(accepted(std::string(1'000'000, '[')));
}

TEST_CASE("members are picked out and the rest skipped") {
  JsonReader reader(R"({"x":[1,{"y":2}],"n":42.9,"\u0073":"v","big":1e300,"none":null,"s":"last"})");
  int64_t n = 0, big = 1, none = 1;
  std::string s;
  CHECK(reader.object([&](std::string_view key) {
    if (key == "n") return reader.integer(n);
    if (key == "big") return reader.integer(big);
    if (key == "none") return reader.integer(none);
    if (key == "s") return reader.string(s);
    return reader.skip();
  }));
  CHECK(reader.end());
  CHECK(n == 42);
  CHECK(big == 0);
  CHECK(none == 0);
  CHECK(s == "last");
}

TEST_CASE("a value of another kind is skipped whole") {
  JsonReader reader(R"([{"a":[1]},"t",7])");
  int elements = 0;
  std::string text;
  CHECK(reader.array([&] {
    ++elements;
    return elements == 2 ? reader.object([&](std::string_view) { return reader.skip(); })
                         : reader.string(text);
  }));
  CHECK(reader.end());
  CHECK(elements == 3);
}
