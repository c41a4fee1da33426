#include "compiler/driver/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace chain::driver {

std::optional<std::string> read_file(const std::string& path, size_t limit) {
  // O_NONBLOCK: opening a pipe must not wait for its other end.
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return std::nullopt;
  struct stat info{};
  std::optional<std::string> bytes;
  if (fstat(file, &info) == 0 && S_ISREG(info.st_mode) && static_cast<size_t>(info.st_size) <= limit) {
    bytes.emplace(static_cast<size_t>(info.st_size), '\0');
    size_t got = 0;
    while (got < bytes->size()) {
      const ssize_t size = read(file, bytes->data() + got, bytes->size() - got);
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) break;
      got += static_cast<size_t>(size);
    }
    bytes->resize(got);
  }
  close(file);
  return bytes;
}

bool write_file_atomically(const std::string& path, std::string_view bytes) {
  std::string name = path + ".XXXXXX";
  const int file = mkostemp(name.data(), O_CLOEXEC);  // mode 0600
  if (file < 0) return false;
  bool good = true;
  while (good && !bytes.empty()) {
    const ssize_t size = write(file, bytes.data(), bytes.size());
    good = size > 0;
    if (good) bytes.remove_prefix(static_cast<size_t>(size));
  }
  good = close(file) == 0 && good && rename(name.c_str(), path.c_str()) == 0;
  if (!good) unlink(name.c_str());
  return good;
}

}  // namespace chain::driver
