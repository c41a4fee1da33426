// Tokens for servers that want one: what an earlier login gave, renewed if need be, or a login now.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "runtime/mcp/client.h"
#include "runtime/mcp/tokens.h"

namespace chain::mcp {

struct AuthorizerOptions {
  std::shared_ptr<const access::Policy> access;
  std::string folder = Tokens::default_folder();  // where tokens are kept
  /// Shows a person, or opens in a browser, where they log in. Null if nobody is there: only what is kept
  /// counts then, and a server that wants more fails with how to log in.
  std::function<void(const std::string& url)> show;
  /// What to type, `chain mcp login shop.chain:shop`, for the message; made up of the server's name if empty.
  std::string how;
  /// A client that the authorization server knows already; or the URL of a document that describes one.
  /// Without them this program registers by itself.
  OauthClient client;
  std::string client_document;
  std::string scope;                   // asked for besides what the server wants
  int64_t patience = 300'000'000'000;  // nanoseconds that a person may take
};

/// For the loop's thread.
class Authorizer {
 public:
  using Done = std::function<void(std::string token, std::string error)>;

  Authorizer(EventLoop& loop, AuthorizerOptions options);
  /// What is under way ends without a word.
  ~Authorizer();
  Authorizer(const Authorizer&) = delete;
  Authorizer& operator=(const Authorizer&) = delete;

  /// A token for a server that answered 401, or 403 for want of a scope; as mcp::Options::authorize. `done`
  /// comes once, never from within. Asked again for the same server, it takes it that the token that it gave
  /// is not accepted.
  void authorize(const Server& server, const std::string& www_authenticate, Done done);

 private:
  class Flow;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace chain::mcp
