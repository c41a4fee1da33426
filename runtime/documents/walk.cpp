#include "runtime/documents/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <set>

#include "runtime/access/project_files.h"

namespace chain::documents {
namespace {

using access::Opened;
using access::ProjectFiles;
using Segments = std::vector<std::string>;

constexpr size_t kMostAlternatives = 1000;
constexpr size_t kMostDepth = 200;  // of folders within each other

/// "a/{b,c}" gives "a/b" and "a/c". An open brace without an end is a brace.
std::vector<std::string> alternatives(const std::string& pattern) {
  std::vector<std::string> done, waiting = {pattern};
  while (!waiting.empty() && done.size() + waiting.size() < kMostAlternatives) {
    const std::string each = std::move(waiting.back());
    waiting.pop_back();
    const size_t open = each.find('{');
    const size_t close = each.find('}', open == std::string::npos ? 0 : open);
    if (open == std::string::npos || close == std::string::npos) {
      done.push_back(each);
      continue;
    }
    for (size_t begin = open + 1; begin <= close;) {
      const size_t end = std::min(each.find(',', begin), close);
      waiting.push_back(each.substr(0, open) + each.substr(begin, end - begin) + each.substr(close + 1));
      begin = end + 1;
    }
  }
  return done;
}

Segments segments_of(std::string_view path) {
  Segments segments;
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, slash);
    if (!part.empty() && part != ".") segments.emplace_back(part);
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return segments;
}

bool is_fixed(std::string_view segment) {
  return segment.find_first_of("*?[") == std::string_view::npos;
}

/// `[a-z]` at the front of `pattern`, which is moved behind it; without an end it is a bracket.
bool matches_set(std::string_view& pattern, char c) {
  const size_t end = pattern.find(']', 2);
  if (end == std::string_view::npos) {
    pattern.remove_prefix(1);
    return c == '[';
  }
  std::string_view set = pattern.substr(1, end - 1);
  pattern.remove_prefix(end + 1);
  const bool negated = set.starts_with('!') || set.starts_with('^');
  if (negated) set.remove_prefix(1);
  bool found = false;
  for (size_t i = 0; i < set.size(); ++i) {
    if (i + 2 < set.size() && set[i + 1] == '-') {
      found = found || (set[i] <= c && c <= set[i + 2]);
      i += 2;
    } else {
      found = found || set[i] == c;
    }
  }
  return found != negated;
}

/// One name: the last star is tried again from one character further, which never takes more than the product
/// of the sizes.
bool matches_name(std::string_view pattern, std::string_view name) {
  if (name.starts_with('.') && !pattern.starts_with('.')) return false;
  std::string_view star_pattern, star_name;
  bool star = false;
  while (true) {
    if (!pattern.empty() && pattern[0] == '*') {
      while (!pattern.empty() && pattern[0] == '*') pattern.remove_prefix(1);
      star = true, star_pattern = pattern, star_name = name;
      continue;
    }
    if (name.empty() && pattern.empty()) return true;
    std::string_view rest = pattern;
    bool good = !name.empty() && !pattern.empty();
    if (good && pattern[0] == '[') {
      good = matches_set(rest, name[0]);
    } else if (good) {
      good = pattern[0] == '?' || pattern[0] == name[0];
      rest.remove_prefix(1);
    }
    if (good) {
      const bool any = pattern[0] == '?';
      pattern = rest;
      name.remove_prefix(1);
      // A character may have several bytes.
      while (any && !name.empty() && (name[0] & 0xC0) == 0x80) name.remove_prefix(1);
    } else if (star && !star_name.empty()) {
      star_name.remove_prefix(1);
      name = star_name;
      pattern = star_pattern;
    } else {
      return false;
    }
  }
}

bool matches_segments(const Segments& pattern, const Segments& path) {
  // reached[i]: the pattern's first i segments are passed.
  std::vector<char> reached(pattern.size() + 1, 0);
  const auto pass_stars = [&] {
    for (size_t i = 0; i < pattern.size(); ++i) {
      if (reached[i] && pattern[i] == "**") reached[i + 1] = 1;
    }
  };
  reached[0] = 1;
  pass_stars();
  for (const std::string& name : path) {
    std::vector<char> next(pattern.size() + 1, 0);
    for (size_t i = 0; i < pattern.size(); ++i) {
      if (!reached[i]) continue;
      if (pattern[i] == "**") {
        if (!name.starts_with('.')) next[i] = 1;
      } else if (matches_name(pattern[i], name)) {
        next[i + 1] = 1;
      }
    }
    reached.swap(next);
    pass_stars();
  }
  return reached[pattern.size()] != 0;
}

/// Whether something under the folder `path` could be of this form.
bool may_hold(const Segments& pattern, const Segments& path) {
  std::vector<char> reached(pattern.size() + 1, 0);
  reached[0] = 1;
  for (const std::string& name : path) {
    std::vector<char> next(pattern.size() + 1, 0);
    for (size_t i = 0; i < pattern.size(); ++i) {
      if (!reached[i]) continue;
      if (pattern[i] != "**") {
        if (matches_name(pattern[i], name)) next[i + 1] = 1;
        continue;
      }
      reached[i + 1] = 1;
      if (!name.starts_with('.')) next[i] = 1;
    }
    reached.swap(next);
  }
  return std::any_of(reached.begin(), reached.end() - 1, [](char each) { return each != 0; });
}

std::string joined(const Segments& path) {
  std::string text;
  for (const std::string& segment : path) text += (text.empty() ? "" : "/") + segment;
  return text;
}

const char* kind_of(mode_t mode) {
  if (S_ISFIFO(mode)) return "it is a named pipe";
  if (S_ISSOCK(mode)) return "it is a socket";
  return "it is a device";
}

class Walker {
 public:
  Walker(const ProjectFiles& files, const std::vector<std::string>& except, const std::atomic<bool>* stop)
      : files_(files), stop_(stop) {
    for (const std::string& pattern : except) {
      for (const std::string& each : alternatives(pattern)) except_.push_back(segments_of(each));
    }
  }

  /// All that is of this form.
  void follow_all(const std::string& pattern) {
    any_ = any_left_out_ = false;
    for (const std::string& each : alternatives(pattern)) follow(each);
    const bool stopped = stop_ != nullptr && *stop_;
    if (!any_ && !stopped) unmatched_.push_back({pattern, any_left_out_});
  }

  Walk take() {
    Walk result;
    result.unmatched = std::move(unmatched_);
    result.files.assign(found_.begin(), found_.end());
    result.skipped.assign(skipped_.begin(), skipped_.end());
    return result;
  }

 private:
  void follow(const std::string& pattern) {
    pattern_ = segments_of(pattern);
    if (pattern.starts_with('/')) return skip(pattern, "it leads out of the project's folder");
    Segments path;
    while (path.size() + 1 < pattern_.size() && is_fixed(pattern_[path.size()]))
      path.push_back(pattern_[path.size()]);
    if (path.size() + 1 == pattern_.size() && is_fixed(pattern_.back())) return named(pattern_);
    folder(path);
  }
  void find(const std::string& path) {
    any_ = true;
    found_.insert(path);
  }
  void skip(const std::string& path, const std::string& why) {
    any_ = true;
    skipped_.insert({path, why});
  }
  [[nodiscard]] bool left_out(const Segments& path) const {
    return std::ranges::any_of(except_, [&](const Segments& each) { return matches_segments(each, path); });
  }

  /// A file that the pattern names outright; a folder means all that is in it.
  void named(const Segments path) {  // a copy: the pattern grows
    const std::string name = joined(path);
    const Opened opened = files_.open(name, O_PATH);
    struct stat info{};
    if (opened.error != 0 || fstat(opened.file.descriptor(), &info) != 0) {
      if (opened.error == EXDEV)
        skip(name, "it leads out of the project's folder");
      else if (opened.error != ENOENT)
        skip(name, std::strerror(opened.error));
      return;
    }
    if (S_ISDIR(info.st_mode)) {
      pattern_.emplace_back("**");
      return folder(path);
    }
    if (left_out(path)) return void(any_left_out_ = true);
    S_ISREG(info.st_mode) ? find(name) : skip(name, kind_of(info.st_mode));
  }

  void folder(const Segments& path) {
    if (path.size() > kMostDepth) return skip(joined(path), "its folders are nested too deep");
    const std::string name = path.empty() ? "." : joined(path);
    const Opened opened = files_.open(name, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
    if (opened.error != 0) {
      if (opened.error == EXDEV)
        skip(name, "it leads out of the project's folder");
      else if (opened.error != ENOENT && opened.error != ENOTDIR)
        skip(name + '/', std::strerror(opened.error));
      return;
    }
    const auto inside = entries(opened.file.descriptor());
    if (!inside) return skip(name + '/', std::strerror(errno));
    for (const std::string& entry : *inside) {
      if (stop_ != nullptr && *stop_) return;
      Segments inner = path;
      inner.push_back(entry);
      visit(opened.file.descriptor(), entry, inner);
    }
  }
  /// Nothing, and errno, if they cannot be read.
  static std::optional<std::vector<std::string>> entries(int folder) {
    std::vector<std::string> names;
    const int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(copy >= 0 ? fdopendir(copy) : nullptr, closedir);
    if (!stream) return std::nullopt;
    while (const dirent* entry = readdir(stream.get())) {
      const std::string name = entry->d_name;
      if (name != "." && name != ".." && name != ".git") names.push_back(name);
    }
    std::ranges::sort(names);
    return names;
  }

  void visit(int parent, const std::string& entry, const Segments& path) {
    const bool wanted = matches_segments(pattern_, path);
    const bool deeper = may_hold(pattern_, path);
    if (!wanted && !deeper) return;
    if (left_out(path)) return void(any_left_out_ = true);
    struct stat info{};
    if (fstatat(parent, entry.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return;
    const bool link = S_ISLNK(info.st_mode);
    if (link) {
      const Opened target = files_.open(joined(path), O_PATH);
      if (target.error != 0) {
        const bool out = target.error == EXDEV;
        return skip(joined(path),
                    out ? "it is a link that leads out of the project's folder"
                        : std::string("it is a link that leads nowhere: ") + std::strerror(target.error));
      }
      if (fstat(target.file.descriptor(), &info) != 0) return;
    }
    if (S_ISDIR(info.st_mode)) {
      if (deeper && !link) folder(path);
      return;
    }
    if (!wanted) return;
    S_ISREG(info.st_mode) ? find(joined(path)) : skip(joined(path), kind_of(info.st_mode));
  }

  const ProjectFiles& files_;
  const std::atomic<bool>* stop_;
  std::vector<Segments> except_;
  Segments pattern_;
  bool any_ = false, any_left_out_ = false;  // of the pattern at hand
  std::vector<Unmatched> unmatched_;
  std::set<std::string> found_;
  std::set<Passed> skipped_;
};

}  // namespace

bool matches(std::string_view pattern, std::string_view path) {
  return std::ranges::any_of(alternatives(std::string(pattern)), [&](const std::string& each) {
    return matches_segments(segments_of(each), segments_of(path));
  });
}

Walk walk(const ProjectFiles& files, const std::vector<std::string>& patterns,
          const std::vector<std::string>& except, const std::atomic<bool>* stop) {
  Walker walker(files, except, stop);
  for (const std::string& pattern : patterns) walker.follow_all(pattern);
  return walker.take();
}

}  // namespace chain::documents
