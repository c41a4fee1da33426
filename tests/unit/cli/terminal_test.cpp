// What reaches a terminal.
#include <catch2/catch.hpp>

#include "cli/terminal.h"

using namespace chain::cli;

TEST_CASE("ordinary text stays, in any script") {
  for (const char* text :
       {"plain", "한국어 텍스트", "tab\tand\nline", "👩‍👩‍👧 naïve Ελληνικά", ""}) {
    CHECK(printable(text) == text);
  }
}

TEST_CASE("what could steer a terminal is escaped") {
  CHECK(printable("\x1b[31mred\x07") == "\\x1b[31mred\\x07");
  CHECK(printable("over\rwrite\x08\x7f") == "over\\x0dwrite\\x08\\x7f");
  CHECK(printable("\xc2\x9b"
                  "2J") == "\\x9b2J");  // C1 CSI
  CHECK(printable("a\u202e"
                  "b\u2066c\u200f") == "a\\u{202e}b\\u{2066}c\\u{200f}");
  CHECK(printable("\U000E0041") == "\\u{e0041}");  // a tag character
  CHECK(printable("\u2028") == "\\u{2028}");
  CHECK(printable(std::string_view("\0", 1)) == "\\x00");
}

TEST_CASE("bytes that are not UTF-8 are shown as bytes") {
  CHECK(printable("\xff\xfe") == "\\xff\\xfe");
  CHECK(printable("\xe3\x81") == "\\xe3\\x81");           // cut short
  CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");           // overlong
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // a surrogate
  CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
}

TEST_CASE("in JSON the escapes are JSON's own") {
  CHECK(printable("\"\u202e\x1b\"", Escape::Json) == "\"\\u202e\\u001b\"");
  CHECK(printable("\U000E0041", Escape::Json) == "\\udb40\\udc41");
  CHECK(printable("\xff", Escape::Json) == "\\ufffd");
}

TEST_CASE("widths count wide characters twice") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("한국") == 4);
  CHECK(cut_to_width("한국어", 5) == "한국");
  CHECK(cut_to_width("abc", 9) == "abc");
  CHECK(cut_to_width("abc", 0) == "");
}
