#include "runtime/vectors/index_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

// Into this file, so that there is no library to load.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace chain::vectors {

class Checksum {
 public:
  Checksum() { XXH64_reset(&state_, 0); }
  void add(const void* bytes, size_t size) { XXH64_update(&state_, bytes, size); }
  [[nodiscard]] uint64_t value() const { return XXH64_digest(&state_); }

 private:
  XXH64_state_t state_;
};

namespace {

constexpr size_t kBuffer = size_t{1} << 20;

int open_fresh(std::string& name) {
  name += ".XXXXXX";
  return mkostemp(name.data(), O_CLOEXEC);  // mode 0600
}

}  // namespace

FileWriter::FileWriter(std::string path)
    : path_(std::move(path)), fresh_(path_), file_(open_fresh(fresh_)), checksum_(new Checksum) {
  if (file_ < 0) failure_ = errno;
}

FileWriter::~FileWriter() {
  if (file_ < 0) return;
  close(file_);
  unlink(fresh_.c_str());
}

void FileWriter::bytes(const void* from, size_t size) {
  checksum_->add(from, size);
  const char* begin = static_cast<const char*>(from);
  if (buffer_.size() + size > kBuffer) {
    write(buffer_.data(), buffer_.size());
    buffer_.clear();
  }
  if (size > kBuffer) return write(begin, size);
  buffer_.insert(buffer_.end(), begin, begin + size);
}

void FileWriter::write(const char* from, size_t size) {
  while (failure_ == 0 && size > 0) {
    const ssize_t count = ::write(file_, from, size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) failure_ = count < 0 ? errno : ENOSPC;
    if (count <= 0) return;
    from += count;
    size -= static_cast<size_t>(count);
  }
}

bool FileWriter::finish(std::string& error) {
  number(checksum_->value());
  write(buffer_.data(), buffer_.size());
  if (failure_ == 0 && rename(fresh_.c_str(), path_.c_str()) != 0) failure_ = errno;
  if (file_ >= 0 && failure_ != 0) unlink(fresh_.c_str());
  if (file_ >= 0 && close(file_) != 0 && failure_ == 0) failure_ = errno;
  file_ = -1;
  if (failure_ == 0) return true;
  error = "cannot write `" + path_ + "`: " + std::strerror(failure_) + "; make room or give it another place";
  return false;
}

FileReader::FileReader(const std::string& path)
    // O_NONBLOCK: opening a pipe must not wait for its other end.
    : file_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)), checksum_(new Checksum) {
  struct stat info{};
  if (file_ < 0 || fstat(file_, &info) != 0 || !S_ISREG(info.st_mode)) return;
  if (info.st_size < static_cast<off_t>(sizeof(uint64_t))) return;
  left_ = static_cast<uint64_t>(info.st_size) - sizeof(uint64_t);
  good_ = true;
}

FileReader::~FileReader() {
  if (file_ >= 0) close(file_);
}

bool FileReader::bytes(void* to, size_t size) {
  if (!good_ || size > left_) return good_ = false;
  left_ -= size;
  if (!read(static_cast<char*>(to), size)) return false;
  checksum_->add(to, size);
  return true;
}

bool FileReader::read(char* to, size_t size) {
  while (size > 0) {
    const ssize_t count = ::read(file_, to, size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return good_ = false;
    to += count;
    size -= static_cast<size_t>(count);
  }
  return true;
}

bool FileReader::ends_well() {
  uint64_t written = 0;
  if (!good_ || left_ != 0 || !read(reinterpret_cast<char*>(&written), sizeof(written))) return false;
  return written == checksum_->value();
}

}  // namespace chain::vectors
