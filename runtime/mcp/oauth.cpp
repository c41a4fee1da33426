#include "runtime/mcp/oauth.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "runtime/http/percent.h"
#include "runtime/http/printable.h"
#include "runtime/value/base64.h"
#include "runtime/value/digest.h"

namespace chain::mcp {

namespace {

using nlohmann::json;

constexpr size_t kMostWord = 8192;  // bytes of one text in what a server says

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

/// An object, or an empty one.
json object_of(std::string_view text) {
  json parsed = json::parse(text, nullptr, false);
  return parsed.is_object() ? parsed : json::object();
}

std::string text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return {};
  auto text = found->get<std::string>();
  return text.size() <= kMostWord ? text : std::string();
}

std::vector<std::string> texts_of(const json& object, const char* name) {
  std::vector<std::string> result;
  const auto found = object.find(name);
  if (found == object.end() || !found->is_array()) return result;
  for (const json& each : *found) {
    if (each.is_string() && result.size() < 256) result.push_back(each.get<std::string>());
  }
  return result;
}

bool flag_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

std::string url_base64(std::string_view bytes) {
  std::string text;
  value::append_base64(text, bytes);
  while (!text.empty() && text.back() == '=') text.pop_back();
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

bool has(const std::vector<std::string>& all, std::string_view one) {
  return std::ranges::find(all, one) != all.end();
}

/// `name="value"` and `name=value`, with commas between.
Fields parameters(std::string_view text) {
  Fields result;
  size_t at = 0;
  const auto blanks = [&] {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == ',')) ++at;
  };
  for (blanks(); at < text.size(); blanks()) {
    const size_t begin = at;
    while (at < text.size() && text[at] != '=' && text[at] != ' ' && text[at] != ',') ++at;
    const std::string name = lower(text.substr(begin, at - begin));
    if (at >= text.size() || text[at] != '=') continue;  // a scheme, or something unknown
    std::string value;
    if (++at < text.size() && text[at] == '"') {
      for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) ++at;
        value += text[at];
      }
      ++at;
    } else {
      while (at < text.size() && text[at] != ',' && text[at] != ' ') value += text[at++];
    }
    result.emplace_back(name, value);
  }
  return result;
}

}  // namespace

bool Url::is_loopback() const {
  const std::string_view all = authority;
  const std::string_view host =
      all.starts_with('[') ? all.substr(0, all.find(']') + 1) : all.substr(0, all.find(':'));
  return host == "localhost" || host == "[::1]" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos);
}

std::optional<Url> parse_url(std::string_view text) {
  const bool clean = std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte >= 0x7F || c == '\\' || c == '"' || c == '<' || c == '>';
  });
  const size_t scheme = text.find("://");
  if (!clean || text.size() > kMostWord || scheme == std::string_view::npos) return std::nullopt;
  Url url;
  url.scheme = lower(text.substr(0, scheme));
  if (url.scheme != "http" && url.scheme != "https") return std::nullopt;
  std::string_view rest = text.substr(scheme + 3);
  rest = rest.substr(0, rest.find('#'));
  const size_t end = std::min(rest.find_first_of("/?"), rest.size());
  url.authority = lower(rest.substr(0, end));
  if (url.authority.empty() || url.authority.find('@') != std::string::npos) return std::nullopt;
  const std::string_view usual = url.scheme == "https" ? ":443" : ":80";
  if (url.authority.ends_with(usual)) url.authority.resize(url.authority.size() - usual.size());
  rest.remove_prefix(end);
  const size_t question = std::min(rest.find('?'), rest.size());
  url.path = rest.substr(0, question);
  if (question < rest.size()) url.query = rest.substr(question + 1);
  return url;
}

bool covers(const Url& resource, const Url& server) {
  if (resource.origin() != server.origin()) return false;
  std::string under = resource.path, path = server.path;
  if (!under.ends_with('/')) under += '/';
  if (!path.ends_with('/')) path += '/';
  return path.starts_with(under);
}

Challenge parse_challenge(std::string_view www_authenticate) {
  Challenge challenge;
  const size_t bearer = lower(www_authenticate).find("bearer");
  if (bearer == std::string::npos) return challenge;
  for (const auto& [name, value] : parameters(www_authenticate.substr(bearer + 6))) {
    if (name == "resource_metadata") challenge.resource_metadata = value;
    if (name == "scope") challenge.scope = value;
    if (name == "error") challenge.error = value;
  }
  return challenge;
}

std::vector<std::string> resource_metadata_urls(const Url& server) {
  const std::string root = server.origin() + "/.well-known/oauth-protected-resource";
  if (server.path.empty() || server.path == "/") return {root};
  return {root + server.path, root};
}

std::vector<std::string> server_metadata_urls(const Url& issuer) {
  std::string path = issuer.path;
  while (path.ends_with('/')) path.pop_back();
  const std::string known = issuer.origin() + "/.well-known/";
  if (path.empty()) return {known + "oauth-authorization-server", known + "openid-configuration"};
  return {known + "oauth-authorization-server" + path, known + "openid-configuration" + path,
          issuer.origin() + path + "/.well-known/openid-configuration"};
}

std::optional<ResourceMetadata> parse_resource_metadata(std::string_view text) {
  const json object = object_of(text);
  ResourceMetadata result{text_of(object, "resource"), texts_of(object, "authorization_servers"),
                          texts_of(object, "scopes_supported")};
  return result.authorization_servers.empty() ? std::nullopt : std::optional(std::move(result));
}

std::optional<ServerMetadata> parse_server_metadata(std::string_view text) {
  const json object = object_of(text);
  ServerMetadata result;
  result.issuer = text_of(object, "issuer");
  result.authorization_endpoint = text_of(object, "authorization_endpoint");
  result.token_endpoint = text_of(object, "token_endpoint");
  result.registration_endpoint = text_of(object, "registration_endpoint");
  result.scopes = texts_of(object, "scopes_supported");
  result.token_methods = texts_of(object, "token_endpoint_auth_methods_supported");
  result.challenge_methods = texts_of(object, "code_challenge_methods_supported");
  result.sends_issuer = flag_of(object, "authorization_response_iss_parameter_supported");
  result.takes_documents = flag_of(object, "client_id_metadata_document_supported");
  return result.token_endpoint.empty() ? std::nullopt : std::optional(std::move(result));
}

std::string registration(std::string_view redirect, const ServerMetadata& server) {
  const OauthClient any{"", "secret", ""};
  const bool open = server.token_methods.empty() || has(server.token_methods, "none");
  return json{{"client_name", "chain"},
              {"application_type", "native"},
              {"redirect_uris", {redirect}},
              {"grant_types", {"authorization_code", "refresh_token"}},
              {"response_types", {"code"}},
              {"token_endpoint_auth_method", open ? std::string("none") : method_for(any, server)}}
      .dump();
}

std::optional<OauthClient> parse_registration(std::string_view text) {
  const json object = object_of(text);
  OauthClient client{text_of(object, "client_id"), text_of(object, "client_secret"),
                     text_of(object, "token_endpoint_auth_method")};
  return client.id.empty() ? std::nullopt : std::optional(std::move(client));
}

std::string method_for(const OauthClient& client, const ServerMetadata& server) {
  if (client.secret.empty()) return "none";
  const bool known = client.method == "client_secret_basic" || client.method == "client_secret_post";
  if (known && (server.token_methods.empty() || has(server.token_methods, client.method)))
    return client.method;
  const bool basic = has(server.token_methods, "client_secret_basic");
  const bool post = has(server.token_methods, "client_secret_post");
  if (!basic && !post && has(server.token_methods, "none")) return "none";
  return post && !basic ? "client_secret_post" : "client_secret_basic";
}
std::string random_word() {
  std::array<char, 32> bytes{};
  size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = getrandom(bytes.data() + have, bytes.size() - have, 0);
    if (got > 0) have += static_cast<size_t>(got);
  }
  return url_base64({bytes.data(), bytes.size()});
}

std::string challenge_of(std::string_view verifier) {
  return url_base64(value::sha256(verifier));
}

Proof make_proof() {
  const std::string verifier = random_word();
  return {verifier, challenge_of(verifier)};
}

std::string form(const Fields& fields) {
  std::string text;
  for (const auto& [name, value] : fields)
    text += (text.empty() ? "" : "&") + http::percent_encoded(name) + '=' + http::percent_encoded(value);
  return text;
}

Fields parse_form(std::string_view text) {
  const auto decoded = [](std::string_view part) {
    std::string result;
    for (size_t i = 0; i < part.size(); ++i) {
      const bool escape = part[i] == '%' && i + 2 < part.size() &&
                          std::isxdigit(static_cast<unsigned char>(part[i + 1])) != 0 &&
                          std::isxdigit(static_cast<unsigned char>(part[i + 2])) != 0;
      if (escape) {
        result += static_cast<char>(std::stoi(std::string(part.substr(i + 1, 2)), nullptr, 16));
        i += 2;
      } else {
        result += part[i] == '+' ? ' ' : part[i];
      }
    }
    return result;
  };
  Fields fields;
  while (!text.empty()) {
    const size_t end = std::min(text.find('&'), text.size());
    const std::string_view part = text.substr(0, end);
    const size_t equals = std::min(part.find('='), part.size());
    if (!part.empty())
      fields.emplace_back(decoded(part.substr(0, equals)),
                          decoded(part.substr(std::min(equals + 1, part.size()))));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return fields;
}

std::string field(const Fields& fields, std::string_view name) {
  for (const auto& [key, value] : fields) {
    if (key == name) return value;
  }
  return {};
}

std::string joined_scopes(std::string_view a, std::string_view b) {
  std::vector<std::string> words;
  for (std::string_view text : {a, b}) {
    while (!text.empty()) {
      const size_t end = std::min(text.find(' '), text.size());
      std::string word(text.substr(0, end));
      if (!word.empty() && !has(words, word)) words.push_back(std::move(word));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }
  return fmt::format("{}", fmt::join(words, " "));
}

std::optional<Token> parse_token(int status, std::string_view text, std::string& error) {
  const json object = object_of(text);
  Token token{text_of(object, "access_token"), text_of(object, "refresh_token"), text_of(object, "scope"), 0};
  const auto lifetime = object.find("expires_in");
  if (lifetime != object.end() && lifetime->is_number())
    token.lifetime = std::max<int64_t>(lifetime->get<int64_t>(), 1);
  const std::string type = lower(text_of(object, "token_type"));
  const bool line = token.access.find_first_of("\r\n") == std::string::npos;
  if (status >= 200 && status < 300 && !token.access.empty() && line && (type.empty() || type == "bearer"))
    return token;
  std::string why = text_of(object, "error");
  const std::string more = text_of(object, "error_description");
  if (!more.empty()) why += (why.empty() ? "" : ": ") + more;
  error = why.empty() ? fmt::format("it answered {} without a token", status)
                      : fmt::format("it answered {}: {}", status, http::printable(why, 200));
  return std::nullopt;
}

std::string code_of(const Fields& answer, std::string_view state, const ServerMetadata& server,
                    std::string& error) {
  const std::string issuer = field(answer, "iss");
  if (field(answer, "state") != state) {
    error = "what the browser brought back is not the answer to this login (its `state` is another)";
  } else if (issuer.empty() && server.sends_issuer) {
    error = "the answer does not say who gives it (`iss`), as this authorization server always does";
  } else if (!issuer.empty() && issuer != server.issuer) {
    error = fmt::format("the answer is from `{}`, and `{}` was asked", http::printable(issuer, 200),
                        http::printable(server.issuer, 200));
  } else if (const std::string refused = field(answer, "error"); !refused.empty()) {
    const std::string more = field(answer, "error_description");
    error = fmt::format("it was refused: {}{}", http::printable(refused, 100),
                        more.empty() ? "" : " (" + http::printable(more, 200) + ")");
  } else if (field(answer, "code").empty()) {
    error = "the answer holds no code";
  }
  return error.empty() ? field(answer, "code") : std::string();
}

}  // namespace chain::mcp
