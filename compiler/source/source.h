// Source files and positions in them.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace chain {

/// Index of a file in a `SourceMap`.
struct FileId {
  uint32_t index = 0;
  friend bool operator==(FileId, FileId) = default;
};

/// A half-open range of bytes, `[begin, end)`, in one file.
struct Span {
  FileId file;
  uint32_t begin = 0;
  uint32_t end = 0;

  friend bool operator==(Span, Span) = default;
  /// The smallest span that covers both; they must be of one file.
  [[nodiscard]] Span to(Span last) const { return {file, begin, last.end}; }
};

/// A place as people count it: both from 1; `column` counts code points.
struct Position {
  uint32_t line = 1;
  uint32_t column = 1;
};

/// One file's text, UTF-8 and without a byte order mark, and where its lines begin.
class SourceFile {
 public:
  /// `made`: out of another file, by the compiler.
  SourceFile(std::string path, std::string text, bool made = false);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] bool made() const { return made_; }
  [[nodiscard]] Position position(uint32_t offset) const;
  /// The text of a line (from 1), without its line break.
  [[nodiscard]] std::string_view line(uint32_t number) const;
  [[nodiscard]] uint32_t line_start(uint32_t number) const;
  [[nodiscard]] uint32_t line_count() const { return static_cast<uint32_t>(line_starts_.size()); }

 private:
  std::string path_;
  std::string text_;
  std::vector<uint32_t> line_starts_;
  bool made_;
};

/// Owns every file of a compilation. References to files stay valid as more are added.
class SourceMap {
 public:
  FileId add(std::string path, std::string text);
  /// A text that stands in no file.
  FileId add_made(std::string path, std::string text);
  [[nodiscard]] const SourceFile& file(FileId id) const { return files_[id.index]; }
  [[nodiscard]] std::string_view text(Span span) const;
  [[nodiscard]] size_t size() const { return files_.size(); }

 private:
  std::deque<SourceFile> files_;
};

}  // namespace chain
