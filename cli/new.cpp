// `chain new DIR`: a project to begin with, which checks and whose tests pass.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <filesystem>
#include <system_error>

#include "cli/new_file.h"
#include "cli/output.h"
#include "cli/permission.h"
#include "cli/starter.h"
#include "cli/usage.h"
#include "cli/verbs.h"

namespace chain::cli {

namespace fs = std::filesystem;

int new_project(Arguments arguments) {
  CLI::App app(
      "Makes a project in a new or empty folder: a program with a prompt, a chain and a test, which runs "
      "offline.",
      "chain new");
  std::string folder;
  app.add_option("folder", folder, "the folder")->required()->option_text("DIR");
  if (const auto code = read_options(app, arguments)) return *code;
  if (folder.empty()) return usage_error("new", "the folder has no name");

  std::error_code problem;
  if (fs::exists(folder, problem) && !fs::is_directory(folder, problem))
    return usage_error("new", fmt::format("`{}` is there already, and no folder", folder));
  if (fs::is_directory(folder, problem) && !fs::is_empty(folder, problem))
    return usage_error("new",
                       fmt::format("`{}` is not empty; a project begins in a folder of its own", folder));
  fs::create_directories(folder, problem);
  if (problem) {
    say_error(fmt::format("cannot make `{}`: {}", folder, problem.message()));
    return kFailed;
  }
  std::string error;
  for (const StarterFile& file : starter_files()) {
    if (write_new((fs::path(folder) / file.name).string(), file.text, error)) continue;
    say_error(error);
    return kFailed;
  }
  const std::string place = shell_word(fs::path(folder).lexically_normal().string());
  return write_out(fmt::format(
             "made {0}; to begin with:\n  cd {0}\n  chain test main.chain\n  chain run main.chain\n", place))
             ? kOk
             : kFailed;
}

}  // namespace chain::cli
