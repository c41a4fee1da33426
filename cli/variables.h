// Variables of files: `.env` beside a project, and those of `--env-file`.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/model/variables.h"

namespace CLI {
class App;
}

namespace chain::cli {

void declare_env_files(CLI::App& app, std::vector<std::string>& files);

/// What `files` set, of which the later ones go first, and the `.env` in the folder of the project of
/// `program`, if there is one; from here on tools find their secrets there, too. Null, with `error` set, if
/// one cannot be read or is wrong. Says on standard error what of a project's file is not taken.
[[nodiscard]] std::shared_ptr<const model::Variables> load_variables(const std::string& program,
                                                                     const std::vector<std::string>& files,
                                                                     std::string& error);

}  // namespace chain::cli
