#include "cli/permission.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>
#include <set>

#include "cli/report.h"
#include "compiler/diagnostics/diagnostics.h"
#include "runtime/access/grants.h"
#include "runtime/access/project.h"

namespace chain::cli {
namespace {

std::optional<std::vector<access::Rule>> rules_of(const std::vector<std::string>& texts,
                                                  std::string_view option, std::string& error) {
  std::error_code ignored;
  const std::string here = std::filesystem::current_path(ignored).string();
  std::vector<access::Rule> rules;
  for (const std::string& text : texts) {
    auto rule = access::parse_rule(text, here, error);
    if (!rule) {
      error = std::string(option) + " " + error;
      return std::nullopt;
    }
    rules.push_back(std::move(*rule));
  }
  return rules;
}

std::string way_out(const program::Capability& need, const std::string& file, bool granted_before) {
  const std::string what = access::to_string(need);
  return std::string(granted_before ? "it is new since the file was allowed what it needed; " : "") +
         "`chain allow " + shell_word(file) + "` allows all that the file needs, `--allow " +
         shell_word(what) + "` this for one run";
}

}  // namespace

void declare_permissions(CLI::App& app, PermissionSettings& settings) {
  app.add_option("--allow", settings.allow,
                 "allow this run something: host=api.example.com, read=/data, command=git, env=NAME")
      ->allow_extra_args(false)
      ->option_text("KIND=VALUE ...");
  app.add_option("--deny", settings.deny, "forbid it, whatever else is allowed")
      ->allow_extra_args(false)
      ->option_text("KIND=VALUE ...");
}

std::string granted_path(const std::string& file) {
  std::error_code error;
  const std::filesystem::path path =
      std::filesystem::weakly_canonical(std::filesystem::absolute(file, error), error);
  return error ? file : path.string();
}

std::optional<access::Policy> policy_for(const std::string& file, const std::string& profile,
                                         const PermissionSettings& settings, std::string& error) {
  access::Policy policy;
  policy.folder = access::project_folder(file);
  auto allow = rules_of(settings.allow, "--allow:", error);
  auto deny = allow ? rules_of(settings.deny, "--deny:", error) : std::nullopt;
  if (!deny) return std::nullopt;
  policy.allow = std::move(*allow);
  policy.deny = std::move(*deny);
  const access::Grants grants(access::Grants::default_folder());
  if (auto grant = grants.find(granted_path(file), profile)) policy.granted = std::move(grant->allowed);
  return policy;
}

std::string_view verb_of(program::CapabilityKind kind) {
  switch (kind) {
    case program::CapabilityKind::Host: return "calls";
    case program::CapabilityKind::Read: return "reads";
    case program::CapabilityKind::Write: return "writes";
    case program::CapabilityKind::Command: return "runs";
    case program::CapabilityKind::Env: return "reads the environment variable";
    case program::CapabilityKind::Search: return "searches";
  }
  return "";
}

std::string shell_word(const std::string& text) {
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("_-./:=@%+,").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + '\'';
}

bool permitted(const program::Program& program, uint32_t chain, const std::string& file,
               const access::Policy& policy, const std::vector<std::string>& replaced,
               const SourceMap& sources) {
  return permitted(program, program.chains[chain].needs, file, policy, replaced, sources);
}

bool permitted(const program::Program& program, std::span<const uint32_t> needs, const std::string& file,
               const access::Policy& policy, const std::vector<std::string>& replaced,
               const SourceMap& sources) {
  Diagnostics diagnostics;
  std::set<std::string> said;
  for (const uint32_t index : needs) {
    const program::Capability& need = program.capabilities[index];
    if (!need.model.empty() && std::find(replaced.begin(), replaced.end(), need.model) != replaced.end())
      continue;
    const access::Verdict verdict = policy.judge(need);
    const bool refused = verdict == access::Verdict::Missing || verdict == access::Verdict::Denied;
    if (!refused || !said.insert(access::to_string(need)).second) continue;
    const Span span{{need.file}, need.begin, need.end};
    if (verdict == access::Verdict::Denied) {
      const access::Rule& rule = *policy.denies(need);
      diagnostics.report(Denied{.user = need.user,
                                .does = std::string(verb_of(need.kind)),
                                .value = need.value,
                                .rule = std::string(program::to_string(rule.kind)) + '=' + rule.pattern},
                         span);
    } else {
      diagnostics.report(NotAllowed{.user = need.user,
                                    .does = std::string(verb_of(need.kind)),
                                    .value = need.value,
                                    .hint = way_out(need, file, !policy.granted.empty())},
                         span);
    }
  }
  if (!diagnostics.has_errors()) return true;
  report(diagnostics, sources);
  return false;
}

std::vector<uint32_t> needs_of(const program::Program& program, std::string_view kind, uint32_t resource) {
  const std::string user = std::string(kind) + " `" + program.resources[resource].name + '`';
  std::vector<uint32_t> needs;
  for (uint32_t i = 0; i < program.capabilities.size(); ++i)
    if (program.capabilities[i].user == user) needs.push_back(i);
  return needs;
}

}  // namespace chain::cli
