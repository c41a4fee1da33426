// What a program needs of the world outside: hosts, files, commands, environment variables, searches. The
// compiler works it out; before a run it is held against what the user allows (runtime/access).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace chain::program {

enum class CapabilityKind : uint8_t { Host, Read, Write, Command, Env, Search };

inline constexpr std::array<std::string_view, 6> kCapabilityWords = {"host",    "read", "write",
                                                                     "command", "env",  "search"};

[[nodiscard]] constexpr std::string_view to_string(CapabilityKind kind) {
  return kCapabilityWords[static_cast<size_t>(kind)];
}

/// One thing that one declaration needs. In `value` a `*` stands for what is only known when it is used.
///   host     "api.example.com", "localhost:8080"; without a port it is that of https
///   read     a file or pattern: relative to the project's folder if it is under it, else absolute
///   write    likewise
///   command  the program and its arguments, quoted as a shell would want them
///   env      the name of the variable
///   search   a domain that a model's provider searches for it, `*` for the whole web
struct Capability {
  CapabilityKind kind = CapabilityKind::Host;
  std::string value;
  std::string user;    // "tool `weather`"
  std::string model;   // the name of the model that needs it; empty if it is none
  bool usual = false;  // of a model: where its provider is unless the file says otherwise, or on this machine
  uint32_t file = 0, begin = 0, end = 0;  // where the source says so, in bytes
};

}  // namespace chain::program
