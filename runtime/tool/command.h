// The program that a call of a tool starts. Internal to runtime/tool.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runtime/program/errors.h"
#include "runtime/access/policy.h"
#include "runtime/process/process.h"
#include "runtime/tool/caller.h"

namespace chain::tool {

struct Command {
  process::Settings settings;
  std::string input;
  int64_t timeout = 0;  // nanoseconds
  std::string shown;    // its line, what is said of its environment, and its input; may hold secrets
};

/// Why a call starts nothing.
struct Refusal {
  program::ErrorKind kind = program::ErrorKind::InvalidValue;
  std::string why;  // a clause
};

/// Nothing, and `refusal`, if what the call gives makes no command, or one that `policy` forbids.
[[nodiscard]] std::optional<Command> make_command(const Request& call, const access::Policy& policy,
                                                  Refusal& refusal);

}  // namespace chain::tool
