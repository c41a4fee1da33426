#include "runtime/http/sse.h"

#include <algorithm>

namespace chain::http {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Where the first CR or LF stands; the size if there is none.
size_t line_end(std::string_view bytes) {
  const auto* found =
      std::find_if(bytes.begin(), bytes.end(), [](char byte) { return byte == '\n' || byte == '\r'; });
  return static_cast<size_t>(found - bytes.begin());
}

}  // namespace

SseParser::Status SseParser::feed(std::string_view bytes, SseSink& sink) {
  while (status_ == Status::Open && !bytes.empty()) {
    if (after_cr_) {
      after_cr_ = false;
      if (bytes.front() == '\n') {
        bytes.remove_prefix(1);
        continue;
      }
    }
    const size_t end = line_end(bytes);
    const std::string_view piece = bytes.substr(0, end);
    if (pending_.size() + piece.size() > max_line_) {
      status_ = Status::LineTooLong;
      break;
    }
    if (end == bytes.size()) {
      pending_ += piece;
      break;
    }
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    if (pending_.empty()) {
      line(piece, sink);
    } else {
      pending_ += piece;
      line(pending_, sink);
      pending_.clear();
    }
  }
  return status_;
}

void SseParser::line(std::string_view line, SseSink& sink) {
  if (!started_) {
    started_ = true;
    if (line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  }
  if (line.empty()) return dispatch(sink);
  const size_t colon = line.find(':');
  if (colon == 0) return;  // a comment
  std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  field(line.substr(0, colon), value);
}

void SseParser::field(std::string_view name, std::string_view value) {
  if (name == "data") {
    if (data_.size() + value.size() + 1 > max_event_) {
      status_ = Status::EventTooLarge;
      return;
    }
    data_ += value;
    data_ += '\n';
  } else if (name == "event") {
    type_ = value;
  } else if (name == "id" && value.find('\0') == std::string_view::npos) {
    id_ = value;
  } else if (name == "retry" && !value.empty() && value.size() < 10 &&
             value.find_first_not_of("0123456789") == std::string_view::npos) {
    retry_ = std::stoull(std::string(value));
  }
}

void SseParser::dispatch(SseSink& sink) {
  last_id_ = id_;
  if (!data_.empty()) {
    const std::string_view data(data_.data(), data_.size() - 1);
    if (!sink.event({type_.empty() ? "message" : std::string_view(type_), data, id_}))
      status_ = Status::Stopped;
  }
  data_.clear();
  type_.clear();
}

}  // namespace chain::http
