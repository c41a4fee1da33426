#include "runtime/process/environment.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace chain::process {

namespace {

constexpr std::array<std::string_view, 9> kHandedOn = {"PATH", "HOME",   "USER", "LOGNAME", "SHELL",
                                                       "TERM", "TMPDIR", "TZ",   "LANG"};
constexpr std::string_view kUsualPath = "PATH=/usr/local/bin:/usr/bin:/bin";

std::string_view name_of(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

bool has(const std::vector<std::string>& variables, std::string_view name) {
  return std::ranges::any_of(variables, [&](const std::string& each) { return name_of(each) == name; });
}

}  // namespace

bool chooses_code(std::string_view name) {
  constexpr std::array<std::string_view, 15> names = {
      "PATH",           "IFS",      "ENV",     "BASH_ENV", "SHELLOPTS",  "NODE_OPTIONS",      "NODE_PATH",
      "PERL5LIB",       "PERL5OPT", "RUBYLIB", "RUBYOPT",  "GCONV_PATH", "JAVA_TOOL_OPTIONS", "SHELL",
      "GIT_SSH_COMMAND"};
  return name.starts_with("LD_") || name.starts_with("DYLD_") || name.starts_with("PYTHON") ||
         name.starts_with("BASH_FUNC_") || std::ranges::find(names, name) != names.end();
}

std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& more) {
  std::vector<std::string> variables;
  for (const auto& [name, value] : more) {
    if (!has(variables, name)) variables.push_back(name + '=' + value);
  }
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    const std::string_view name = name_of(*each);
    const bool handed_on = name.starts_with("LC_") || std::ranges::find(kHandedOn, name) != kHandedOn.end();
    // A function of a shell is code, whoever put it there.
    const bool is_code = std::string_view(*each).substr(name.size()).starts_with("=()");
    if (handed_on && !is_code && !has(variables, name)) variables.emplace_back(*each);
  }
  if (!has(variables, "PATH")) variables.emplace_back(kUsualPath);
  return variables;
}

}  // namespace chain::process
