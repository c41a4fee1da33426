// `chain repl` on a terminal: what is typed can be edited, completed and had again.
#include <sys/stat.h>

#include "cli/line_editor.h"
#include "tests/unit/cli/at_terminal.h"
#include "tests/unit/cli/place.h"

using chain::testing::Place;
using chain::testing::Terminal;

TEST_CASE("a line can be edited, had again, dropped and completed") {
  const Place place;
  Terminal terminal(place, {"repl"});
  REQUIRE(terminal.shows("> "));
  terminal.type("1 + 49\x7f\r");  // the 9 is taken back
  REQUIRE(terminal.shows("\r\n5"));
  REQUIRE(terminal.shows("> "));
  terminal.type(
      "\x1b[A\x7f"
      "2\r");  // the line before, its end changed
  REQUIRE(terminal.shows("\r\n3"));
  REQUIRE(terminal.shows("> "));
  terminal.type("\"한국\"\x7f\x7f어\"\r");  // one key takes back a whole character
  REQUIRE(terminal.shows("\r\n한어"));
  REQUIRE(terminal.shows("> "));
  terminal.type("1 + \x03");
  REQUIRE(terminal.shows("> "));
  terminal.type("let answer = 42\r");
  REQUIRE(terminal.shows("> "));
  terminal.type("answ\t+ 1\r");
  REQUIRE(terminal.shows("\r\n43"));
  REQUIRE(terminal.shows("> "));
  terminal.type("\x04");
  CHECK(terminal.ended() == 0);

  struct stat info{};
  REQUIRE(stat((place.path() / "state" / "repl_history").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
}

TEST_CASE("the history of one session is there in the next") {
  const Place place;
  {
    Terminal terminal(place, {"repl"});
    REQUIRE(terminal.shows("> "));
    terminal.type("20 + 3\r");
    REQUIRE(terminal.shows("\r\n23"));
    REQUIRE(terminal.shows("> "));
    terminal.type(":quit\r");
    CHECK(terminal.ended() == 0);
  }
  Terminal terminal(place, {"repl"});
  REQUIRE(terminal.shows("> "));
  terminal.type("\x1b[A\x1b[A\r");
  REQUIRE(terminal.shows("\r\n23"));
  REQUIRE(terminal.shows("> "));
  terminal.type("\x04");
  CHECK(terminal.ended() == 0);
}

TEST_CASE("a word becomes what all that begin with it have in common") {
  std::vector<std::string> choices;
  CHECK(chain::cli::completed("cl", {"classify", "clean", "other", "clean"}, choices) == "cl");
  CHECK(choices == std::vector<std::string>{"classify", "clean"});
  CHECK(chain::cli::completed("cla", {"classify", "clean"}, choices) == "classify");
  CHECK(chain::cli::completed("x", {"classify"}, choices) == "x");
  CHECK(choices.empty());
  CHECK(chain::cli::completed("", {"한국", "한글"}, choices) == "한");
  CHECK(chain::cli::completed("", {"가", "각"}, choices) == "");  // alike in their first bytes only
}
