// The folder of a project, which its programs may read.
#pragma once

#include <string>

namespace chain::access {

/// The nearest folder at or above that of `file` that holds a `chain.lock` or a `.git` of this user's (or
/// root's); the folder of the file if there is none. Nobody's home folder and not `/`, unless the file stands
/// right in it: a repository of dotfiles would make everything in it the project. Absolute, symlinks
/// resolved.
[[nodiscard]] std::string project_folder(const std::string& file);

/// Where `path` is: relative to `folder`, which `project_folder` gave, if it is under it, else absolute. What
/// comes before the first `*` or `?` is resolved, symlinks too. A relative path begins at `base`.
[[nodiscard]] std::string locate(const std::string& folder, const std::string& path, const std::string& base);

/// A located path as an absolute one.
[[nodiscard]] std::string absolute(const std::string& folder, const std::string& located);

}  // namespace chain::access
