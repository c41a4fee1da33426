#include "runtime/mcp/exchange.h"

#include <algorithm>
#include <cctype>

#include "runtime/http/header_name.h"

namespace chain::mcp {

namespace {

bool is_event_stream(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find_first_of("; "));
  return http::same_name(type, "text/event-stream");
}

}  // namespace

void Exchange::header(std::string_view name, std::string_view value) {
  if (http::same_name(name, "content-type")) streams_ = is_event_stream(value);
  if (http::same_name(name, "mcp-session-id")) session_ = value;
  if (http::same_name(name, "location")) location_ = value;
  if (http::same_name(name, "www-authenticate")) {
    // There may be several; they are read as one list.
    if (!authenticate_.empty()) authenticate_ += ", ";
    authenticate_ += value;
  }
}

void Exchange::body(std::string_view bytes) {
  if (retired) return;
  if (streams_ && good()) {
    using Status = http::SseParser::Status;
    const Status status = events_.feed(bytes, *this);
    too_large_ = status == Status::LineTooLong || status == Status::EventTooLarge;
  } else if (bytes.size() > most_bytes_ - body_.size()) {
    too_large_ = true;
  } else {
    body_ += bytes;
  }
  if (too_large_ && !retired) host_.over(*this, {.result = http::Result::TooLarge, .message = {}});
}

bool Exchange::event(const http::SseEvent& event) {
  if (event.type == "message" && !event.data.empty()) {
    resumed = 0;
    host_.message(*this, event.data);
  }
  return !retired;
}

}  // namespace chain::mcp
