// `chain lock [FILE|FOLDER...]`: releases what is new, and holds what is released.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>

#include "cli/lock_project.h"
#include "cli/output.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "compiler/driver/compile.h"
#include "runtime/access/project.h"

namespace chain::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostFiles = 10'000;

/// Every `.chain` file under a folder, but for what is hidden and what npm brings.
std::vector<std::string> files_under(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error), end;
  for (; !error && entry != end && files.size() < kMostFiles; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::error_code ignored;
    if (name.starts_with('.') || name == "node_modules") {
      if (entry->is_directory(ignored)) entry.disable_recursion_pending();
    } else if (name.ends_with(".chain") && entry->is_regular_file(ignored)) {
      files.push_back(entry->path().lexically_normal().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// The project around the working directory, as it would be named from there.
std::string own_project() {
  std::error_code error;
  const fs::path here = fs::current_path(error);
  return fs::path(access::project_folder("main.chain")).lexically_relative(here).string();
}

/// Of a lock, which may be a link: the project is where the link stands, not where it leads. Absolute first:
/// of a folder that is not there yet, a relative path would stay one.
std::string whole(const fs::path& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  return (fs::weakly_canonical(absolute.parent_path(), error) / absolute.filename()).string();
}

/// The files by the lock that they belong to. Empty, and a message in `problem`, if there are none.
std::map<std::string, std::vector<std::string>> projects_of(const std::vector<std::string>& words,
                                                            std::string& problem) {
  std::map<std::string, std::vector<std::string>> projects;
  std::set<std::string> seen;
  for (const std::string& word : words) {
    std::error_code error;
    const bool folder = fs::is_directory(word, error);
    const std::vector<std::string> files = folder ? files_under(word) : std::vector{word};
    if (files.empty()) problem = fmt::format("there is no `.chain` file in `{}`", word);
    for (const std::string& file : files) {
      if (seen.insert(fs::weakly_canonical(file, error).string()).second)
        projects[whole(driver::lock_path(file))].push_back(file);
    }
  }
  return projects;
}

}  // namespace

int lock(Arguments arguments) {
  CLI::App app(
      "Releases each version that is new, by writing its hashes and what it calls into `chain.lock`; a "
      "version "
      "that is released and has changed is an error. Without a file, all of the project.",
      "chain lock");
  LockCommand command;
  app.add_option("files", command.words, "files, or folders with files")->option_text("FILE|FOLDER...");
  app.add_flag("--check", command.check, "write nothing; exit 1 if something would be written");
  app.add_option(
         "--update", command.update,
         "a name, `classify`: say which callers do not call its newest version, and what becomes of them")
      ->option_text("NAME");
  if (const auto code = read_options(app, arguments)) return *code;
  if (command.words.empty()) command.words.push_back(own_project());
  std::string problem;
  const auto projects = projects_of(command.words, problem);
  if (!problem.empty()) return usage_error("lock", problem);
  int worst = kOk;
  for (const auto& [lock_path, files] : projects)
    worst = std::max(worst, lock_project(lock_path, files, command));
  return worst;
}

}  // namespace chain::cli
