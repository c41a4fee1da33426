#include "runtime/access/project_files.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <vector>

namespace chain::access {

namespace {

constexpr int kMostLinks = 40;  // as Linux has it
constexpr int kMostAttempts = 16;

/// -1 with errno set; ENOSYS or EPERM if there is no such call.
int open_beneath(int folder, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  // EAGAIN: something was renamed meanwhile, and `..` could not be told to stay beneath.
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    const long file = syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how);
    if (file >= 0 || (errno != EAGAIN && errno != EINTR)) return static_cast<int>(file);
  }
  return -1;
}

Opened failed(int error) {
  Opened result;
  result.error = error;
  return result;
}

/// Walks a path, with a descriptor for every folder on the way, so that `..` goes back where it came from.
class Walk {
 public:
  Walk(int folder, std::string_view path, int flags) : folder_(folder), flags_(flags) { put(path); }

  Opened run() {
    while (!parts_.empty()) {
      const std::string part = std::move(parts_.front());
      parts_.pop_front();
      if (part == "..") {
        if (way_.empty()) return failed(EXDEV);
        way_.pop_back();
        continue;
      }
      if (part == ".") continue;
      if (const int error = parts_.empty() ? last(part) : step(part); error != 0) return failed(error);
      if (opened_.open()) return {std::move(opened_), 0};
    }
    // The path ended with a folder that is open already.
    const int file = openat(here(), ".", flags_ | O_CLOEXEC);
    return file < 0 ? failed(errno) : Opened{File(file), 0};
  }

 private:
  [[nodiscard]] int here() const { return way_.empty() ? folder_ : way_.back().descriptor(); }

  /// Puts the parts of a path before those that are left.
  void put(std::string_view path) {
    std::vector<std::string> parts;
    while (!path.empty()) {
      const size_t slash = path.find('/');
      if (slash != 0) parts.emplace_back(path.substr(0, slash));
      path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    }
    parts_.insert(parts_.begin(), parts.begin(), parts.end());
  }

  int step(const std::string& part) {
    const int next = openat(here(), part.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (next >= 0) {
      way_.emplace_back(next);
      return 0;
    }
    return errno == ENOTDIR || errno == ELOOP ? follow(part, ENOTDIR) : errno;
  }

  int last(const std::string& part) {
    const int file = openat(here(), part.c_str(), flags_ | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0) {
      const int why = errno;
      if ((flags_ & O_NOFOLLOW) == 0 && (why == ELOOP || why == ENOTDIR)) return follow(part, why);
      return why;
    }
    File opened(file);
    struct stat info{};
    // O_PATH opens a symlink itself.
    if (fstat(file, &info) == 0 && S_ISLNK(info.st_mode) && (flags_ & O_NOFOLLOW) == 0)
      return follow(part, ELOOP);
    opened_ = std::move(opened);
    return 0;
  }

  /// Goes on with what a symlink says; `otherwise` if `part` is none.
  int follow(const std::string& part, int otherwise) {
    char target[4096];
    const ssize_t size = readlinkat(here(), part.c_str(), target, sizeof target);
    if (size < 0) return otherwise;
    if (++links_ > kMostLinks) return ELOOP;
    if (size == static_cast<ssize_t>(sizeof target)) return ENAMETOOLONG;
    if (size > 0 && target[0] == '/') return EXDEV;
    put({target, static_cast<size_t>(size)});
    return 0;
  }

  int folder_;
  int flags_;
  int links_ = 0;
  std::deque<std::string> parts_;
  std::vector<File> way_;
  File opened_;
};

}  // namespace

File::~File() {
  if (descriptor_ >= 0) close(descriptor_);
}

File::File(File&& other) noexcept : descriptor_(other.descriptor_) {
  other.descriptor_ = -1;
}

File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

ProjectFiles::ProjectFiles(const std::string& folder)
    : folder_(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}

Opened open_step_by_step(int folder, std::string_view path, int flags) {
  if (path.empty()) return failed(ENOENT);
  if (path.front() == '/') return failed(EXDEV);
  return Walk(folder, path, flags).run();
}

Opened ProjectFiles::open(std::string_view path, int flags) const {
  if (!folder_.open()) return failed(EBADF);
  if (path.find('\0') != std::string_view::npos) return failed(ENOENT);
  const int file = open_beneath(folder_.descriptor(), std::string(path), flags);
  if (file >= 0) return {File(file), 0};
  if (errno != ENOSYS && errno != EPERM) return failed(errno);
  return open_step_by_step(folder_.descriptor(), path, flags);
}

namespace {

std::nullopt_t cannot_read(std::string_view path, std::string& error, const std::string& why) {
  error = "cannot read `" + std::string(path) + "`: " + why;
  return std::nullopt;
}

}  // namespace

std::optional<std::string> ProjectFiles::read(std::string_view path, size_t limit, std::string& error) const {
  std::optional<std::string> text = read_start(path, limit + 1, error);
  if (text && text->size() > limit)
    return cannot_read(path, error, "it is larger than " + std::to_string(limit) + " bytes");
  return text;
}

std::optional<std::string> ProjectFiles::read_start(std::string_view path, size_t limit,
                                                    std::string& error) const {
  const auto fails = [&](const std::string& why) { return cannot_read(path, error, why); };
  // Nothing that blocks, a named pipe for one, is waited for.
  const Opened opened = open(path, O_RDONLY | O_NONBLOCK);
  if (opened.error == EXDEV) return fails("it leads out of the project's folder");
  if (opened.error != 0) return fails(std::strerror(opened.error));
  struct stat info{};
  if (fstat(opened.file.descriptor(), &info) != 0) return fails(std::strerror(errno));
  if (!S_ISREG(info.st_mode)) return fails(S_ISDIR(info.st_mode) ? "it is a folder" : "it is not a file");
  std::string text;
  char buffer[64 << 10];
  while (text.size() < limit) {
    const ssize_t count =
        ::read(opened.file.descriptor(), buffer, std::min(sizeof buffer, limit - text.size()));
    if (count == 0) break;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fails(std::strerror(errno));
    text.append(buffer, static_cast<size_t>(count));
  }
  return text;
}

}  // namespace chain::access
