// A file of rows: answers of `--each`, or rows that have none.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>

namespace chain::cli {

/// `line` begins as the lines of such a file do.
[[nodiscard]] bool is_answer(std::string_view line);

/// A file that lines are added to, by one process at a time.
class LineFile {
 public:
  ~LineFile();

  /// Opens or makes it. A line that was not finished, by a crash or a full disk, is cut off.
  bool open(const std::string& path, std::string& error);
  [[nodiscard]] bool is_open() const { return file_ >= 0; }
  [[nodiscard]] bool is_regular() const { return S_ISREG(info_.st_mode); }
  /// Why a file with other lines is left alone.
  [[nodiscard]] std::string not_ours() const;
  /// Empties it.
  bool clear(std::string& error);
  /// Lines are written when there are many, or by `flush`.
  bool add(std::string_view line, std::string& error);
  bool flush(std::string& error);

 private:
  bool fail(std::string& error) const;

  std::string path_;
  int file_ = -1;
  struct stat info_{};
  std::string waiting_;
};

}  // namespace chain::cli
