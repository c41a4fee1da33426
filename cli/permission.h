// Whether a run may have what it needs: the grants of `chain allow`, `--allow` and `--deny`.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/source/source.h"
#include "runtime/access/policy.h"
#include "runtime/program/program.h"

namespace CLI {
class App;
}

namespace chain::cli {

struct PermissionSettings {
  std::vector<std::string> allow;  // "host=api.example.com"
  std::vector<std::string> deny;
};

void declare_permissions(CLI::App& app, PermissionSettings& settings);

/// What a file may have: what was allowed before, and what the command line says. Nothing, with `error` set,
/// if a rule is malformed.
[[nodiscard]] std::optional<access::Policy> policy_for(const std::string& file, const std::string& profile,
                                                       const PermissionSettings& settings,
                                                       std::string& error);

/// Whether the policy allows all that `chain` needs. Says on standard error what is missing, at the lines
/// that need it. What a model needs does not count if it is one of `replaced`: the user has named another.
[[nodiscard]] bool permitted(const program::Program& program, uint32_t chain, const std::string& file,
                             const access::Policy& policy, const std::vector<std::string>& replaced,
                             const SourceMap& sources);
/// The same of some of the program's capabilities.
[[nodiscard]] bool permitted(const program::Program& program, std::span<const uint32_t> needs,
                             const std::string& file, const access::Policy& policy,
                             const std::vector<std::string>& replaced, const SourceMap& sources);

/// The absolute path under which grants are kept.
[[nodiscard]] std::string granted_path(const std::string& file);

/// "calls", "reads", "runs", as of "tool `x` calls `host`".
[[nodiscard]] std::string_view verb_of(program::CapabilityKind kind);

/// `text` as a word for a shell.
[[nodiscard]] std::string shell_word(const std::string& text);

/// What a resource of the kind ("index", "dataset") reads and calls, as a run that uses it would: places
/// among the program's capabilities.
[[nodiscard]] std::vector<uint32_t> needs_of(const program::Program& program, std::string_view kind,
                                             uint32_t resource);

}  // namespace chain::cli
