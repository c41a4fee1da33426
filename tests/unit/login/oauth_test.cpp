// The texts of OAuth.
#include <catch2/catch.hpp>

#include "runtime/mcp/oauth.h"

using namespace chain::mcp;

TEST_CASE("challenges of a server are read as they are written") {
  const Challenge full = parse_challenge(
      R"(Bearer realm="a, b=\"c\"", resource_metadata="https://x.com/.well-known/oauth-protected-resource", scope="a b",error=insufficient_scope)");
  CHECK(full.resource_metadata == "https://x.com/.well-known/oauth-protected-resource");
  CHECK(full.scope == "a b");
  CHECK(full.error == "insufficient_scope");
  CHECK(parse_challenge("Basic realm=\"x\", bearer scope=\"s\"").scope == "s");
  CHECK(parse_challenge("").scope.empty());
  CHECK(parse_challenge("Bearer scope=\"open").scope == "open");
  CHECK(parse_challenge("Bearer =,,=\"\\").scope.empty());
}

TEST_CASE("metadata are looked for where the specifications say") {
  const Url server = *parse_url("HTTPS://Shop.example.com:443/a/mcp?x=1#f");
  CHECK(server.origin() == "https://shop.example.com");
  CHECK(server.query == "x=1");
  CHECK(resource_metadata_urls(server) ==
        std::vector<std::string>{"https://shop.example.com/.well-known/oauth-protected-resource/a/mcp",
                                 "https://shop.example.com/.well-known/oauth-protected-resource"});
  CHECK(server_metadata_urls(*parse_url("https://id.example.com/t/")) ==
        std::vector<std::string>{"https://id.example.com/.well-known/oauth-authorization-server/t",
                                 "https://id.example.com/.well-known/openid-configuration/t",
                                 "https://id.example.com/t/.well-known/openid-configuration"});
  for (const char* bad :
       {"", "ftp://x.com", "https://", "https://u@x.com", "https://x.com/\x1b", "https:// x", "//x"})
    CHECK_FALSE(parse_url(bad));
}

TEST_CASE("a resource covers what lies under it") {
  const auto covered = [](const char* resource, const char* server) {
    return covers(*parse_url(resource), *parse_url(server));
  };
  CHECK(covered("https://x.com/mcp", "https://x.com/mcp"));
  CHECK(covered("https://x.com", "https://x.com/mcp"));
  CHECK(covered("https://x.com/", "https://x.com/mcp"));
  CHECK_FALSE(covered("https://x.com/mc", "https://x.com/mcp"));
  CHECK_FALSE(covered("https://x.com/mcp", "https://x.com"));
  CHECK_FALSE(covered("https://x.com.evil.com/mcp", "https://x.com/mcp"));
  CHECK_FALSE(covered("http://x.com/mcp", "https://x.com/mcp"));
}

TEST_CASE("codes are proven by RFC 7636's example") {
  CHECK(challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") ==
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
  const Proof proof = make_proof();
  CHECK(proof.verifier.size() == 43);
  CHECK(proof.verifier != make_proof().verifier);
}

TEST_CASE("forms go there and back") {
  const Fields fields = {{"a", "x y&z=ü"}, {"b", ""}};
  CHECK(form(fields) == "a=x%20y%26z%3D%C3%BC&b=");
  CHECK(parse_form(form(fields)) == fields);
  CHECK(parse_form("a=%4&b=%zz+&&=c") == Fields{{"a", "%4"}, {"b", "%zz "}, {"", "c"}});
  CHECK(joined_scopes("a b", " b  c") == "a b c");
}

TEST_CASE("what is no token is none") {
  std::string error;
  CHECK(parse_token(200, R"({"access_token": "t", "expires_in": 5})", error)->lifetime == 5);
  for (const char* bad : {"", "[]", "{}", R"({"access_token": 7})", R"({"access_token": "a\r\nX: y"})",
                          R"({"access_token": "t", "token_type": "mac"})"})
    CHECK_FALSE(parse_token(200, bad, error));
  CHECK_FALSE(
      parse_token(400, R"({"error": "invalid_grant", "error_description": "too\u001b[31m late"})", error));
  CHECK(error.find("invalid_grant") != std::string::npos);
  CHECK(error.find('\x1b') == std::string::npos);
}
