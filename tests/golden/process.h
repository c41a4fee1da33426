// Running a program to its end, for tests of the command line.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chain::testing {

struct Command {
  std::vector<std::string> words;  // the program first
  std::string input;               // on its standard input
  std::string folder;              // where it starts; empty for here
  std::vector<std::pair<std::string, std::optional<std::string>>> environment;  // set, or unset, on top of ours
  std::chrono::seconds patience{60};  // after which it is killed
};

struct Ended {
  int code = -1;     // its exit code; 128 + the signal that ended it
  std::string out;   // standard output
  std::string err;   // standard error
  bool killed = false;  // patience ran out
};

/// Runs `command` to its end. Throws std::system_error if it cannot be started.
[[nodiscard]] Ended run(const Command& command);

/// Words of a command line: split at spaces, quotes as a shell has them, no other expansion.
[[nodiscard]] std::vector<std::string> split_words(std::string_view text);

/// A whole file. Throws std::runtime_error if it cannot be read.
[[nodiscard]] std::string read_file(const std::string& path);
void write_file(const std::string& path, std::string_view text);

}  // namespace chain::testing
