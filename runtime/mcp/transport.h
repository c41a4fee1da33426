// How messages come to a server and back: over pipes or over HTTP. Internal to runtime/mcp.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/mcp/client.h"

namespace chain {
class EventLoop;
}

namespace chain::mcp {

/// A message to the server, and what HTTP says of it in headers.
struct Outgoing {
  std::string json;
  uint64_t id = 0;  // of a request; 0 for what nobody answers
  Era era = Era::Unknown;
  std::string method;
  std::string name;                                          // of a tool or prompt, or a URI; empty for none
  std::vector<std::pair<std::string, std::string>> headers;  // `Mcp-Param-*`
  bool begins_session = false;                               // `initialize`
};

/// Why something did not come.
struct Trouble {
  abi::ErrorKind kind = abi::ErrorKind::Unavailable;
  std::string what;           // a clause: "the server answered 500: ..."
  int status = 0;             // of HTTP; 0 for none
  bool unsent = false;        // the server got nothing
  bool session_gone = false;  // the server knows nothing of the session any more
};

/// On the loop's thread, never from within a call of the transport's.
class Receiver {
 public:
  virtual ~Receiver() = default;
  /// A message. `id`: the request that it came in answer to, over HTTP; else 0.
  virtual void received(std::string_view json, uint64_t id) = 0;
  /// There will be no answer to this request.
  virtual void failed(uint64_t id, Trouble trouble) = 0;
  /// Nothing comes any more.
  virtual void broke(Trouble trouble) = 0;
  /// What must stand in nothing that is shown or kept from now on: a token.
  virtual void keeps(const std::string& secret) = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;
  virtual void send(Outgoing message) = 0;
  /// No answer to this request is wanted any more.
  virtual void drop(uint64_t id) = 0;
  /// Messages that the server has not taken yet. Bytes.
  [[nodiscard]] virtual uint64_t pending() const = 0;
  /// It waits for a person, to whom the time of no request is charged.
  [[nodiscard]] virtual bool waiting() const { return false; }
  /// The server has said which version of the protocol of sessions is spoken.
  virtual void agreed(std::string_view /*version*/) {}
  /// Ends it in order; nothing is received any more. `done` comes later.
  virtual void close(std::function<void()> done) = 0;
  /// Ends it at once, also from within what it calls; nothing is received any more.
  virtual void abandon() = 0;
};

/// Null, and why in `error`, if the server cannot be started.
[[nodiscard]] std::unique_ptr<Transport> make_stdio(EventLoop& loop, const Server& server,
                                                    const Options& options, Receiver& receiver,
                                                    std::string& error);
/// `server` and `options` outlive it.
[[nodiscard]] std::unique_ptr<Transport> make_http(EventLoop& loop, const Server& server,
                                                   const Options& options, Receiver& receiver);

}  // namespace chain::mcp
