#include "runtime/tool/command.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "runtime/access/command_line.h"
#include "runtime/access/project.h"
#include "runtime/access/project_files.h"
#include "runtime/process/environment.h"

namespace chain::tool {

namespace {

using nlohmann::json;
using program::Capability;
using program::CapabilityKind;
using program::ErrorKind;

constexpr int64_t kTimeout = 30'000'000'000;
constexpr const char* kKeyName = "IDEMPOTENCY_KEY";

bool is_name(const std::string& name) {
  return !name.empty() && name.find('=') == std::string::npos && name.find('\0') == std::string::npos;
}

class Builder {
 public:
  Builder(const Request& call, const access::Policy& policy, Refusal& refusal)
      : call_(call), policy_(policy), refusal_(refusal) {}

  std::optional<Command> build() {
    if (!read() || !allowed() || !enter()) return std::nullopt;
    std::vector<std::string>& words = command_.settings.arguments;
    // As other paths of a program: where its project is, whatever folder it runs in.
    std::string& program = words.front();
    if (program.find('/') != std::string::npos) program = access::absolute(policy_.folder, program);
    if (call_.tool->effect == program::Effect::Writes && !has(kKeyName))
      variables_.emplace_back(kKeyName, call_.key);
    command_.settings.environment = process::environment_with(variables_);
    command_.timeout = timeout();
    return std::move(command_);
  }

 private:
  bool refuse(ErrorKind kind, std::string why) {
    refusal_ = {kind, std::move(why)};
    return false;
  }

  bool read() {
    for (const Request::Argument& argument : call_.arguments) {
      const json value = json::parse(argument.json, nullptr, false);
      const std::string text = value.is_string() ? value.get<std::string>() : std::string();
      if (argument.name == "program" || argument.name == "arguments")
        command_.settings.arguments.push_back(text);
      if (argument.name == "stdin") command_.input = text;
      if (argument.name == "folder") folder_ = text;
      if (argument.name == "env" && !variables(value)) return false;
    }
    std::vector<std::string>& words = command_.settings.arguments;
    if (words.empty() || words.front().empty()) return refuse(ErrorKind::InvalidValue, "it names no program");
    const auto bad = std::ranges::find_if(
        words, [](const std::string& word) { return word.find('\0') != std::string::npos; });
    if (bad != words.end())
      return refuse(ErrorKind::InvalidValue,
                    fmt::format("argument {} of its command holds a NUL byte, which no program can be given",
                                bad - words.begin()));
    show();
    return true;
  }

  bool variables(const json& given) {
    for (const auto& [name, value] : given.items()) {
      const std::string text = value.is_string() ? value.get<std::string>() : std::string();
      if (process::chooses_code(name))
        return refuse(ErrorKind::Denied,
                      "`" + name + "` in `env:` decides what code is run: name the program itself");
      if (!is_name(name))
        return refuse(ErrorKind::InvalidValue,
                      fmt::format("`{}` is no name of an environment variable", name));
      if (text.find('\0') != std::string::npos)
        return refuse(
            ErrorKind::InvalidValue,
            fmt::format("the environment variable `{}` would hold a NUL byte, which none can", name));
      variables_.emplace_back(name, text);
    }
    return true;
  }

  [[nodiscard]] bool has(std::string_view name) const {
    return std::ranges::any_of(variables_, [&](const auto& each) { return each.first == name; });
  }

  void show() {
    command_.shown = access::command_line(command_.settings.arguments) + '\n';
    for (const auto& [name, value] : variables_) command_.shown += name + '=' + value + '\n';
    if (!folder_.empty()) command_.shown += "in " + folder_ + '\n';
    if (!command_.input.empty()) command_.shown += '\n' + command_.input;
  }

  bool allowed() {
    const std::string line = access::command_line(command_.settings.arguments);
    if (!policy_.denies({.kind = CapabilityKind::Command, .value = line, .user = {}, .model = {}}))
      return true;
    return refuse(ErrorKind::Denied, fmt::format("`{}` is a command that it may not run", line));
  }

  /// Symlinks count: what is under the project's folder by its name alone is not.
  bool enter() {
    command_.settings.folder = policy_.folder;
    if (folder_.empty()) return true;
    const std::string located = access::locate(policy_.folder, folder_, policy_.folder);
    const Capability reading{.kind = CapabilityKind::Read, .value = located, .user = {}, .model = {}};
    const access::Verdict verdict = policy_.judge(reading);
    if (verdict == access::Verdict::Denied || verdict == access::Verdict::Missing)
      return refuse(ErrorKind::Denied,
                    fmt::format("it may not run in `{}`, which is outside of the project's folder; `--allow "
                                "read={}` says that this is meant",
                                folder_, located));
    command_.settings.folder = access::absolute(policy_.folder, located);
    if (located.starts_with('/')) return true;
    const access::Opened opened = access::ProjectFiles(policy_.folder).open(located, O_PATH | O_DIRECTORY);
    if (opened.file.open()) return true;
    return refuse(ErrorKind::ToolFailed,
                  fmt::format("it is to run in the folder `{}`: {}", folder_, std::strerror(opened.error)));
  }

  [[nodiscard]] int64_t timeout() const {
    const json options = json::parse(call_.tool->options_json, nullptr, false);
    const auto found = options.find("timeout");
    return found != options.end() && found->is_number_integer() ? found->get<int64_t>() : kTimeout;
  }

  const Request& call_;
  const access::Policy& policy_;
  Refusal& refusal_;
  Command command_;
  std::vector<std::pair<std::string, std::string>> variables_;
  std::string folder_;
};

}  // namespace

std::optional<Command> make_command(const Request& call, const access::Policy& policy, Refusal& refusal) {
  return Builder(call, policy, refusal).build();
}

}  // namespace chain::tool
