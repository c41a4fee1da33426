// `chain repl` on a terminal: what is typed can be edited, completed and had again.
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>

#include "cli/line_editor.h"
#include "tests/unit/cli/place.h"

namespace {

using chain::testing::Place;

/// The program at a terminal of 80 columns.
class Terminal {
 public:
  explicit Terminal(const Place& place) {
    winsize size{.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
    pid_ = forkpty(&terminal_, nullptr, nullptr, &size);
    REQUIRE(pid_ >= 0);
    if (pid_ != 0) return;
    if (chdir(place.path().c_str()) != 0) _exit(126);
    setenv("TERM", "xterm", 1);
    setenv("NO_COLOR", "1", 1);
    setenv("LC_ALL", "C", 1);
    setenv("HOME", place.path().c_str(), 1);
    setenv("CHAIN_STATE_DIR", (place.path() / "state").c_str(), 1);
    setenv("CHAIN_CACHE_DIR", (place.path() / "cache").c_str(), 1);
    execl(CHAIN_PROGRAM, CHAIN_PROGRAM, "repl", nullptr);
    _exit(127);
  }
  ~Terminal() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(terminal_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// Types when the program reads keys one by one: it shows its prompt a moment before it does.
  void type(std::string_view keys) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    termios mode{};
    while (tcgetattr(terminal_, &mode) == 0 && (mode.c_lflag & ICANON) != 0 &&
           std::chrono::steady_clock::now() < give_up) {
      poll(nullptr, 0, 1);
    }
    REQUIRE(write(terminal_, keys.data(), keys.size()) == ssize_t(keys.size()));
  }

  /// Whether `text` is shown, behind all that was waited for before.
  bool shows(std::string_view text) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    for (;;) {
      if (const size_t found = shown_.find(text, looked_); found != std::string::npos) {
        looked_ = found + text.size();
        return true;
      }
      pollfd ready{.fd = terminal_, .events = POLLIN, .revents = 0};
      char bytes[4096];
      if (std::chrono::steady_clock::now() > give_up || poll(&ready, 1, 1000) < 0) break;
      if (ready.revents == 0) continue;
      const ssize_t count = read(terminal_, bytes, sizeof bytes);
      if (count <= 0) break;  // EIO: the program has ended
      shown_.append(bytes, static_cast<size_t>(count));
    }
    UNSCOPED_INFO("shown: " << shown_.substr(looked_));
    return false;
  }

  int ended() {
    char bytes[4096];
    while (read(terminal_, bytes, sizeof bytes) > 0) {  // it waits until what it wrote is read
    }
    int status = 0;
    waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  int terminal_ = -1;
  pid_t pid_ = -1;
  std::string shown_;
  size_t looked_ = 0;
};

}  // namespace

TEST_CASE("a line can be edited, had again, dropped and completed") {
  const Place place;
  Terminal terminal(place);
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
    Terminal terminal(place);
    REQUIRE(terminal.shows("> "));
    terminal.type("20 + 3\r");
    REQUIRE(terminal.shows("\r\n23"));
    REQUIRE(terminal.shows("> "));
    terminal.type(":quit\r");
    CHECK(terminal.ended() == 0);
  }
  Terminal terminal(place);
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
