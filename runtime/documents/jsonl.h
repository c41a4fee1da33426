// Lines of files of any size, none of which is held but the one at hand. For runtime/documents and
// runtime/datasets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace chain::documents {

struct Line {
  std::string_view text;  // without what ends it; until the next call
  uint64_t number = 0;    // from 1
  uint64_t begin = 0;     // in the file
  std::string why;        // it was passed over: empty, and why
};

class LineReader {
 public:
  /// Lines of more than `most` bytes are passed over, and not held.
  LineReader(std::string_view text, uint64_t most) : whole_(text), most_(most) {}
  /// Of a file, from its beginning.
  LineReader(int descriptor, uint64_t most) : descriptor_(descriptor), most_(most) {}

  /// False at the end, or if the file cannot be read any further: `error` tells.
  [[nodiscard]] bool next(Line& line);
  /// An errno, or 0.
  [[nodiscard]] int error() const { return error_; }

 private:
  /// The next bytes; empty at the end.
  [[nodiscard]] std::string_view more();

  std::string_view whole_;
  int descriptor_ = -1;
  uint64_t most_;
  std::string buffer_;     // what was read of the file last
  std::string_view rest_;  // of it
  std::string line_;
  uint64_t at_ = 0, number_ = 0;
  int error_ = 0;
};

}  // namespace chain::documents
