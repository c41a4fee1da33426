#include "cli/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "cli/usage.h"

namespace chain::cli {
namespace {

/// "`main`, `reply@1.0` and `triage`".
std::string enumerate(const program::Program& program) {
  std::string text;
  const auto& entries = program.entries;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (i > 0) text += i + 1 == entries.size() ? " and " : ", ";
    const program::Chain& chain = program.chains[entries[i]];
    text += "`" + versioned(chain.name, chain.version) + "`";
  }
  return text;
}

/// The highest version of `name`, or just `name@V`.
std::optional<uint32_t> find(const program::Program& program, std::string_view name) {
  std::optional<uint32_t> best;
  for (const uint32_t index : program.entries) {
    const program::Chain& chain = program.chains[index];
    if (versioned(chain.name, chain.version) == name) return index;
    if (chain.name == name && (!best || chain.version > program.chains[*best].version)) best = index;
  }
  return best;
}

bool one_name(const program::Program& program) {
  const auto& entries = program.entries;
  return !entries.empty() && std::all_of(entries.begin(), entries.end(), [&](uint32_t index) {
    return program.chains[index].name == program.chains[entries.front()].name;
  });
}

}  // namespace

Target split_target(std::string_view text) {
  const size_t colon = text.rfind(':');
  const bool whole = text.ends_with(".chain") || colon == std::string_view::npos || colon == 0 ||
                     text.find('/', colon) != std::string_view::npos;
  if (whole) return {std::string(text), ""};
  return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1)), colon + 1 == text.size()};
}

std::string missing_name(const Target& target, std::string_view example) {
  return fmt::format("a name is missing behind the colon of `{0}:`, as in `{0}:{1}`", target.file, example);
}

std::optional<uint32_t> choose_chain(const program::Program& program, const Target& target,
                                     std::string& error) {
  if (program.entries.empty()) {
    error = fmt::format("`{}` has no chain to run; one begins with `chain main() -> string {{`", target.file);
    return std::nullopt;
  }
  if (!target.name.empty()) {
    if (const auto found = find(program, target.name)) return found;
    std::vector<std::string_view> names;
    for (const uint32_t index : program.entries) names.push_back(program.chains[index].name);
    error = fmt::format("`{}` has no chain `{}`{}\nit has {}", target.file, target.name,
                        meant(target.name, names), enumerate(program));
    return std::nullopt;
  }
  if (const auto main = find(program, "main")) return main;
  if (one_name(program)) return find(program, program.chains[program.entries.front()].name);
  const program::Chain& first = program.chains[program.entries.front()];
  error = fmt::format(
      "`{0}` has several chains and none is called `main`; say which, as in `{0}:{1}`\nit has {2}",
      target.file, first.name, enumerate(program));
  return std::nullopt;
}

std::optional<uint32_t> choose_resource(std::string_view kind, const program::Program& program,
                                        const Target& target, std::string& error) {
  std::vector<std::string_view> names;
  std::optional<uint32_t> found;
  for (uint32_t i = 0; i < program.resources.size(); ++i) {
    const program::Resource& resource = program.resources[i];
    if (resource.kind != kind) continue;
    names.push_back(resource.name);
    if (!found && (target.name.empty() || resource.name == target.name)) found = i;
  }
  if (found && (!target.name.empty() || names.size() == 1)) return found;
  std::string all;
  for (const std::string_view name : names)
    all += fmt::format("{}`{}:{}`", all.empty() ? "" : ", ", target.file, name);
  if (names.empty()) {
    error = fmt::format("`{}` declares no {}", target.file, kind);
  } else if (target.name.empty()) {
    error = fmt::format("which {}? {}", kind, all);
  } else {
    error = fmt::format("`{}` has no {} `{}`{}", target.file, kind, target.name, meant(target.name, names));
  }
  return std::nullopt;
}

}  // namespace chain::cli
