#include "cli/variables.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "cli/output.h"
#include "cli/terminal.h"
#include "runtime/access/project.h"
#include "runtime/access/project_files.h"
#include "runtime/model/env_text.h"
#include "runtime/program/secret_source.h"

namespace chain::cli {
namespace {

using model::Variables;

constexpr size_t kMostBytes = size_t{1} << 20;
constexpr const char* kName = ".env";
/// Where models are: not for a project to say.
constexpr const char* kAddresses[] = {"OPENAI_BASE_URL"};

/// Whether there is a `.env` that is this user's, or root's: in a folder that others can write, theirs might
/// stand.
std::optional<bool> is_ours(const access::ProjectFiles& files, const std::string& path, std::string& error) {
  const access::Opened opened = files.open(kName, O_PATH);
  if (opened.error == ENOENT) return false;
  struct stat info{};
  if (opened.error == EXDEV) {
    error = fmt::format("`{}` leads out of the project's folder; `--env-file` takes files of anywhere", path);
    return std::nullopt;
  }
  if (opened.error != 0 || fstat(opened.file.descriptor(), &info) != 0) {
    error =
        fmt::format("cannot read `{}`: {}", path, std::strerror(opened.error != 0 ? opened.error : errno));
    return std::nullopt;
  }
  if (info.st_uid == geteuid() || info.st_uid == 0) return true;
  say(printable(fmt::format("note: `{}` is somebody else's and is not read; `--env-file` takes it\n", path)));
  return false;
}

/// What the project's `.env` sets; nothing in it if there is none.
std::optional<Variables::Values> of_project(const std::string& program, std::string& error) {
  const std::string folder = access::project_folder(program);
  const std::string path = folder + "/" + kName;
  const access::ProjectFiles files(folder);
  if (!files.open()) return Variables::Values();
  const auto ours = is_ours(files, path, error);
  if (!ours) return std::nullopt;
  if (!*ours) return Variables::Values();
  const auto text = files.read(kName, kMostBytes, error);
  return text ? model::read_env_text(*text, path, error) : std::nullopt;
}

/// Says which addresses of the project's file do not count, unless somebody else gives them.
void say_addresses(const Variables::Values& named, const Variables::Values& project) {
  const Variables others(named, {});
  for (const char* name : kAddresses) {
    if (!project.contains(name) || !others.address(name).empty()) continue;
    say(
        fmt::format("note: {} in the project's {} does not count, for keys would go wherever it says; "
                    "`--env-file {}` takes it\n",
                    name, kName, kName));
  }
}

}  // namespace

void declare_env_files(CLI::App& app, std::vector<std::string>& files) {
  app.add_option("--env-file", files, "a file of variables, NAME=value a line, for keys and addresses")
      ->allow_extra_args(false)
      ->option_text("FILE ...");
}

std::shared_ptr<const Variables> load_variables(const std::string& program,
                                                const std::vector<std::string>& files, std::string& error) {
  Variables::Values named;
  for (const std::string& file : files) {
    const auto text = read_file(file, error, kMostBytes);
    auto values = text ? model::read_env_text(*text, file, error) : std::nullopt;
    if (!values) return nullptr;
    for (auto& [name, value] : *values) named[name] = std::move(value);
  }
  auto project = of_project(program, error);
  if (!project) return nullptr;
  say_addresses(named, *project);
  auto variables = std::make_shared<const Variables>(std::move(named), *std::move(project));
  program::set_secret_source([variables](const std::string& name) { return variables->secret(name); });
  return variables;
}

}  // namespace chain::cli
