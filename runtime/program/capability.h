// What a program needs of the world outside: hosts, files, commands, environment variables. The compiler
// works it out; before a run it is held against what the user allows (runtime/access).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace chain::program {

enum class CapabilityKind : uint8_t { Host, Read, Write, Command, Env };

inline constexpr std::array<std::string_view, 5> kCapabilityWords = {"host", "read", "write", "command",
                                                                     "env"};

[[nodiscard]] constexpr std::string_view to_string(CapabilityKind kind) {
  return kCapabilityWords[static_cast<size_t>(kind)];
}

/// One thing that one declaration needs. In `value` a `*` stands for what is only known when it is used.
///   host     "api.example.com", "localhost:8080"; without a port it is that of https
///   read     a file or pattern: relative to the project's folder if it is under it, else absolute
///   write    likewise
///   command  the program and its arguments, quoted as a shell would want them
///   env      the name of the variable
struct Capability {
  CapabilityKind kind = CapabilityKind::Host;
  std::string value;
  std::string user;    // "tool `weather`"
  std::string model;   // the name of the model that needs it; empty if it is none
  bool usual = false;  // of a model: where its provider is unless the file says otherwise, or on this machine
  uint32_t file = 0, begin = 0, end = 0;  // where the source says so, in bytes
};

}  // namespace chain::program
