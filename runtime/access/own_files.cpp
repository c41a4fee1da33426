#include "runtime/access/own_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace chain::access {

namespace {

namespace fs = std::filesystem;

constexpr size_t kMostBytes = size_t{4} << 20;

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

}  // namespace

std::optional<std::string> read_own(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) return std::nullopt;
  struct stat info{};
  std::optional<std::string> text;
  const bool own = fstat(file, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == geteuid() &&
                   (info.st_mode & 0022) == 0 && static_cast<size_t>(info.st_size) <= kMostBytes;
  if (own) {
    text.emplace(static_cast<size_t>(info.st_size), '\0');
    size_t done = 0;
    while (done < text->size()) {
      const ssize_t count = read(file, text->data() + done, text->size() - done);
      if (count <= 0) break;
      done += static_cast<size_t>(count);
    }
    text->resize(done);
  }
  close(file);
  return text;
}

bool write_own(const std::string& folder, const std::string& path, std::string_view text,
               std::string& error) {
  const auto fails = [&](const std::string& what) {
    error = what + ": " + std::strerror(errno);
    return false;
  };
  if (folder.empty()) {
    error = "there is no place to keep it: neither XDG_CONFIG_HOME nor HOME is set";
    return false;
  }
  std::error_code ignored;
  fs::create_directories(fs::path(folder).parent_path(), ignored);
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return fails("cannot make `" + folder + "`");
  struct stat info{};
  if (lstat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != geteuid() ||
      (info.st_mode & 0022) != 0) {
    error = "`" + folder + "` is not a folder that only you can write";
    return false;
  }
  const std::string fresh = path + '.' + std::to_string(getpid());
  const int file = open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return fails("cannot write `" + fresh + "`");
  const bool written = write_all(file, text) && fsync(file) == 0;
  const int why = errno;
  close(file);
  if (written && rename(fresh.c_str(), path.c_str()) == 0) return true;
  if (!written) errno = why;
  fails("cannot write `" + path + "`");
  unlink(fresh.c_str());
  return false;
}

}  // namespace chain::access
