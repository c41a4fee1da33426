// What git knows of a project: files as they were.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace chain::cli {

/// A repository, asked with the program `git` of the machine. Nothing in it is changed.
class Repository {
 public:
  /// The one that holds `folder`; nothing if there is none, or no `git`.
  [[nodiscard]] static std::optional<Repository> of(const std::string& folder);

  /// What `git WORDS` prints; nothing, with its own words in `error`, if it ends with another code than 0.
  /// More than 64 MiB are an error.
  [[nodiscard]] std::optional<std::string> ask(std::vector<std::string> words, std::string& error) const;

  /// The full name of the commit that a revision means.
  [[nodiscard]] std::optional<std::string> commit(const std::string& revision) const;

  /// A file as it was in a commit; nothing if it was not there. `path` as this process would open it.
  [[nodiscard]] std::optional<std::string> file(const std::string& commit, const std::string& path) const;

  /// The paths of all files of a commit that end in `ending`, absolute, under `folder`.
  [[nodiscard]] std::vector<std::string> files(const std::string& commit, const std::string& folder,
                                               const std::string& ending) const;

  /// `path` as git names it: relative to the top of the repository. Empty if it lies elsewhere.
  [[nodiscard]] std::string inside(const std::string& path) const;

 private:
  std::string top_;  // absolute, symlinks resolved
};

}  // namespace chain::cli
