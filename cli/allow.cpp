// `chain allow FILE`: shows what a file needs and remembers that the user allows it.
#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <iterator>
#include <set>

#include "cli/output.h"
#include "cli/permission.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "compiler/driver/compile.h"
#include "runtime/access/grants.h"

namespace chain::cli {
namespace {

struct AllowSettings {
  std::string file;
  std::string profile;
  bool yes = false;
  bool revoke = false;
  bool list = false;
};

int show_all(const access::Grants& grants) {
  std::string text;
  for (const access::Grant& grant : grants.all()) {
    fmt::format_to(std::back_inserter(text), "{}{}\n", printable(grant.file),
                   grant.profile.empty() ? "" : " --profile " + printable(grant.profile));
    for (const std::string& each : grant.allowed) text += "  " + printable(each) + '\n';
  }
  if (text.empty()) say("nothing is allowed yet\n");
  return write_out(text) ? kOk : kFailed;
}

/// An index is built, and a server asked what it offers, whether or not a chain calls it.
bool stands_alone(const graph::Module& module, const program::Capability& need) {
  return std::ranges::any_of(module.resources, [&](const graph::Resource& resource) {
    return (resource.kind == "index" || resource.kind == "mcp") &&
           need.user == resource.kind + " `" + resource.name + '`';
  });
}

/// What any public chain of the file needs, or an index or server by itself, and no program has without
/// asking.
std::vector<const program::Capability*> needs_of(const graph::Module& module, const access::Policy& policy) {
  std::set<uint32_t> needs;
  for (uint32_t chain = 0; chain < module.chains.size(); ++chain) {
    const bool counts = module.entries.empty() || std::find(module.entries.begin(), module.entries.end(),
                                                            chain) != module.entries.end();
    if (counts) needs.insert(module.chains[chain].needs.begin(), module.chains[chain].needs.end());
  }
  for (uint32_t i = 0; i < module.capabilities.size(); ++i) {
    if (stands_alone(module, module.capabilities[i])) needs.insert(i);
  }
  std::vector<const program::Capability*> result;
  for (const uint32_t need : needs) {
    if (policy.judge(module.capabilities[need]) != access::Verdict::Usual)
      result.push_back(&module.capabilities[need]);
  }
  return result;
}

/// A line for each need; `+` before what was not allowed before.
std::string shown(const std::vector<const program::Capability*>& needs,
                  const std::vector<std::string>& before, const SourceMap& sources) {
  std::string text;
  for (const program::Capability* need : needs) {
    const std::string what = access::to_string(*need);
    const bool known = std::find(before.begin(), before.end(), what) != before.end();
    std::string place;
    if (need->file < sources.size()) {
      const SourceFile& file = sources.file({need->file});
      place = fmt::format("{}:{}", file.path(), file.position(need->begin).line);
    }
    fmt::format_to(std::back_inserter(text), "  {} {:<8} {}  ({}, {})\n", known ? ' ' : '+',
                   program::to_string(need->kind), printable(need->value), printable(need->user),
                   printable(place));
  }
  return text;
}

/// Whether the user says yes. Nobody but a person at a terminal is asked.
bool asked() {
  say("Allow this? [y/N] ");
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes" || answer == "Yes";
}

/// It calls servers that the lock does not have yet.
bool lacks_servers(const Diagnostics& diagnostics) {
  return std::ranges::any_of(diagnostics.sorted(),
                             [](const Diagnostic* each) { return each->code == NotInLock::code; });
}

int allow_file(const AllowSettings& settings, const access::Grants& grants) {
  driver::CompileOptions options;
  options.transform = false;
  options.profile = settings.profile;
  SourceMap sources;
  Diagnostics diagnostics;
  auto module = driver::compile_graph(settings.file, sources, diagnostics, options);
  if (!module && lacks_servers(diagnostics)) {
    // Nothing can be asked of servers before this, and nothing else is known of the file before that.
    diagnostics = Diagnostics();
    sources = SourceMap();
    if (auto servers = driver::compile_servers(settings.file, sources, diagnostics, options)) {
      module = std::move(servers->module);
      say("its servers come first: nothing else of it is known before `chain mcp pin`\n");
    }
  }
  report(diagnostics, sources);
  if (!module) return kWrongFile;
  std::string error;
  auto policy = policy_for(settings.file, settings.profile, {}, error);
  if (!policy) return usage_error("allow", error);
  const std::vector<std::string> before = policy->granted;
  const auto needs = needs_of(*module, *policy);
  if (needs.empty()) {
    say(fmt::format("`{}` needs nothing that must be allowed\n", printable(settings.file)));
    return kOk;
  }
  access::Grant grant{granted_path(settings.file), settings.profile, "", {}};
  for (const program::Capability* need : needs) grant.allowed.push_back(access::to_string(*need));
  std::sort(grant.allowed.begin(), grant.allowed.end());
  grant.allowed.erase(std::unique(grant.allowed.begin(), grant.allowed.end()), grant.allowed.end());
  if (grant.allowed == before) {
    say(fmt::format("`{}` is allowed what it needs already\n", printable(settings.file)));
    return kOk;
  }
  say(fmt::format("`{}` needs\n{}", printable(settings.file), shown(needs, before, sources)));
  if (!settings.yes) {
    if (isatty(STDIN_FILENO) != 1)
      return usage_error("allow", "nobody is there to be asked; `--yes` says yes");
    if (!asked()) {
      say("nothing was allowed\n");
      return kFailed;
    }
  }
  if (!grants.store(std::move(grant), error)) {
    say_error(error);
    return kFailed;
  }
  say("allowed\n");
  return kOk;
}

}  // namespace

int allow(Arguments arguments) {
  CLI::App app(
      "Shows what a file needs of the world outside and remembers, for you alone, that it is allowed.",
      "chain allow");
  AllowSettings settings;
  app.add_option("file", settings.file, "the file")->option_text("FILE");
  app.add_option("--profile", settings.profile, "what it needs with the resources of a profile")
      ->option_text("NAME");
  app.add_flag("--yes", settings.yes, "do not ask");
  app.add_flag("--revoke", settings.revoke, "forget what the file was allowed");
  app.add_flag("--list", settings.list, "show what files were allowed");
  if (const auto code = read_options(app, arguments)) return *code;
  const access::Grants grants(access::Grants::default_folder());
  if (settings.list) return show_all(grants);
  if (settings.file.empty()) return usage_error("allow", "which file? as in: chain allow support.chain");
  if (!settings.revoke) return allow_file(settings, grants);
  const bool known = grants.remove(granted_path(settings.file), settings.profile);
  say(fmt::format("`{}` {} allowed anything\n", printable(settings.file),
                  known ? "is no longer" : "was not"));
  return kOk;
}

}  // namespace chain::cli
