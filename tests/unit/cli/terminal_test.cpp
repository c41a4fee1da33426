// What reaches a terminal.
#include <catch2/catch.hpp>

#include "cli/middle_cut.h"
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

TEST_CASE("what cannot be seen is escaped, but where a script or an emoji has it") {
  CHECK(printable("pay\u200b Ada\u2060\ufeff") == "pay\\u{200b} Ada\\u{2060}\\u{feff}");
  CHECK(printable("a\u00adb\u034fc\u3164d\uffa0e\u115f") == "a\\xadb\\u{34f}c\\u{3164}d\\u{ffa0}e\\u{115f}");
  CHECK(printable("x\U000E0101y") == "x\\u{e0101}y");  // a selector of variants, in which bytes are hidden
  CHECK(printable("a\u200db\u200cc\ufe0f") == "a\\u{200d}b\\u{200c}c\\u{fe0f}");
  CHECK(printable("\u2764\ufe0f\ufe0f") == "\u2764\ufe0f\\u{fe0f}");
  for (const char* text : {"می\u200cخواهم", "क्\u200dष", "\u2764\ufe0f",
                           "\U0001F441\ufe0f\u200d\U0001F5E8\ufe0f", "\U0001F44D\U0001F3FD"})
    CHECK(printable(text) == text);
}

TEST_CASE("a long text is shown with its beginning and its end, and who has the rest is named") {
  CHECK(with_middle_cut("short", 100, "chain show 7f") == "short");
  std::string text = "BEGIN";
  for (int i = 0; i < 1000; ++i) text += "é";
  text += "END";
  const std::string cut = with_middle_cut(text, 301, "chain show 7f");
  CHECK(cut.size() < 400);
  CHECK(cut.starts_with("BEGIN"));
  CHECK(cut.ends_with("éEND"));
  CHECK(cut.find("é\n[1710 bytes are not shown; `chain show 7f` has them]\né") != std::string::npos);
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
