// The real program at a terminal.
#pragma once

#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/unit/cli/place.h"

namespace chain::testing {

/// The program at a terminal of 80 columns.
class Terminal {
 public:
  Terminal(const Place& place, std::vector<const char*> words) {
    words.insert(words.begin(), CHAIN_PROGRAM);
    words.push_back(nullptr);
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
    execv(CHAIN_PROGRAM, const_cast<char* const*>(words.data()));
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
    type_ahead(keys);
  }

  /// Types at once: the terminal keeps it for whoever reads lines.
  void type_ahead(std::string_view keys) {
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

}  // namespace chain::testing
