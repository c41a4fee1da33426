// Running a program to its end, for tests of the command line.
#pragma once

#include <sys/types.h>

#include <atomic>
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
  std::vector<std::pair<std::string, std::optional<std::string>>>
      environment;                    // set, or unset, on top of ours
  std::chrono::seconds patience{60};  // after which it is killed
  bool no_reader = false;             // nobody reads its standard output: writing to it fails with EPIPE
};

struct Ended {
  int code = -1;        // its exit code; 128 + the signal that ended it
  std::string out;      // standard output
  std::string err;      // standard error
  bool killed = false;  // patience ran out
};

/// A program that runs beside the test. It dies with the test.
class Child {
 public:
  /// Throws std::system_error if it cannot be started.
  explicit Child(Command command);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  void signal(int number) const;
  /// Feeds and reads it until it has ended.
  [[nodiscard]] Ended wait();

 private:
  Command command_;
  std::atomic<pid_t> pid_ = -1;  // a thread may signal while another waits
  int in_ = -1, out_ = -1, err_ = -1;
};

/// Runs `command` to its end.
[[nodiscard]] Ended run(Command command);

/// Words of a command line: split at spaces, quotes as a shell has them, no other expansion.
[[nodiscard]] std::vector<std::string> split_words(std::string_view text);

/// A whole file. Throws std::runtime_error if it cannot be read.
[[nodiscard]] std::string read_file(const std::string& path);
void write_file(const std::string& path, std::string_view text);

}  // namespace chain::testing
