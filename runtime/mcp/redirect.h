// Where a browser comes back to from an authorization server: a port of this machine (RFC 8252, section 7.3).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "runtime/mcp/oauth.h"

namespace chain {
class EventLoop;
}

namespace chain::mcp {

class Redirect {
 public:
  using Came = std::function<void(Fields answer)>;

  virtual ~Redirect() = default;
  /// "http://127.0.0.1:40123/callback"
  [[nodiscard]] virtual std::string uri() const = 0;
};

/// Listens at `port` of 127.0.0.1, at any if it is 0. `came` is told of each browser that comes back, which
/// is shown that it may be closed. Null, and why in `error`, if the port cannot be had.
[[nodiscard]] std::unique_ptr<Redirect> listen_for_redirect(EventLoop& loop, uint16_t port,
                                                            Redirect::Came came, std::string& error);

}  // namespace chain::mcp
