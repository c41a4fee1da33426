#include "runtime/http/printable.h"

#include <catch2/catch.hpp>

using chain::http::printable;

TEST_CASE("text from outside becomes one printable line") {
  CHECK(printable("plain") == "plain");
  CHECK(printable("  a \r\n\t b  ") == "a b");
  CHECK(printable("\x1b[31mred\x07") == "\xEF\xBF\xBD[31mred\xEF\xBF\xBD");
  CHECK(printable("a\xc2\x9b"
                  "b") ==
        "a\xEF\xBF\xBD"
        "b");  // C1
  CHECK(printable("a\xe2\x80\xae"
                  "b") ==
        "a\xEF\xBF\xBD"
        "b");  // right-to-left override
  CHECK(printable("\xff\xc3") == "\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(printable("안녕") == "안녕");
}

TEST_CASE("long text is cut between characters") {
  CHECK(printable("abcdef", 3) == "abc...");
  CHECK(printable("abc", 3) == "abc");
  CHECK(printable("안녕하", 7) == "안녕...");
}
