#include "runtime/access/project.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace chain::access {

namespace {

namespace fs = std::filesystem;

/// A marker that somebody else has put there, in /tmp for one, is none.
bool has_marker(const fs::path& folder) {
  for (const char* name : {"chain.lock", ".git"}) {
    struct stat info{};
    if (lstat((folder / name).c_str(), &info) == 0 && (info.st_uid == geteuid() || info.st_uid == 0))
      return true;
  }
  return false;
}

fs::path resolved(const fs::path& path) {
  std::error_code error;
  fs::path result = fs::weakly_canonical(fs::absolute(path, error), error);
  if (error || result.empty()) result = fs::absolute(path, error).lexically_normal();
  return result;
}

/// The path from `folder` to `path`; empty if it does not lie beneath.
fs::path beneath(const fs::path& folder, const fs::path& path) {
  const fs::path relative = path.lexically_relative(folder);
  return relative.empty() || *relative.begin() == ".." ? fs::path() : relative;
}

}  // namespace

std::string project_folder(const std::string& file) {
  const fs::path own = resolved(file).parent_path();
  const char* home = std::getenv("HOME");
  const fs::path home_folder = home && *home ? resolved(home) : fs::path();
  for (fs::path folder = own;; folder = folder.parent_path()) {
    const bool too_wide = folder == home_folder || folder == folder.root_path();
    if ((!too_wide || folder == own) && has_marker(folder)) return folder.string();
    if (folder == folder.parent_path()) return own.string();
  }
}

std::string locate(const std::string& folder, const std::string& path, const std::string& base) {
  fs::path fixed = fs::path(path).is_absolute() ? fs::path() : fs::path(base);
  fs::path rest;
  for (const fs::path& part : fs::path(path)) {
    const bool open = !rest.empty() || part.string().find_first_of("*?[") != std::string::npos;
    if (open) {
      rest /= part;
    } else {
      fixed /= part;
    }
  }
  const fs::path known = resolved(fixed);
  const fs::path whole = rest.empty() ? known : (known / rest).lexically_normal();
  const fs::path inside = beneath(folder, whole);
  return inside.empty() ? whole.string() : inside.string();
}

std::string absolute(const std::string& folder, const std::string& located) {
  const fs::path path(located);
  return (path.is_absolute() ? path : fs::path(folder) / path).lexically_normal().string();
}

}  // namespace chain::access
