// Whether a program may have what it needs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/program/capability.h"

namespace chain::access {

/// `host=*.example.com`, of `--allow` and `--deny`. `*` stands for any text, in paths for any but `/`, and
/// `**` for that as well. A host without a port is meant with every port, a folder with all that is under it,
/// and a command of one word with all its arguments.
struct Rule {
  program::CapabilityKind kind = program::CapabilityKind::Host;
  std::string pattern;
};

/// Reads `KIND=VALUE`; a relative path begins at `folder`. Nothing, and `error`, if it is none.
[[nodiscard]] std::optional<Rule> parse_rule(std::string_view text, const std::string& folder,
                                             std::string& error);

/// `host=api.example.com`, as it is stored and as `--allow` takes it.
[[nodiscard]] std::string to_string(const program::Capability& capability);

enum class Verdict : uint8_t {
  Usual,    // no program has to ask: what is under the project's folder, and models where they usually are
  Granted,  // `chain allow` said so before
  Allowed,  // `--allow` says so
  Missing,  // nobody has said so
  Denied,   // `--deny` says no, whatever else is said
};

struct Policy {
  std::string folder;  // of the project
  std::vector<Rule> allow;
  std::vector<Rule> deny;
  std::vector<std::string> granted;  // as `to_string` has them

  [[nodiscard]] Verdict judge(const program::Capability& capability) const;
  /// Whether a user has allowed this very host, so that it may be one of this machine or its network.
  [[nodiscard]] bool names_host(const std::string& host) const;
  /// The rule that denies it; null if there is none.
  [[nodiscard]] const Rule* denies(const program::Capability& capability) const;
};

}  // namespace chain::access
