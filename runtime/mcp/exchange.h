// One HTTP request to a server and what comes back. Internal to runtime/mcp.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "runtime/http/client.h"
#include "runtime/http/sse.h"
#include "runtime/mcp/transport.h"

namespace chain::mcp {

class Exchange;

/// Whom an exchange tells what comes. It may be destroyed by no call of these.
class ExchangeHost {
 public:
  virtual ~ExchangeHost() = default;
  /// The server has begun to answer.
  virtual void begun(Exchange& exchange) = 0;
  /// A message of the server's, in answer to this exchange or beside it.
  virtual void message(Exchange& exchange, std::string_view json) = 0;
  /// Nothing more comes of it.
  virtual void over(Exchange& exchange, const http::Outcome& outcome) = 0;
};

class Exchange final : public http::Handler, public http::SseSink {
 public:
  enum class Kind : uint8_t {
    Post,    // a message; a request is answered
    Listen,  // GET: what the server sends by itself
    Resume,  // GET: the rest of an answer that broke off
    Delete,  // the session
  };

  Exchange(ExchangeHost& host, Kind kind, Outgoing message, uint64_t most_bytes)
      : kind(kind),
        message(std::move(message)),
        host_(host),
        most_bytes_(most_bytes),
        events_(most_bytes, most_bytes) {}

  const Kind kind;
  Outgoing message;        // of Post and Resume
  uint32_t signins = 0;    // how often a token was asked for on its behalf
  uint32_t resumed = 0;    // how often it was taken up again without a message
  std::string resumed_at;  // of Resume: the event behind which it goes on
  http::Client::EndpointId endpoint = 0;
  http::Client::RequestId request = 0;
  bool retired = false;  // off the books

  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] bool good() const { return status_ >= 200 && status_ < 300; }
  [[nodiscard]] bool streams() const { return streams_; }
  [[nodiscard]] bool answered() const { return answered_; }
  void set_answered() { answered_ = true; }
  [[nodiscard]] bool too_large() const { return too_large_; }
  [[nodiscard]] const std::string& body_text() const { return body_; }
  [[nodiscard]] const std::string& session() const { return session_; }
  [[nodiscard]] const std::string& authenticate() const { return authenticate_; }
  [[nodiscard]] const std::string& location() const { return location_; }
  /// Of the last event of the stream; empty if it names none.
  [[nodiscard]] std::string_view last_event() const { return events_.last_id(); }
  /// Milliseconds after which the server wants to be asked again; nothing if it did not say.
  [[nodiscard]] std::optional<uint64_t> retry() const { return events_.retry(); }

  void status(int code) override {
    status_ = code;
    host_.begun(*this);
  }
  void header(std::string_view name, std::string_view value) override;
  void body(std::string_view bytes) override;
  void end(const http::Outcome& outcome) override { host_.over(*this, outcome); }
  bool event(const http::SseEvent& event) override;

 private:
  ExchangeHost& host_;
  const uint64_t most_bytes_;
  http::SseParser events_;
  int status_ = 0;
  bool streams_ = false;
  bool answered_ = false;
  bool too_large_ = false;
  std::string body_;  // unless it streams
  std::string session_, authenticate_, location_;
};

}  // namespace chain::mcp
