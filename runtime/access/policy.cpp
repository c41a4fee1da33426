#include "runtime/access/policy.h"

#include <algorithm>
#include <filesystem>

#include "runtime/access/glob.h"
#include "runtime/access/project.h"

namespace chain::access {

namespace {

using program::Capability;
using program::CapabilityKind;

bool is_path(CapabilityKind kind) {
  return kind == CapabilityKind::Read || kind == CapabilityKind::Write;
}

std::string_view without_port(std::string_view host) {
  const size_t name_end = host.starts_with('[') ? host.find(']') : 0;
  return name_end == std::string_view::npos ? host : host.substr(0, host.find(':', name_end));
}

bool has_port(std::string_view host) {
  return without_port(host).size() != host.size();
}

std::string_view program_of(std::string_view command) {
  return command.substr(0, command.find(' '));
}

std::string_view last_part(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// What a capability is compared by: paths as absolute ones.
std::string compared(const Capability& capability, const std::string& folder) {
  return is_path(capability.kind) ? absolute(folder, capability.value) : capability.value;
}

bool allows(const Rule& rule, const Capability& capability, const std::string& folder) {
  if (rule.kind != capability.kind) return false;
  const std::string value = compared(capability, folder);
  switch (rule.kind) {
    case CapabilityKind::Host:
      return covers(rule.pattern, value) ||
             (!has_port(rule.pattern) && covers(rule.pattern, without_port(value)));
    case CapabilityKind::Read:
    case CapabilityKind::Write:
      return covers(rule.pattern, value, "/") || covers(rule.pattern + "/**", value, "/");
    case CapabilityKind::Command:
      return covers(rule.pattern, value) ||
             (rule.pattern.find(' ') == std::string::npos && covers(rule.pattern, program_of(value)));
    case CapabilityKind::Env: return covers(rule.pattern, value);
  }
  return false;
}

/// Some of what the capability may come to is denied.
bool forbids(const Rule& rule, const Capability& capability, const std::string& folder) {
  if (rule.kind != capability.kind) return false;
  if (allows(rule, capability, folder)) return true;
  const std::string value = compared(capability, folder);
  switch (rule.kind) {
    case CapabilityKind::Host:
      return overlap(rule.pattern, value) ||
             (!has_port(rule.pattern) && overlap(rule.pattern, without_port(value)));
    case CapabilityKind::Read:
    case CapabilityKind::Write: return overlap(rule.pattern, value) || overlap(rule.pattern + "/*", value);
    case CapabilityKind::Command: {
      if (overlap(rule.pattern, value)) return true;
      if (rule.pattern.find(' ') != std::string::npos) return false;
      const std::string_view program = program_of(value);
      // `--deny command=npx` means /usr/bin/npx too.
      const bool any_place = rule.pattern.find('/') == std::string::npos;
      return overlap(rule.pattern, any_place ? last_part(program) : program);
    }
    case CapabilityKind::Env: return overlap(rule.pattern, value);
  }
  return false;
}

bool is_usual(const Capability& capability) {
  return capability.usual || (capability.kind == CapabilityKind::Read && !capability.value.starts_with('/'));
}

}  // namespace

std::optional<Rule> parse_rule(std::string_view text, const std::string& folder, std::string& error) {
  const size_t equals = text.find('=');
  const std::string_view word = text.substr(0, equals);
  const auto known = std::find(program::kCapabilityWords.begin(), program::kCapabilityWords.end(), word);
  if (equals == std::string_view::npos || known == program::kCapabilityWords.end()) {
    error = "`" + std::string(text) +
            "` is not of the form KIND=VALUE, where KIND is host, read, write, command or env";
    return std::nullopt;
  }
  Rule rule{static_cast<CapabilityKind>(known - program::kCapabilityWords.begin()),
            std::string(text.substr(equals + 1))};
  if (rule.pattern.empty()) {
    error = "`" + std::string(text) + "` names no " + std::string(word);
    return std::nullopt;
  }
  if (is_path(rule.kind) && rule.pattern != "*" && rule.pattern != "**") {
    const std::string located = locate("/", rule.pattern, folder);
    rule.pattern = absolute("/", located);
    while (rule.pattern.size() > 1 && rule.pattern.ends_with('/')) rule.pattern.pop_back();
    if (rule.pattern == "/") rule.pattern = "/**";
  } else if (is_path(rule.kind)) {
    rule.pattern = "/**";
  }
  if (rule.kind == CapabilityKind::Host) {
    for (char& c : rule.pattern) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
  }
  return rule;
}

std::string to_string(const Capability& capability) {
  return std::string(program::to_string(capability.kind)) + '=' + capability.value;
}

const Rule* Policy::denies(const Capability& capability) const {
  for (const Rule& rule : deny) {
    if (forbids(rule, capability, folder)) return &rule;
  }
  return nullptr;
}

bool Policy::names_host(const std::string& host) const {
  const std::string_view bare = without_port(host);
  const auto names = [&](const Rule& rule) {
    return rule.kind == CapabilityKind::Host && (rule.pattern == host || rule.pattern == bare);
  };
  return std::ranges::any_of(allow, names) || std::ranges::find(granted, "host=" + host) != granted.end();
}

Verdict Policy::judge(const Capability& capability) const {
  if (denies(capability)) return Verdict::Denied;
  if (is_usual(capability)) return Verdict::Usual;
  if (std::find(granted.begin(), granted.end(), to_string(capability)) != granted.end())
    return Verdict::Granted;
  const bool allowed = std::any_of(allow.begin(), allow.end(),
                                   [&](const Rule& rule) { return allows(rule, capability, folder); });
  return allowed ? Verdict::Allowed : Verdict::Missing;
}

}  // namespace chain::access
