#include "cli/line_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace chain::cli {
namespace {

/// Lines that come in one turn of the loop are written at once, if they are not more bytes than these.
constexpr size_t kBuffered = size_t{1} << 16;

}  // namespace

bool is_answer(std::string_view line) {
  return line.starts_with(R"({"row":)");
}

LineFile::~LineFile() {
  if (file_ >= 0) ::close(file_);
}

bool LineFile::open(const std::string& path, std::string& error) {
  path_ = path;
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND, 0666);
  if (file_ < 0 || fstat(file_, &info_) != 0) return fail(error);
  if (!is_regular()) return true;  // /dev/stdout, a pipe
  if (flock(file_, LOCK_EX | LOCK_NB) != 0) {
    error = fmt::format("`{}` is being written by another process", path);
    return false;
  }
  if (fstat(file_, &info_) != 0) return fail(error);
  off_t end = info_.st_size;
  char last = '\n';
  while (end > 0 && pread(file_, &last, 1, end - 1) == 1 && last != '\n') --end;
  if (end == info_.st_size) return true;
  char start[7] = {};
  const ssize_t count = pread(file_, start, sizeof start, end);
  const std::string_view begin(start, static_cast<size_t>(std::max<ssize_t>(count, 0)));
  if (!is_answer(begin) && !std::string_view(R"({"row":)").starts_with(begin)) {
    error = not_ours();
    return false;
  }
  return ftruncate(file_, end) == 0 || fail(error);
}

std::string LineFile::not_ours() const {
  return fmt::format("`{}` holds something else than answers, so nothing is added to it", path_);
}

bool LineFile::clear(std::string& error) {
  return ftruncate(file_, 0) == 0 || fail(error);
}

bool LineFile::add(std::string_view line, std::string& error) {
  waiting_.append(line) += '\n';
  return waiting_.size() < kBuffered || flush(error);
}

bool LineFile::flush(std::string& error) {
  std::string_view left = waiting_;
  while (!left.empty()) {
    const ssize_t written = ::write(file_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return fail(error);
    left.remove_prefix(static_cast<size_t>(written));
  }
  waiting_.clear();
  return true;
}

bool LineFile::fail(std::string& error) const {
  error = fmt::format("`{}` cannot be written: {}", path_, std::strerror(errno));
  return false;
}

}  // namespace chain::cli
