// A repository in a folder of its own, with a project in it that has released its versions.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/golden/process.h"

namespace chain::testing {

class Repository {
 public:
  /// With the files of `project`, released and committed.
  explicit Repository(const std::map<std::string, std::string>& project);
  ~Repository();
  Repository(const Repository&) = delete;
  Repository& operator=(const Repository&) = delete;

  [[nodiscard]] std::string read(const std::string& file) const;
  void write(const std::string& file, const std::string& text) const;
  void remove(const std::string& file) const;
  /// The text must stand in the file.
  void replace(const std::string& file, const std::string& what, const std::string& by) const;

  /// `chain WORDS`, in the folder.
  [[nodiscard]] Ended chain(std::vector<std::string> words) const;
  /// `git WORDS`; fails the test if that fails, unless it may.
  Ended git(std::vector<std::string> words, bool may_fail = false) const;
  void commit(const std::string& message) const;

 private:
  std::string folder_;
};

/// Two files, a folder of documents, three prompts, a tool, and chains that call them.
[[nodiscard]] const std::map<std::string, std::string>& support_desk();

}  // namespace chain::testing
