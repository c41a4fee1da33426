#include "runtime/http/lines.h"

namespace chain::http {

LineReader::Status LineReader::feed(std::string_view bytes, LineSink& sink) {
  while (status_ == Status::Open && !bytes.empty()) {
    const size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    if (piece.size() > max_line_ - pending_.size()) {
      status_ = Status::LineTooLong;
      break;
    }
    if (end == std::string_view::npos) {
      pending_ += piece;
      break;
    }
    bytes.remove_prefix(end + 1);
    bool more = true;
    if (pending_.empty()) {
      more = sink.line(piece);
    } else {
      pending_ += piece;
      more = sink.line(pending_);
      pending_.clear();
    }
    if (!more) status_ = Status::Stopped;
  }
  return status_;
}

}  // namespace chain::http
