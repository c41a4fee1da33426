// Programs that this one starts: pipes on the event loop, a process group of their own, an end in any case.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace chain {
class EventLoop;
}

namespace chain::process {

struct Settings {
  std::vector<std::string> arguments;    // the program first: a path, or a name looked up in PATH
  std::vector<std::string> environment;  // "NAME=value", all of it: nothing is inherited
  std::string folder;                    // where it runs; empty for this process's own
  /// Bytes of standard error that are handed on; the rest is read and dropped.
  uint64_t most_errors = uint64_t{64} << 10;
};

/// How a program has ended.
struct Ended {
  int code = 0;        // its exit code; -1 if a signal ended it
  int signal = 0;      // that signal, or 0
  bool asked = false;  // by `end`
};

/// Told on the loop's thread, never from within a call of the process's.
class Listener {
 public:
  virtual ~Listener() = default;
  /// What it has written to its standard output. Nothing more is read until this returns, so that a program
  /// that writes faster than it is read has to wait.
  virtual void wrote(std::string_view bytes) = 0;
  virtual void wrote_error(std::string_view /*bytes*/) {}
  /// All that was given to `write` has been taken.
  virtual void drained() {}
  /// Its standard output is closed and it has ended. Last, once.
  virtual void ended(Ended how) = 0;
};

/// One program, from its start to its end. Its process group is killed when this is destroyed, or when this
/// process ends, however that comes about, so that nothing it started outlives it; then the listener hears
/// nothing more. What leaves the group on purpose (setsid) is let go.
class Process {
 public:
  virtual ~Process() = default;
  /// Bytes for its standard input, kept until it takes them. Nothing once the input was closed.
  virtual void write(std::string bytes) = 0;
  /// Bytes that were given to `write` and not yet taken.
  [[nodiscard]] virtual uint64_t pending() const = 0;
  /// Once all that was written is taken.
  virtual void close_input() = 0;
  /// Reads no output until `resume`.
  virtual void pause() = 0;
  virtual void resume() = 0;
  /// Closes the input; if it goes on for `grace` nanoseconds, SIGTERM to its group; after as long again,
  /// SIGKILL. `grace` of 0 kills at once.
  virtual void end(int64_t grace) = 0;
  [[nodiscard]] virtual int id() const = 0;  // of the process
};

/// Starts it. Null, and why as a clause in `error` that names the program, if it cannot be: there is none, it
/// may not be run, there are too many. Descriptors of this process are not handed on.
[[nodiscard]] std::unique_ptr<Process> start(EventLoop& loop, Settings settings, Listener& listener,
                                             std::string& error);

}  // namespace chain::process
