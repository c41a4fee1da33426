#include "compiler/lock/update_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

namespace chain::lock {
namespace {

namespace fs = std::filesystem;

constexpr off_t kMostBytes = off_t{64} << 20;
constexpr std::chrono::milliseconds kBetweenTries{5};
constexpr int kTries = 2000;       // 10 s
constexpr int kNames = 1000;       // for the new file; others may lie about from processes that were killed
constexpr int kMostLinks = 40;     // to the file, as the kernel has it
constexpr mode_t kNewMode = 0666;  // less the umask

/// A descriptor that is closed.
class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }
  [[nodiscard]] bool open() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

/// 0 with the folder locked, or an errno: EWOULDBLOCK if others have kept it for all that time. Released when
/// `folder` is closed. File systems that know no such locks go without.
int take_turn(const File& folder) {
  for (int i = 0; i < kTries; ++i) {
    if (flock(folder.get(), LOCK_EX | LOCK_NB) == 0) return 0;
    if (errno == ENOLCK || errno == EBADF || errno == EOPNOTSUPP) return 0;
    if (errno != EWOULDBLOCK && errno != EINTR) return errno;
    std::this_thread::sleep_for(kBetweenTries);
  }
  return EWOULDBLOCK;
}

/// All of `path`, with its mode. Nothing with `error` 0 if there is no such file.
std::optional<std::string> read_all(const std::string& path, mode_t& mode, std::string& error) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info{};
  if (!file.open() && errno == ENOENT) return std::nullopt;
  if (!file.open() || fstat(file.get(), &info) != 0) {
    error = std::strerror(errno);
  } else if (!S_ISREG(info.st_mode)) {
    error = S_ISDIR(info.st_mode) ? "it is a folder" : "it is a device or a pipe, not a file";
  } else if (info.st_size > kMostBytes) {
    error = "it is larger than 64 MiB";
  }
  if (!error.empty()) return std::nullopt;
  mode = info.st_mode & 0777;
  std::string text(static_cast<size_t>(info.st_size), '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = ::read(file.get(), text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return error = std::strerror(errno), std::nullopt;
    if (count == 0) break;
    size += static_cast<size_t>(count);
  }
  text.resize(size);
  return text;
}

/// 0, or an errno.
int write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return fsync(file) == 0 ? 0 : errno;
}

/// Puts a new file in the place of the one at `path`. 0, or an errno.
int replace(const std::string& path, std::string_view text, mode_t mode, const File& folder) {
  std::string fresh;
  int descriptor = -1;
  for (int i = 0; i < kNames && descriptor < 0; ++i) {
    fresh = path + '.' + std::to_string(getpid()) + '.' + std::to_string(i);
    descriptor = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (descriptor < 0 && errno != EEXIST) break;
  }
  if (descriptor < 0) return errno;
  int error = 0;
  {
    const File file(descriptor);
    error = write_all(file.get(), text);
  }
  if (error == 0 && rename(fresh.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) unlink(fresh.c_str());
  (void)fsync(folder.get());  // the name, too, outlives a fall of the machine, where the file system can
  return error;
}

/// Where the file really is, or will be: a link may lead to what is not there yet.
std::string resolved(fs::path path) {
  std::error_code error;
  for (int links = 0; links < kMostLinks && fs::is_symlink(path, error); ++links) {
    const fs::path target = fs::read_symlink(path, error);
    if (error) break;
    path = path.parent_path() / target;
  }
  return path.string();
}

}  // namespace

Update update_lock(const std::string& path, const std::function<void(Lock&)>& change, SourceMap& sources,
                   Diagnostics& diagnostics, std::string& error) {
  const auto fail = [&](const std::string& what, const std::string& why) {
    error = "cannot " + what + " `" + path + "`: " + why;
    return Update::Failed;
  };
  const std::string real = resolved(path);
  const std::string beside = fs::path(real).parent_path().string();
  const File folder(::open(beside.empty() ? "." : beside.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.open()) return fail("write", std::strerror(errno));
  if (const int turn = take_turn(folder); turn != 0)
    return fail("write", turn == EWOULDBLOCK ? "another process has held its folder locked for 10 s"
                                             : std::strerror(turn));
  mode_t mode = kNewMode;
  std::string why;
  std::optional<std::string> text = read_all(real, mode, why);
  if (!why.empty()) return fail("read", why);
  Lock lock;
  if (text) {
    auto read = read_lock(sources, sources.add(path, *text), diagnostics);
    if (!read) return Update::Damaged;
    lock = *std::move(read);
  }
  const std::string before = write_lock(lock);
  change(lock);
  const std::string after = write_lock(lock);
  if (after == before) return Update::Same;
  const int failed = replace(real, after, mode, folder);
  return failed == 0 ? Update::Written : fail("write", std::strerror(failed));
}

}  // namespace chain::lock
