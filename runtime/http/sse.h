// Server-sent events, as far as a client needs them: the parser of the WHATWG HTML standard, section 9.2.6.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chain::http {

struct SseEvent {
  std::string_view type;  // "message" unless the stream said otherwise
  std::string_view data;  // the lines of the event, joined by \n
  std::string_view id;    // the last one seen
};

/// Gets the events of a stream, in order. What an event points at is gone after the call.
class SseSink {
 public:
  virtual ~SseSink() = default;
  /// False: no more; the parser drops whatever follows.
  virtual bool event(const SseEvent& event) = 0;
};

/// Takes the stream in pieces of any size. Lines end with CR, LF or CRLF; a byte order mark at the start,
/// comments and unknown fields are skipped; an event whose blank line never comes is dropped.
class SseParser {
 public:
  enum class Status : uint8_t { Open, Stopped, LineTooLong, EventTooLarge };

  explicit SseParser(size_t max_line = size_t{4} << 20, size_t max_event = size_t{16} << 20)
      : max_line_(max_line), max_event_(max_event) {}

  /// Once the status is not Open it stays as it is and nothing more is read.
  Status feed(std::string_view bytes, SseSink& sink);
  /// The id of the last event, one without data too; where a stream that broke off is taken up again.
  [[nodiscard]] std::string_view last_id() const { return last_id_; }
  /// Milliseconds after which to do so, if the stream says (`retry:`).
  [[nodiscard]] std::optional<uint64_t> retry() const { return retry_; }

 private:
  void line(std::string_view line, SseSink& sink);
  void field(std::string_view name, std::string_view value);
  void dispatch(SseSink& sink);

  size_t max_line_;
  size_t max_event_;
  std::string pending_;  // the beginning of a line whose end has not come
  std::string data_;
  std::string type_;
  std::string id_;
  std::string last_id_;
  std::optional<uint64_t> retry_;
  bool started_ = false;   // the first line was looked at for a byte order mark
  bool after_cr_ = false;  // a LF that comes next belongs to the CR before it
  Status status_ = Status::Open;
};

}  // namespace chain::http
