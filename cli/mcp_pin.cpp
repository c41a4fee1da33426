// `chain mcp pin`: what servers offer, written down so that programs are checked against it.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "cli/line_difference.h"
#include "cli/mcp.h"
#include "cli/output.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "compiler/lock/update_lock.h"

namespace chain::cli {
namespace {

using lock::Remote;
using Entries = std::map<std::string, Remote>;

/// What `lock` has of a server, by the tools' names.
Entries entries_of(const lock::Lock& lock, const std::string& prefix) {
  Entries entries;
  for (auto entry = lock.remote.lower_bound(prefix); entry != lock.remote.end(); ++entry) {
    if (!entry->first.starts_with(prefix)) break;
    entries.emplace(entry->first.substr(prefix.size()), entry->second);
  }
  return entries;
}

void add_difference(std::string& text, std::string_view what, const std::string& before,
                    const std::string& now) {
  if (before == now) return;
  fmt::format_to(std::back_inserter(text), "    {}\n", what);
  for (const LineDifference& line : line_differences(before, now, /*around=*/2))
    fmt::format_to(std::back_inserter(text), "      {}{}\n", line.mark, one_line(line.text));
}

/// Types, and why a tool has none, by its name on the wire.
struct Shown {
  std::string signature;
  std::string problem;
};

std::map<std::string, Shown> shown_tools(const McpTarget& target, uint32_t place,
                                         const std::vector<mcp::Tool>& tools) {
  std::map<std::string, Shown> all;
  const auto servers = with_tools(target, place, tools);
  if (!servers) return all;
  for (const sema::ServerTool& tool : servers->tools)
    all[tool.wire_name] = {signature(*servers, tool), tool.problem};
  return all;
}

/// One server's part of the report: what is new, changed and gone. Empty if nothing is.
std::string differences(const Entries& before, const Entries& now,
                        const std::map<std::string, Shown>& shown) {
  std::string text;
  auto out = std::back_inserter(text);
  for (const auto& [name, entry] : now) {
    const auto known = before.find(name);
    const auto as_type = shown.find(name);
    const std::string title = one_line(as_type == shown.end() ? name : as_type->second.signature);
    if (known == before.end()) {
      fmt::format_to(out, "  + {}\n", title);
      for (const LineDifference& line : line_differences("", entry.description, 0))
        fmt::format_to(out, "      {}\n", one_line(line.text));
    } else if (known->second.hash != entry.hash) {
      fmt::format_to(out, "  ~ {}\n", title);
      add_difference(text, "description", known->second.description, entry.description);
      add_difference(text, "input", pretty_json(known->second.input), pretty_json(entry.input));
      add_difference(text, "output", pretty_json(known->second.output), pretty_json(entry.output));
      add_difference(text, "annotations", pretty_json(known->second.annotations),
                     pretty_json(entry.annotations));
    }
  }
  for (const auto& [name, entry] : before) {
    if (!now.contains(name)) fmt::format_to(out, "  - {}\n", one_line(name));
  }
  return text;
}

/// Entries of servers that this file declared once, unless one server alone is meant.
std::vector<std::string> left_over(const McpTarget& target) {
  std::vector<std::string> keys;
  const bool all = target.chosen.size() == target.servers.declared.size();
  if (!all || target.chosen.empty()) return keys;
  const std::string& key = target.servers.keys[target.servers.declared.back()];
  const std::string file = key.substr(0, key.rfind(':') + 1);
  for (const auto& [name, entry] : target.lock.remote) {
    const bool declared = std::ranges::any_of(
        target.servers.declared, [&](uint32_t place) { return name.starts_with(target.prefix(place)); });
    if (entry.kind == "mcp" && name.starts_with(file) && !declared) keys.push_back(name);
  }
  return keys;
}

/// What `lock` becomes: the servers' entries are those that they offer now, and those in `gone` are no more.
void take_over(lock::Lock& lock, const McpTarget& target, const std::map<uint32_t, Entries>& offered,
               const std::vector<std::string>& gone) {
  for (const auto& [place, entries] : offered) {
    const std::string prefix = target.prefix(place);
    std::erase_if(lock.remote, [&](const auto& entry) { return entry.first.starts_with(prefix); });
    for (const auto& [name, entry] : entries) lock.remote[prefix + name] = entry;
  }
  for (const std::string& key : gone) lock.remote.erase(key);
}

/// Writes what servers offer now into the lock, as it is by now: others may have pinned theirs meanwhile.
int write_down(McpTarget& target, const std::map<uint32_t, Entries>& offered,
               const std::vector<std::string>& gone) {
  Diagnostics diagnostics;
  std::string error;
  const auto change = [&](lock::Lock& lock) { take_over(lock, target, offered, gone); };
  const lock::Update update = lock::update_lock(target.lock_path, change, target.sources, diagnostics, error);
  report(diagnostics, target.sources);
  if (update == lock::Update::Damaged) return kWrongFile;
  if (update != lock::Update::Failed) return kOk;
  say_error(error);
  return kFailed;
}

}  // namespace

int mcp_pin(const McpCommand& command) {
  int exit = kOk;
  auto target = open_servers(command, /*one=*/false, exit);
  if (!target) return exit;
  std::map<uint32_t, Entries> offered;
  std::string story, problems;
  bool all = true;  // have answered
  McpSession session(*target, command);
  for (const uint32_t place : target->chosen) {
    const auto offers = offers_of(session, place, /*tools_alone=*/true, exit);
    if (exit == kInterrupted) return exit;
    all = all && offers;
    if (!offers) continue;  // which has been said; what the lock has of it stays
    Entries& now = offered[place];
    for (const mcp::Tool& tool : offers->tools) now[tool.name] = pinned(tool);
    const Entries before = entries_of(target->lock, target->prefix(place));
    const auto shown = shown_tools(*target, place, offers->tools);
    const std::string changed = differences(before, now, shown);
    fmt::format_to(std::back_inserter(story), "{}: {} tool{}{}\n{}", printable(target->servers.keys[place]),
                   now.size(), now.size() == 1 ? "" : "s", changed.empty() ? ", as pinned" : "", changed);
    for (const auto& [name, as_type] : shown) {
      if (!as_type.problem.empty())
        fmt::format_to(std::back_inserter(problems), "  {}: {}\n", one_line(name),
                       printable(as_type.problem));
    }
  }
  const std::vector<std::string> gone = left_over(*target);
  for (const std::string& key : gone)
    fmt::format_to(std::back_inserter(story), "  - {} (its server is no longer declared)\n", one_line(key));
  if (!session.close()) return kInterrupted;
  if (!problems.empty()) story += "no program can call these by types (`chain explain E0117`):\n" + problems;
  if (!write_out(story)) return kFailed;
  if (!command.check) {
    exit = write_down(*target, offered, gone);
    return exit == kOk && !all ? kFailed : exit;
  }
  lock::Lock fresh = target->lock;
  take_over(fresh, *target, offered, gone);
  if (write_lock(fresh) == write_lock(target->lock)) return all ? kOk : kFailed;
  say(fmt::format("`{}` is not up to date: `chain mcp pin {}` writes it\n", printable(target->lock_path),
                  shell_word(command.words[0])));
  return kFailed;
}

}  // namespace chain::cli
