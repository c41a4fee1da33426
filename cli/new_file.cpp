#include "cli/new_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace chain::cli {

bool write_new(const std::string& path, std::string_view text, std::string& error) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  bool written = file >= 0;
  while (written && !text.empty()) {
    const ssize_t count = write(file, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    written = count > 0;
    if (written) text.remove_prefix(static_cast<size_t>(count));
  }
  if (!written) error = fmt::format("cannot write `{}`: {}", path, std::strerror(errno));
  if (file >= 0) close(file);
  return written;
}

}  // namespace chain::cli
