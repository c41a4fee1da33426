// Starting a program with three pipes. Internal to runtime/process.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <utility>

#include "runtime/process/process.h"

namespace chain::process {

/// A descriptor, closed with it.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    reset();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
  }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }
  void reset() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

/// A program that runs, in a process group of its own, and this side's ends of its pipes: close-on-exec, none
/// of them blocks.
struct Spawned {
  pid_t id = -1;
  Descriptor end;  // a pidfd: can be read once it has ended
  Descriptor input, output, errors;
};

/// Nothing, and a clause in `error`, if it cannot be started.
[[nodiscard]] std::optional<Spawned> spawn(const Settings& settings, std::string& error);

}  // namespace chain::process
