// The versions of one project, and its lock.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "cli/released_text.h"
#include "compiler/lock/lock.h"
#include "compiler/versions/release.h"

namespace chain::cli {

struct LockCommand {
  std::vector<std::string> words;  // files and folders
  std::string update;              // a name whose newest version all are to call; empty for none
  bool check = false;              // write nothing; fail if something would be
};

/// The lock of `files`, which belong to one project, brought up to date. The exit code; all is said.
[[nodiscard]] int lock_project(const std::string& lock_path, const std::vector<std::string>& files,
                               const LockCommand& command);

}  // namespace chain::cli
