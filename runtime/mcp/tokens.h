// The tokens of servers that a user has logged in to: one small file for each server, which only the user can
// read and write, beside what `chain allow` keeps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/mcp/oauth.h"

namespace chain::mcp {

/// What a login gave, and what it takes to renew it.
struct Login {
  std::string server;  // its URL
  std::string issuer;  // of the authorization server, where the client is known
  std::string token_endpoint;
  OauthClient client;
  std::string redirect;  // where the client said that browsers come back to; empty for one of the user's own
  std::string access, refresh;
  std::string scope;
  int64_t ends = 0;  // seconds since 1970; 0 if nobody said
};

class Tokens {
 public:
  /// In the folder of the configuration.
  [[nodiscard]] static std::string default_folder();

  explicit Tokens(std::string folder) : folder_(std::move(folder)) {}

  /// Nothing if there is none, or if what is there is damaged, or may have been written by somebody else.
  [[nodiscard]] std::optional<Login> find(const std::string& server) const;
  [[nodiscard]] bool store(const Login& login, std::string& error) const;
  /// False if there was none.
  bool remove(const std::string& server) const;

 private:
  [[nodiscard]] std::string path_of(const std::string& server) const;

  std::string folder_;
};

}  // namespace chain::mcp
