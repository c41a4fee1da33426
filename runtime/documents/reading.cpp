#include "runtime/documents/reading.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "runtime/access/project_files.h"

namespace chain::documents {

access::File open_file(const access::ProjectFiles& files, const std::string& path, Reading& reading,
                       uint64_t& size) {
  // A named pipe would wait for its writer.
  access::Opened opened = files.open(path, O_RDONLY | O_NONBLOCK);
  struct stat info{};
  if (opened.error == 0 && fstat(opened.file.descriptor(), &info) != 0) opened.error = errno;
  if (opened.error != 0) {
    const bool out = opened.error == EXDEV;
    reading.why = out ? "it leads out of the project's folder" : std::strerror(opened.error);
    reading.keep = !out && opened.error != ENOENT;
    return {};
  }
  if (!S_ISREG(info.st_mode)) {
    reading.why = S_ISDIR(info.st_mode) ? "it is a folder" : "it is not a file";
    return {};
  }
  size = static_cast<uint64_t>(info.st_size);
  return std::move(opened.file);
}

Reading read_file(const access::ProjectFiles& files, const std::string& path, uint64_t limit) {
  Reading reading;
  uint64_t size = 0;
  const access::File file = open_file(files, path, reading, size);
  if (!file.open()) return reading;
  const auto too_large = [&] {
    reading.why = "it has more than " + std::to_string(limit) + " bytes; split it";
    reading.bytes.clear();
    return reading;
  };
  if (size > limit) return too_large();
  reading.bytes.resize(size + 1);
  size_t filled = 0;
  while (true) {
    const ssize_t count =
        read(file.descriptor(), reading.bytes.data() + filled, reading.bytes.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      reading.why = std::strerror(errno);
      reading.keep = true;
      reading.bytes.clear();
      return reading;
    }
    filled += static_cast<size_t>(count);
    if (filled > limit) return too_large();
    if (count == 0) break;
    if (filled == reading.bytes.size()) reading.bytes.resize(filled * 2);  // it grows meanwhile
  }
  reading.bytes.resize(filled);
  return reading;
}

}  // namespace chain::documents
