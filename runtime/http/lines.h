// Lines of a stream that comes in pieces: what newline-delimited JSON is made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace chain::http {

/// Gets the lines of a stream, in order and without their line feed. A line is gone after the call.
class LineSink {
 public:
  virtual ~LineSink() = default;
  /// False: no more; the reader drops whatever follows.
  virtual bool line(std::string_view line) = 0;
};

/// Takes the stream in pieces of any size; every byte is looked at once. Lines end with LF; empty ones count.
class LineReader {
 public:
  enum class Status : uint8_t { Open, Stopped, LineTooLong };

  explicit LineReader(size_t max_line = size_t{4} << 20) : max_line_(max_line) {}

  /// Once the status is not Open it stays as it is and nothing more is read.
  Status feed(std::string_view bytes, LineSink& sink);
  /// The beginning of a line whose end has not come.
  [[nodiscard]] std::string_view rest() const { return pending_; }

 private:
  size_t max_line_;
  std::string pending_;
  Status status_ = Status::Open;
};

}  // namespace chain::http
