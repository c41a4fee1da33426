// The texts of OAuth 2.1 as MCP uses it: where metadata are, what they say, what is sent and what comes back.
// Nothing here opens a connection. RFC 6750, 7591, 7636, 8414, 8707, 9207, 9728;
// https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chain::mcp {

/// "https://shop.example.com:8443/mcp?x=1" in parts; nothing if it is no URL of http or https, or names a
/// user.
struct Url {
  std::string scheme;     // lower case
  std::string authority;  // lower case: "shop.example.com:8443"
  std::string path;       // "/mcp"; empty for none
  std::string query;      // "x=1"

  [[nodiscard]] std::string origin() const { return scheme + "://" + authority; }
  /// An address of this machine.
  [[nodiscard]] bool is_loopback() const;
};
[[nodiscard]] std::optional<Url> parse_url(std::string_view text);

/// Whether `resource`, which metadata name, is `server` or what it lies under: the same origin, and its path
/// a beginning of the server's.
[[nodiscard]] bool covers(const Url& resource, const Url& server);

/// `WWW-Authenticate: Bearer resource_metadata="...", scope="...", error="..."`; all empty if it says none.
struct Challenge {
  std::string resource_metadata;
  std::string scope;
  std::string error;
};
[[nodiscard]] Challenge parse_challenge(std::string_view www_authenticate);

/// Where the metadata of a protected resource may be, in the order to try (RFC 9728, section 3.1).
[[nodiscard]] std::vector<std::string> resource_metadata_urls(const Url& server);
/// Of an authorization server, by its issuer: RFC 8414's, and OpenID Connect's.
[[nodiscard]] std::vector<std::string> server_metadata_urls(const Url& issuer);

struct ResourceMetadata {
  std::string resource;
  std::vector<std::string> authorization_servers;
  std::vector<std::string> scopes;
};
[[nodiscard]] std::optional<ResourceMetadata> parse_resource_metadata(std::string_view json);

struct ServerMetadata {
  std::string issuer;
  std::string authorization_endpoint;
  std::string token_endpoint;
  std::string registration_endpoint;
  std::vector<std::string> scopes;
  std::vector<std::string> token_methods;      // "client_secret_basic", ...; empty if it does not say
  std::vector<std::string> challenge_methods;  // of PKCE
  bool sends_issuer = false;                   // authorization_response_iss_parameter_supported
  bool takes_documents = false;                // client_id_metadata_document_supported
};
[[nodiscard]] std::optional<ServerMetadata> parse_server_metadata(std::string_view json);

/// Who asks for a token.
struct OauthClient {
  std::string id;
  std::string secret;  // empty for a public client
  std::string
      method;  // of authentication at the token endpoint: "none", "client_secret_basic", "client_secret_post"
};
/// What a client registers as, JSON (RFC 7591).
[[nodiscard]] std::string registration(std::string_view redirect, const ServerMetadata& server);
[[nodiscard]] std::optional<OauthClient> parse_registration(std::string_view json);
/// How a client authenticates there, by what it has.
[[nodiscard]] std::string method_for(const OauthClient& client, const ServerMetadata& server);

/// A code that only whoever asked for it can turn into a token (RFC 7636, S256).
struct Proof {
  std::string verifier;
  std::string challenge;
};
/// 32 random bytes in the URL's alphabet of base64, from the system.
[[nodiscard]] std::string random_word();
[[nodiscard]] Proof make_proof();
[[nodiscard]] std::string challenge_of(std::string_view verifier);

using Fields = std::vector<std::pair<std::string, std::string>>;
/// `application/x-www-form-urlencoded`, and what stands behind `?`.
[[nodiscard]] std::string form(const Fields& fields);
/// Back again; broken escapes stay as they are.
[[nodiscard]] Fields parse_form(std::string_view text);
[[nodiscard]] std::string field(const Fields& fields, std::string_view name);

/// Words of a scope, each once, in their order.
[[nodiscard]] std::string joined_scopes(std::string_view a, std::string_view b);

struct Token {
  std::string access;
  std::string refresh;
  std::string scope;
  int64_t lifetime = 0;  // seconds; 0 if it does not say
};
/// Nothing, and why as a clause in `error`, if the answer of a token endpoint gives none.
[[nodiscard]] std::optional<Token> parse_token(int status, std::string_view json, std::string& error);

/// What the browser brought back: whether it is the answer to what was asked. Gives the code; empty, and why
/// in `error`, if it must not be used.
[[nodiscard]] std::string code_of(const Fields& answer, std::string_view state, const ServerMetadata& server,
                                  std::string& error);

}  // namespace chain::mcp
