// Single requests of a login: small answers, no redirects, only where a login may lead. Internal to
// runtime/mcp.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/http/client.h"
#include "runtime/mcp/oauth.h"

namespace chain::access {
struct Policy;
}

namespace chain::mcp {

struct Reply {
  int status = 0;
  std::string body;
  std::string error;  // why there is no answer, as a clause; empty if one came
};

/// For the loop's thread. What is under way when this is destroyed ends without a word.
class Fetcher {
 public:
  using Done = std::function<void(Reply)>;

  /// `server` is whose login it is. Servers name other servers: these must be of https and public, unless
  /// they are what the user has named, or both are on this machine.
  Fetcher(EventLoop& loop, std::shared_ptr<const access::Policy> access, Url server);
  ~Fetcher();
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;

  /// Why nobody may be asked at `url`, as a clause; empty if it may be.
  [[nodiscard]] std::string refused(const std::string& url) const;
  /// `done` comes once, never from within.
  void get(const std::string& url, Done done);
  void post(const std::string& url, std::string body, std::vector<http::Header> headers, Done done);

 private:
  class Call;
  void start(http::Endpoint endpoint, std::string body, Done done);

  EventLoop& loop_;
  std::shared_ptr<const access::Policy> access_;
  Url server_;
  std::unique_ptr<http::Client> client_;
  std::vector<std::unique_ptr<Call>> calls_;
};

}  // namespace chain::mcp
