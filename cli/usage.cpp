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

/// "`--top`"; of what stands by itself how the help names it.
std::string shown_name(const CLI::Option& option) {
  const bool named = !option.get_lnames().empty() || !option.get_snames().empty();
  return named ? "`" + option.get_name() + "`" : option.get_option_text();
}

/// "a whole number from 1 to 1000", by what CLI11 says of its type: "UINT:UINT in [1 - 1000]".
std::string taken_by(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  std::string kind = type.starts_with("FLOAT")                             ? "a number"
                     : type.starts_with("UINT") || type.starts_with("INT") ? "a whole number"
                                                                           : option.get_option_text();
  const size_t range = type.find(" in ["), dash = type.find(" - ", range), end = type.find(']', range);
  if (range == std::string::npos || dash == std::string::npos || end == std::string::npos) return kind;
  return kind + " from " + type.substr(range + 5, dash - range - 5) + " to " +
         type.substr(dash + 3, end - dash - 3);
}

/// Whether what was given is none of what the option takes.
bool is_wrong(CLI::Option& option) {
  try {
    if (option.count() > 0) option.run_callback();
  } catch (const CLI::ParseError&) { return true; }
  return false;
}

/// The option that CLI11's sentence begins with; null if it is about none.
const CLI::Option* option_in(const CLI::App& app, std::string_view sentence) {
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = option->get_name();
    if (sentence.starts_with(name) &&
        (sentence.size() == name.size() || sentence[name.size()] == ':' || sentence[name.size()] == ' '))
      return option;
  }
  return nullptr;
}

/// What is wrong with a value, or the lack of one, in words of ours.
std::string about_values(CLI::App& app, const CLI::ParseError& error) {
  const std::string_view said = error.what();
  const CLI::Option* const option = option_in(app, said);
  if (const size_t other = said.find(" excludes "); other != std::string_view::npos)
    return "`" + std::string(said.substr(0, other)) + "` and `" + std::string(said.substr(other + 10)) +
           "` do not go together";
  if (const size_t other = said.find(" requires "); other != std::string_view::npos)
    return "`" + std::string(said.substr(0, other)) + "` goes with `" + std::string(said.substr(other + 10)) +
           "` alone";
  if (option != nullptr && said.ends_with(" is required"))
    return shown_name(*option) + " is missing: " + option->get_description();
  if (option != nullptr && said.ends_with(" missing"))
    return shown_name(*option) + " needs a value: " + taken_by(*option);
  if (option != nullptr && said.find("At Most") != std::string_view::npos)
    return shown_name(*option) + " is given more than once";
  for (CLI::Option* each : app.get_options()) {
    if (!is_wrong(*each)) continue;
    if (each->get_expected_max() == 0) return shown_name(*each) + " takes no value";
    return shown_name(*each) + " takes " + taken_by(*each) + "; found `" + each->results().back() + '`';
  }
  return std::string(said);
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
  } catch (const CLI::ParseError& error) { return usage_error(app.get_name(), about_values(app, error)); }
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
