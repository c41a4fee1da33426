#include "runtime/retrieve/place.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <thread>

#include "runtime/store/database.h"
#include "runtime/value/digest.h"

namespace chain::retrieve {
namespace {

namespace fs = std::filesystem;

constexpr auto kLook = std::chrono::milliseconds(20);

std::string lock_file(const IndexPlace& place) {
  return place.folder + "/build.lock";
}

std::string because(const std::string& path, const char* what) {
  return "`" + path + "` cannot be " + what + ": " + std::strerror(errno);
}

bool lock(int descriptor) {
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return fcntl(descriptor, F_OFD_SETLK, &lock) == 0;
}

/// Whoever holds the lock has written its process id.
int64_t process_in(int descriptor) {
  char text[24] = {};
  return pread(descriptor, text, sizeof text - 1, 0) > 0 ? std::strtoll(text, nullptr, 10) : 0;
}

/// The folder may have been dropped, and with it the lock's file, since it was opened.
bool is_there(int descriptor, const std::string& path) {
  struct stat open{}, named{};
  return fstat(descriptor, &open) == 0 && stat(path.c_str(), &named) == 0 && open.st_ino == named.st_ino &&
         open.st_dev == named.st_dev;
}

}  // namespace

std::optional<IndexPlace> place_of(const IndexSettings& settings, std::string& error) {
  const std::string state = store::state_folder();
  if (state.empty()) {
    error = "there is no folder for indexes: set CHAIN_STATE_DIR or HOME";
    return std::nullopt;
  }
  std::error_code code;
  fs::path file = fs::weakly_canonical(fs::absolute(settings.file, code), code);
  if (code) file = fs::absolute(settings.file, code).lexically_normal();
  const std::string key = value::hex(value::sha256(file.string() + '\n' + settings.name)).substr(0, 12);
  const std::string folder = state + "/indexes/" + settings.name + '-' + key;
  return IndexPlace{folder, folder + "/passages.db", folder + "/vectors.bin"};
}

bool make_folder(const IndexPlace& place, std::string& error) {
  const fs::path folder(place.folder);
  std::error_code code;
  fs::create_directories(folder.parent_path().parent_path(), code);
  for (const fs::path& each : {folder.parent_path(), folder}) {
    if (mkdir(each.c_str(), 0700) == 0 || errno == EEXIST) continue;
    error = because(each.string(), "made") + "; CHAIN_STATE_DIR names another place for it";
    return false;
  }
  return true;
}

std::unique_ptr<BuildLock> BuildLock::take(const IndexPlace& place, int64_t wait_ns,
                                           const std::atomic<bool>* stop, std::string& error,
                                           bool* cannot_write) {
  const std::string path = lock_file(place);
  const auto until = std::chrono::steady_clock::now() + std::chrono::nanoseconds(wait_ns);
  while (true) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0) {
      error = because(path, "opened");
      if (cannot_write != nullptr) *cannot_write = true;
      return nullptr;
    }
    const bool locked = lock(descriptor);
    const int problem = errno;
    if (locked && is_there(descriptor, path)) {
      const std::string process = std::to_string(getpid()) + "\n";
      if (ftruncate(descriptor, 0) == 0) (void)!pwrite(descriptor, process.data(), process.size(), 0);
      return std::unique_ptr<BuildLock>(new BuildLock(descriptor));
    }
    const int64_t holder = locked ? 0 : process_in(descriptor);
    ::close(descriptor);
    if (!locked && problem != EAGAIN && problem != EACCES) {
      error = "`" + path + "` cannot be locked: " + std::strerror(problem);
      return nullptr;
    }
    if (std::chrono::steady_clock::now() >= until || (stop && *stop)) {
      error = "process " + std::to_string(holder) + " builds the index at this moment: wait for its end";
      return nullptr;
    }
    std::this_thread::sleep_for(kLook);
  }
}

BuildLock::~BuildLock() {
  ::close(descriptor_);
}

bool is_writable(const IndexPlace& place) {
  return faccessat(AT_FDCWD, place.folder.c_str(), W_OK, AT_EACCESS) == 0 &&
         faccessat(AT_FDCWD, place.passages.c_str(), W_OK, AT_EACCESS) == 0;
}

int64_t builder_of(const IndexPlace& place) {
  const int descriptor = ::open(lock_file(place).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return 0;
  struct flock lock{};
  lock.l_type = F_RDLCK;
  lock.l_whence = SEEK_SET;
  const bool held = fcntl(descriptor, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  const int64_t process = held ? process_in(descriptor) : 0;
  ::close(descriptor);
  return process;
}

bool remove_files(const IndexPlace& place, std::string& error) {
  // The lock's file last: until then nobody else builds here.
  for (const std::string& path :
       {place.vectors, place.passages, place.passages + "-wal", place.passages + "-shm", lock_file(place)}) {
    if (unlink(path.c_str()) == 0 || errno == ENOENT) continue;
    error = because(path, "removed");
    return false;
  }
  std::error_code code;
  fs::remove_all(place.folder, code);
  if (code) error = "`" + place.folder + "` cannot be removed: " + code.message();
  return !code;
}

}  // namespace chain::retrieve
