#include "runtime/store/run_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace chain::store {
namespace {

/// One file for all runs: a run is the byte at its number. Open file description locks belong to this very
/// descriptor, not to the process, so that two runs in one process do not share one.
int open_file(const std::string& folder) {
  return ::open((folder + "/runs.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

struct flock at(int64_t run) {
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = run;
  lock.l_len = 1;
  return lock;
}

}  // namespace

std::unique_ptr<RunLock> RunLock::take(const std::string& folder, int64_t run, std::string& error) {
  const int file = open_file(folder);
  if (file < 0) {
    error = "`" + folder + "/runs.lock` cannot be opened: " + std::strerror(errno);
    return nullptr;
  }
  std::unique_ptr<RunLock> held(new RunLock(file));
  struct flock lock = at(run);
  if (fcntl(file, F_OFD_SETLK, &lock) == 0) return held;
  error = errno == EAGAIN || errno == EACCES ? "another process carries it out at this moment"
                                             : std::string("it cannot be locked: ") + std::strerror(errno);
  return nullptr;
}

bool RunLock::is_held(const std::string& folder, int64_t run) {
  const int file = open_file(folder);
  if (file < 0) return false;
  struct flock lock = at(run);
  const bool asked = fcntl(file, F_OFD_GETLK, &lock) == 0;
  ::close(file);
  return asked && lock.l_type != F_UNLCK;
}

RunLock::~RunLock() {
  ::close(file_);
}

}  // namespace chain::store
