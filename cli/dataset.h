// `chain dataset`: the parts that the verb is made of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/permission.h"

namespace chain::cli {

/// What the command line says.
struct DatasetCommand {
  std::string action;  // "check"
  std::string target;  // FILE:NAME
  std::string profile;
  PermissionSettings permissions;
  std::vector<std::string> env_files;
  bool json = false;
  std::optional<uint64_t> most;    // values to show, wrong lines to tell, runs to take
  std::vector<std::string> where;  // of runs: "chain=reply"
  std::string answer = "answer";   // of runs: the field of the result
};

/// Cases of runs that were written down, an object a line, oldest first: the arguments, the result, and the
/// run. The exit code.
[[nodiscard]] int dataset_from_runs(const DatasetCommand& command);

}  // namespace chain::cli
