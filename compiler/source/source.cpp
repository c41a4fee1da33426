#include "compiler/source/source.h"

#include <algorithm>

namespace chain {

SourceFile::SourceFile(std::string path, std::string text, bool made)
    : path_(std::move(path)), text_(std::move(text)), made_(made) {
  if (text_.starts_with("\xEF\xBB\xBF")) text_.erase(0, 3);
  line_starts_.push_back(0);
  for (size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') line_starts_.push_back(static_cast<uint32_t>(i + 1));
  }
}

Position SourceFile::position(uint32_t offset) const {
  offset = std::min<uint32_t>(offset, static_cast<uint32_t>(text_.size()));
  auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  auto line = static_cast<uint32_t>(next - line_starts_.begin());
  uint32_t column = 1;
  for (uint32_t i = line_starts_[line - 1]; i < offset; ++i) {
    const bool continuation = (static_cast<unsigned char>(text_[i]) & 0xC0) == 0x80;
    if (!continuation) ++column;
  }
  // `offset` itself may stand inside a code point: the point counts from its first byte.
  return {line, column};
}

std::string_view SourceFile::line(uint32_t number) const {
  const uint32_t begin = line_start(number);
  size_t end = text_.find('\n', begin);
  if (end == std::string::npos) end = text_.size();
  if (end > begin && text_[end - 1] == '\r') --end;
  return std::string_view(text_).substr(begin, end - begin);
}

uint32_t SourceFile::line_start(uint32_t number) const {
  return number >= 1 && number <= line_starts_.size() ? line_starts_[number - 1]
                                                      : static_cast<uint32_t>(text_.size());
}

FileId SourceMap::add(std::string path, std::string text) {
  files_.emplace_back(std::move(path), std::move(text));
  return {static_cast<uint32_t>(files_.size() - 1)};
}

FileId SourceMap::add_made(std::string path, std::string text) {
  files_.emplace_back(std::move(path), std::move(text), true);
  return {static_cast<uint32_t>(files_.size() - 1)};
}

std::string_view SourceMap::text(Span span) const {
  return file(span.file).text().substr(span.begin, span.end - span.begin);
}

}  // namespace chain
