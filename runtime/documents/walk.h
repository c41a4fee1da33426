// The files of a project that patterns name. Internal to runtime/documents.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

namespace chain::access {
class ProjectFiles;
}

namespace chain::documents {

/// What matches and is not read, and why. A folder ends with `/`; what it may hold is not known then.
struct Passed {
  std::string path;
  std::string why;
  [[nodiscard]] bool is_folder() const { return path.ends_with('/'); }
  friend auto operator<=>(const Passed&, const Passed&) = default;
};

/// A pattern of which nothing matches.
struct Unmatched {
  std::string pattern;
  bool left_out = false;  // something does, and `except` leaves out all of it
};

struct Walk {
  std::vector<std::string> files;  // regular ones, relative to the folder, sorted, each once
  std::vector<Passed> skipped;     // sorted
  std::vector<Unmatched> unmatched;
};

/// `*` and `?` stand for anything but `/`, `[a-z]` for one of these, `{a,b}` for either, and `**` for any
/// number of folders. What begins with a dot is only found by a pattern that says the dot. No symlink to a
/// folder is followed but in a pattern's fixed beginning, and none that leads out of the folder. Nothing but
/// folders is opened.
[[nodiscard]] Walk walk(const access::ProjectFiles& files, const std::vector<std::string>& patterns,
                        const std::vector<std::string>& except, const std::atomic<bool>* stop);

/// Whether `path` is of the form `pattern`.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view path);

}  // namespace chain::documents
