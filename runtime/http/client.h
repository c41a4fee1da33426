// Outbound HTTP: one client on an event loop, any number of requests, kept-alive connections.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace chain {
class EventLoop;
}

namespace chain::http {

/// Opens what clients stand on, on a thread of its own, so that the first one need not wait for it as long.
void prepare_clients();
/// Waits for that. Call it before `main` returns: OpenSSL takes itself down then, whoever is still opening
/// it.
void finish_preparing();

struct Header {
  std::string name;
  std::string value;
};

/// Nanoseconds; 0 for none.
struct Timeouts {
  int64_t connect = 0;     // until the connection stands, TLS and proxy included
  int64_t first_byte = 0;  // from there until the first byte of the body
  int64_t idle = 0;        // between two pieces of the body
  int64_t total = 0;       // from the start (not from queueing) to the end
};

/// Where requests go and what they have in common, told once so that each of them costs little.
struct Endpoint {
  std::string url;  // http or https; redirects are not followed
  std::string method = "POST";
  std::vector<Header> headers;
  Timeouts timeouts;
  uint64_t max_body_bytes = uint64_t{64} << 20;
  uint32_t max_header_bytes = 64 << 10;
  /// Connect to no address that only this machine or its network has: loopback, private, link-local, and what
  /// clouds keep for themselves. What a proxy of the environment connects to is its own business.
  bool public_only = false;
  /// Over no connection that was used before. One that the server has closed meanwhile has a request sent
  /// again, unasked, though the server may have carried it out: not for what may be done once only.
  bool fresh = false;
};

enum class Result : uint8_t {
  Ok,       // the response came whole, whatever its status
  BadUrl,   // not a URL of http or https
  Private,  // an address that `public_only` forbids
  Resolve,  // the host's name leads nowhere
  Connect,  // nobody listens, or no route
  Tls,      // no trust: certificate, protocol
  TimeoutConnect,
  TimeoutFirstByte,
  TimeoutIdle,
  TimeoutTotal,
  Closed,     // the connection ended before the response did
  TooLarge,   // more bytes than the endpoint allows
  Malformed,  // not HTTP
};

struct Outcome {
  Result result = Result::Ok;
  std::string message;  // empty if Ok; what happened, without control characters
};

/// Whether the host may have got the request.
[[nodiscard]] bool may_have_arrived(Result result);

/// Told about one request, on the loop's thread and never from within `start`. Calls of the client are
/// allowed from each of these.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual void status(int /*code*/) {}
  /// `name` as the server wrote it; compare without case.
  virtual void header(std::string_view /*name*/, std::string_view /*value*/) {}
  virtual void body(std::string_view /*bytes*/) {}
  /// Last, and exactly once unless the request is cancelled.
  virtual void end(const Outcome& outcome) = 0;
};

struct ClientOptions {
  /// At most so many connections, idle ones included; requests beyond wait in order. 0: the soft limit of
  /// open files less a reserve, and not more than 16,384.
  uint32_t max_connections = 0;
};

class Client {
 public:
  using EndpointId = uint32_t;
  using RequestId = uint64_t;  // never 0

  explicit Client(EventLoop& loop, ClientOptions options = {});
  /// Closes every connection; handlers hear nothing more.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  EndpointId add(Endpoint endpoint);
  /// Forgets an endpoint that has no request left; its id may be given again. Not from a handler.
  void remove(EndpointId endpoint);
  /// Sends `body` to `endpoint`. `body` and `handler` must live until the end or `cancel`.
  RequestId start(EndpointId endpoint, std::string_view body, Handler& handler);
  /// The handler hears nothing more and the request's connection is closed. Other ids are ignored.
  void cancel(RequestId request);
  /// Ends the request with TimeoutTotal unless it ends by itself within `delay_ns`.
  void expire(RequestId request, int64_t delay_ns);

  [[nodiscard]] size_t active() const;  // on a connection
  [[nodiscard]] size_t queued() const;  // waiting for one
  [[nodiscard]] uint32_t max_connections() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace chain::http
