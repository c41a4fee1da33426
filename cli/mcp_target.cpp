// The servers that the command line names.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "cli/mcp.h"
#include "cli/output.h"
#include "cli/report.h"
#include "cli/target.h"
#include "cli/usage.h"
#include "cli/variables.h"
#include "compiler/driver/compile.h"
#include "compiler/lock/lock.h"
#include "runtime/access/host.h"
#include "runtime/value/json.h"
#include "runtime/value/json_text.h"

namespace chain::cli {
namespace {

constexpr const char* kMadeFile = "server.chain";  // of a server that no file declares
constexpr const char* kMadeName = "server";

/// Words as a shell would split them: blanks, quotes, backslashes. Nothing else means anything.
std::optional<std::vector<std::string>> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool open = false;  // a word has begun
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0 && c == quote) {
      quote = 0;
    } else if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      word += text[++i];
      open = true;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
      open = true;
    } else if (quote == 0 && std::isspace(static_cast<unsigned char>(c)) != 0) {
      if (open) words.push_back(std::move(word));
      word.clear();
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (open) words.push_back(std::move(word));
  return quote != 0 || words.empty() ? std::nullopt : std::optional(std::move(words));
}

/// `mcp server = stdio("npx", "-y", ...)`. The words are data: no template stands in them.
std::optional<std::string> declaration(const McpCommand& command) {
  const auto text_of = [](std::string_view word) {
    std::string text;
    value::append_json_string(text, word);
    for (size_t at = 0; (at = text.find('{', at)) != std::string::npos; at += 8)
      text.replace(at, 1, "\\u{007b}");
    return text;
  };
  if (!command.url.empty()) return fmt::format("mcp {} = http({})\n", kMadeName, text_of(command.url));
  const auto words = split_words(command.command);
  if (!words) return std::nullopt;
  std::string text;
  for (const std::string& word : *words) text += (text.empty() ? "" : ", ") + text_of(word);
  return fmt::format("mcp {} = stdio({})\n", kMadeName, text);
}

/// `FILE:SERVER.TOOL`, of which the name of the tool may hold anything.
Target split_server(const std::string& text, std::string& tool, bool has_tool) {
  const size_t chain = text.find(".chain:");
  Target target = chain == std::string::npos
                      ? split_target(text)
                      : Target{text.substr(0, chain + 6), text.substr(chain + 7), chain + 7 == text.size()};
  const size_t dot = target.name.find('.');
  if (has_tool && dot != std::string::npos) {
    tool = target.name.substr(dot + 1);
    target.name.resize(dot);
  }
  return target;
}

/// The server called `name`, or all of them. False, with all said, if that is none, or not one where one is
/// due.
bool choose(McpTarget& target, const std::string& name, bool one) {
  std::vector<std::string_view> names;
  for (const uint32_t place : target.servers.declared) {
    names.push_back(target.resource(place).name);
    if (name.empty() || target.resource(place).name == name) target.chosen.push_back(place);
  }
  std::string all;
  for (const std::string_view each : names)
    all += fmt::format("{}`{}:{}`", all.empty() ? "" : ", ", target.file, each);
  if (names.empty()) {
    usage_error("mcp", fmt::format("`{}` declares no MCP server", target.file));
  } else if (target.chosen.empty()) {
    usage_error("mcp", fmt::format("`{}` has no server `{}`{}", target.file, name, meant(name, names)));
  } else if (one && target.chosen.size() > 1) {
    usage_error("mcp", "which server? " + all);
  } else {
    return true;
  }
  return false;
}

/// Whether the user lets the chosen servers be started and called; what is missing is said.
bool permitted_servers(const McpTarget& target) {
  program::Program needed;
  needed.capabilities = target.servers.module.capabilities;
  std::vector<uint32_t> needs;
  for (uint32_t i = 0; i < needed.capabilities.size(); ++i) {
    const auto uses = [&](uint32_t place) {
      return needed.capabilities[i].user == "mcp `" + target.resource(place).name + '`';
    };
    if (std::ranges::any_of(target.chosen, uses)) needs.push_back(i);
  }
  return permitted(needed, needs, target.file, *target.access, {}, target.sources);
}

/// Reads the lock into the target; false, with the diagnostic shown, if it is damaged.
bool read_lock(McpTarget& target) {
  target.lock_path = driver::lock_path(target.file);
  std::string error;
  auto text = read_file(target.lock_path, error);
  if (!text) return true;  // there is none yet
  Diagnostics diagnostics;
  const FileId file = target.sources.add(target.lock_path, *std::move(text));
  auto lock = lock::read_lock(target.sources, file, diagnostics);
  report(diagnostics, target.sources);
  if (lock) target.lock = *std::move(lock);
  return lock.has_value();
}

/// A server of the command line: whoever types it allows it.
bool open_made(const McpCommand& command, McpTarget& target, access::Policy& policy) {
  const auto text = declaration(command);
  if (!text) {
    usage_error("mcp", "`--command` is empty, or a quote in it is not closed");
    return false;
  }
  const std::vector<driver::SourceText> given = {{kMadeFile, *text}};
  Diagnostics diagnostics;
  auto servers = driver::compile_servers(kMadeFile, target.sources, diagnostics, {.given = &given});
  if (!servers) {  // there is no file to show
    for (const Diagnostic* each : diagnostics.sorted())
      usage_error("mcp", (command.url.empty() ? "--command: " : "--url: ") + each->message);
    return false;
  }
  target.servers = *std::move(servers);
  target.chosen = target.servers.declared;
  for (const program::Capability& need : target.servers.module.capabilities)
    policy.allow.push_back({need.kind, need.value});
  return true;
}

}  // namespace

std::optional<McpTarget> open_servers(const McpCommand& command, bool one, int& exit) {
  McpTarget target;
  const bool made = !command.command.empty() || !command.url.empty();
  const bool calls = command.action == "call";
  Target named;
  if (!made) named = split_server(command.words.at(0), target.what, calls);
  if (!calls || made) target.what = command.words.size() > (made ? 0 : 1) ? command.words.back() : "";
  exit = kUsage;
  if (named.ends_early) return usage_error("mcp", missing_name(named, "shop")), std::nullopt;
  target.file = named.file;
  std::string error;
  auto policy = policy_for(made ? "." : named.file, command.profile, command.permissions, error);
  if (policy && !load_variables(made ? "." : named.file, command.env_files, error)) policy.reset();
  if (!policy) return usage_error("mcp", error), std::nullopt;
  exit = kWrongFile;
  if (made) {
    if (!open_made(command, target, *policy)) return std::nullopt;
  } else {
    Diagnostics diagnostics;
    auto servers =
        driver::compile_servers(named.file, target.sources, diagnostics, {.profile = command.profile});
    report(diagnostics, target.sources);
    if (!servers) return std::nullopt;
    target.servers = *std::move(servers);
    exit = kUsage;
    if (!choose(target, named.name, one)) return std::nullopt;
    exit = kWrongFile;
    if (!read_lock(target)) return std::nullopt;
  }
  exit = kUsage;
  if (calls && target.what.empty())
    return usage_error("mcp", fmt::format("which tool? as in: chain mcp call {}:{}.NAME", target.file,
                                          target.resource(target.chosen.front()).name)),
           std::nullopt;
  target.access = std::make_shared<const access::Policy>(*std::move(policy));
  exit = kRefused;
  if (!permitted_servers(target)) return std::nullopt;
  exit = kOk;
  return target;
}

lock::Remote pinned(const mcp::Tool& tool) {
  lock::Remote remote;
  remote.kind = "mcp";
  remote.description = tool.description;
  remote.input =
      value::canonical_json(tool.input_schema.empty() ? R"({"type":"object"})" : tool.input_schema);
  if (!tool.output_schema.empty()) remote.output = value::canonical_json(tool.output_schema);
  if (!tool.annotations.empty()) remote.annotations = value::canonical_json(tool.annotations);
  remote.hash = lock::hash_of(remote);
  return remote;
}

std::optional<sema::Servers> with_tools(const McpTarget& target, uint32_t place,
                                        const std::vector<mcp::Tool>& tools) {
  lock::Lock lock;
  const std::string server = target.resource(place).name;
  for (const mcp::Tool& tool : tools)
    lock.remote[fmt::format("{}:{}.{}", kMadeFile, server, tool.name)] = pinned(tool);
  const std::vector<driver::SourceText> given = {
      {kMadeFile, fmt::format("mcp {} = stdio(\"{}\")\n", server, server)}};
  SourceMap sources;
  Diagnostics diagnostics;
  return driver::compile_servers(kMadeFile, sources, diagnostics,
                                 {.given = &given, .lock = write_lock(lock)});
}

std::string signature(const sema::Servers& servers, const sema::ServerTool& tool) {
  if (tool.external == UINT32_MAX) return tool.wire_name;
  const graph::External& external = servers.module.externals[tool.external];
  const program::TypeTable& types = servers.module.types;
  std::string text;
  for (const program::Field& field : types[external.parameters].fields) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", field.name, types.to_string(field.type));
    if (!field.default_json.empty()) text += " = " + field.default_json;
  }
  return fmt::format("{}({}) -> {} {}", tool.name, text, types.to_string(external.result),
                     external.effect == program::Effect::Writes  ? "writes"
                     : external.effect == program::Effect::Reads ? "reads"
                                                                 : "pure");
}

}  // namespace chain::cli
