// What has changed in versions that are released, shown from what git has of them.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "cli/git.h"
#include "compiler/diagnostics/diagnostics.h"
#include "compiler/graph/module.h"
#include "compiler/source/source.h"

namespace chain::cli {

/// A file, checked, with the texts that its spans point into.
struct Checked {
  SourceMap sources;
  Diagnostics diagnostics;
  std::optional<graph::Module> module;
};

/// `path` as it was in a commit, or on disk without one; with contents, and not held to the lock.
[[nodiscard]] std::optional<Checked> checked_at(const Repository* repository, const std::string& commit,
                                                const std::string& path);

/// Says on standard error what has changed, line by line, in each version of `path` that is released and
/// whose content is another one now. Keys in `shown` are left out, and those that are shown are added.
/// Without git, or where it does not have the released text, says so.
void show_released_changes(const std::string& path, std::set<std::string>& shown);

}  // namespace chain::cli
