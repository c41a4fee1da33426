#include "cli/usage.h"

#include <CLI/CLI.hpp>

#include <cctype>

#include "cli/output.h"
#include "compiler/diagnostics/diagnostics.h"

namespace chain::cli {
namespace {

/// The first unknown option in CLI11's list of what was left over, with the option that was meant.
std::string about_unknown(const CLI::App& app, const std::vector<std::string>& left) {
  if (left.empty()) return "too many arguments";
  const std::string name = left.front().substr(0, left.front().find('='));
  if (name.empty() || name.front() != '-') return "`" + name + "` is one argument too many";
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& word : option->get_lnames()) names.push_back("--" + word);
  }
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  const std::string near = meant(name, candidates);
  const bool looks_like_value =
      name.size() > 1 && !std::isalpha(static_cast<unsigned char>(name[1])) && !name.starts_with("--");
  if (near.empty() && looks_like_value)
    return "`" + name + "` begins like an option; a value that does stands behind `--`, as in `-- '" + name +
           "'`";
  return "unknown option `" + name + "`" + near;
}

}  // namespace

std::optional<int> read_options(CLI::App& app, Arguments arguments) {
  std::vector<std::string> words(arguments.rbegin(), arguments.rend());  // CLI11 takes them last first
  try {
    app.parse(std::move(words));
  } catch (const CLI::CallForHelp&) {
    return write_out(app.help()) ? kOk : kFailed;
  } catch (const CLI::ExtrasError&) {
    return usage_error(app.get_name(), about_unknown(app, app.remaining()));
  } catch (const CLI::ParseError& error) { return usage_error(app.get_name(), error.what()); }
  return std::nullopt;
}

int usage_error(std::string_view verb, std::string_view message) {
  say_error(message);
  const std::string_view name = verb.substr(0, 6) == "chain " ? verb.substr(6) : verb;
  say("`chain help" + (name.empty() ? "" : " " + std::string(name)) + "` shows what can be said\n");
  return kUsage;
}

std::string meant(std::string_view name, const std::vector<std::string_view>& candidates) {
  const std::string_view near = did_you_mean(name, candidates);
  return near.empty() ? "" : "; did you mean `" + std::string(near) + "`?";
}

}  // namespace chain::cli
