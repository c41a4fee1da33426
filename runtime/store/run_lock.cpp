#include "runtime/store/run_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>

namespace chain::store {

/// One file for all runs: a run is the byte at its number.
struct RunLock::File {
  explicit File(const std::string& folder)
      : descriptor(::open((folder + "/runs.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {
  }
  ~File() {
    if (descriptor >= 0) ::close(descriptor);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  const int descriptor;
};

namespace {

struct flock at(int64_t run, short type) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = run;
  lock.l_len = 1;
  return lock;
}

}  // namespace

std::unique_ptr<RunLock> RunLock::take(const std::string& folder, int64_t run, std::string& error) {
  // Thousands of runs in one process share a descriptor: locks of open file descriptions belong to it.
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<File>> files;
  std::shared_ptr<File> file;
  {
    const std::lock_guard guard(mutex);
    file = files[folder].lock();
    if (!file) {
      file = std::make_shared<File>(folder);
      if (file->descriptor < 0) {
        error = "`" + folder + "/runs.lock` cannot be opened: " + std::strerror(errno);
        return nullptr;
      }
      files[folder] = file;
    }
  }
  struct flock lock = at(run, F_WRLCK);
  if (fcntl(file->descriptor, F_OFD_SETLK, &lock) == 0)
    return std::unique_ptr<RunLock>(new RunLock(std::move(file), run));
  error = errno == EAGAIN || errno == EACCES ? "another process carries it out at this moment"
                                             : std::string("it cannot be locked: ") + std::strerror(errno);
  return nullptr;
}

bool RunLock::is_held(const std::string& folder, int64_t run) {
  const File file(folder);  // another one: what this process holds counts as well
  if (file.descriptor < 0) return false;
  struct flock lock = at(run, F_WRLCK);
  return fcntl(file.descriptor, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

RunLock::~RunLock() {
  struct flock lock = at(run_, F_UNLCK);
  fcntl(file_->descriptor, F_OFD_SETLK, &lock);
}

}  // namespace chain::store
