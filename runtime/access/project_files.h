// Files under a folder, and nothing else: no path and no symlink leads out of it, whatever it says.
//
// As openat2(2) with RESOLVE_BENEATH has it: symlinks and `..` may stand in a path as long as no step of it
// leaves the folder; an absolute path, or an absolute symlink, always does.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace chain::access {

/// An open file; closed at its end.
class File {
 public:
  File() = default;
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;

  [[nodiscard]] bool open() const { return descriptor_ >= 0; }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_ = -1;
};

/// What came of opening: a file, or an errno; EXDEV if the path leaves the folder.
struct Opened {
  File file;
  int error = 0;
};

class ProjectFiles {
 public:
  /// Not `open()` if the folder cannot be had.
  explicit ProjectFiles(const std::string& folder);

  [[nodiscard]] bool open() const { return folder_.open(); }
  /// `flags` are those of open(2); O_CLOEXEC is added. `path` is relative to the folder.
  [[nodiscard]] Opened open(std::string_view path, int flags) const;
  /// All of a regular file of at most `limit` bytes. Nothing, and a sentence in `error`, otherwise.
  [[nodiscard]] std::optional<std::string> read(std::string_view path, size_t limit,
                                                std::string& error) const;
  /// The same of a file of any size, of which it is the first `limit` bytes.
  [[nodiscard]] std::optional<std::string> read_start(std::string_view path, size_t limit,
                                                      std::string& error) const;

 private:
  File folder_;
};

/// One step after the other, for kernels without openat2 (before Linux 5.6) and sandboxes that forbid it.
[[nodiscard]] Opened open_step_by_step(int folder, std::string_view path, int flags);

}  // namespace chain::access
