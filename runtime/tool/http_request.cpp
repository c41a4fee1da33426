#include "runtime/tool/http_request.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>

#include "runtime/access/host.h"
#include "runtime/http/header_name.h"
#include "runtime/http/percent.h"
#include "runtime/program/secret_source.h"
#include "runtime/value/base64.h"
#include "runtime/value/url_path.h"

namespace chain::tool {

namespace {

using nlohmann::json;

constexpr int64_t kTimeout = 30'000'000'000;
constexpr uint32_t kRetries = 2;

bool has(const std::vector<http::Header>& headers, std::string_view name) {
  return std::ranges::any_of(headers,
                             [&](const http::Header& each) { return http::same_name(each.name, name); });
}

std::string_view path_of(std::string_view url) {
  url.remove_prefix(std::min(url.find("://") + 3, url.size()));
  url = url.substr(0, url.find('?'));
  return url.substr(std::min(url.find('/'), url.size()));
}

class Builder {
 public:
  explicit Builder(const Request& call)
      : call_(call), options_(json::parse(call.tool->options_json, nullptr, false)) {
    request_.method = call.tool->provider.substr(sizeof "http." - 1);
    for (char& c : request_.method) c = static_cast<char>(c - 'a' + 'A');
  }

  std::optional<HttpRequest> build(std::string& error) {
    for (const Request::Argument& argument : call_.arguments) {
      const json value = json::parse(argument.json, nullptr, false);
      if (argument.name == "url" && value.is_string()) request_.url = value.get<std::string>();
      if (argument.name == "query" && value.is_object()) query_ = value;
      if (argument.name == "headers" && value.is_object() && !headers(value, error)) return std::nullopt;
      if (argument.name == "json") body(argument.json, "application/json");
      if (argument.name == "body" && value.is_string())
        body(value.get<std::string>(), "text/plain; charset=utf-8");
      if (argument.name == "form" && value.is_object())
        body(joined(value, "+"), "application/x-www-form-urlencoded");
    }
    if (!authorize(error) || !url(error)) return std::nullopt;
    settings();
    return std::move(request_);
  }

 private:
  bool headers(const json& given, std::string& error) {
    for (const auto& [name, value] : given.items()) {
      const std::string text = value.is_string() ? value.get<std::string>() : std::string();
      const bool token = !name.empty() && std::ranges::all_of(name, [](char c) {
        return c > 0x20 && c < 0x7F &&
               std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
      });
      const bool line = std::ranges::none_of(
          text, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; });
      if (!token || !line) {
        error = fmt::format("`{}` is no name of a header, or its value holds a line break", name);
        return false;
      }
      request_.headers.push_back({name, text});
    }
    return true;
  }

  /// `a=1&b=2`, encoded.
  static std::string joined(const json& parameters, std::string_view blank) {
    const auto encoded = [&](const std::string& text) {
      std::string result = http::percent_encoded(text, " ");
      for (size_t at = 0; (at = result.find(' ', at)) != std::string::npos; at += blank.size())
        result.replace(at, 1, blank);
      return result;
    };
    std::string text;
    for (const auto& [name, value] : parameters.items()) {
      if (value.is_string())
        text += (text.empty() ? "" : "&") + encoded(name) + '=' + encoded(value.get<std::string>());
    }
    return text;
  }

  /// What `auth:` says.
  bool authorize(std::string& error) {
    const auto auth = options_.find("auth");
    if (auth == options_.end()) return true;
    if (has(request_.headers, "Authorization")) {
      error = "`auth:` and `headers:` both give the header `Authorization`; leave one of them out";
      return false;
    }
    const bool basic = auth->contains("basic");
    const json& settings = auth->at(basic ? "basic" : "bearer");
    const auto user = basic ? credential(settings, "user", error) : std::optional<std::string>("");
    const auto secret = credential(settings, basic ? "password" : "token", error);
    if (!user || !secret) return false;
    std::string value = *secret;
    if (basic) {
      value.clear();
      value::append_base64(value, *user + ':' + *secret);
      request_.hidden = value;
    }
    const bool line =
        std::ranges::none_of(value, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    if (!line) error = "the token of its `auth:` holds a line break";
    request_.headers.push_back({"Authorization", (basic ? "Basic " : "Bearer ") + value});
    return line;
  }

  /// As it stands in the file, or from the environment; empty if neither is said.
  static std::optional<std::string> credential(const json& settings, const std::string& name,
                                               std::string& error) {
    if (settings.contains(name)) return settings.at(name).get<std::string>();
    if (!settings.contains(name + "_env")) return "";
    const auto variable = settings.at(name + "_env").get<std::string>();
    std::string value = program::secret_value(variable);
    if (!value.empty()) return value;
    error =
        fmt::format("the environment variable `{}` is not set, which the tool needs as a secret", variable);
    return std::nullopt;
  }

  void body(std::string text, const char* type) {
    request_.body = std::move(text);
    type_ = type;
  }

  bool url(std::string& error) {
    std::string& url = request_.url;
    if (const auto mistake = access::url_mistake(url, true)) {
      error = *mistake;
      return false;
    }
    if (access::host_of_url(url).find('*') != std::string::npos) {
      error = "nobody can say which host its URL means";
      return false;
    }
    const bool clean =
        std::ranges::none_of(url, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; });
    if (!clean) {
      error = "its URL holds a blank or a line break: encode what is filled in, or give it as `query`";
      return false;
    }
    if (url.find('#') != std::string::npos) {
      error = "its URL holds a `#`, behind which nothing is sent: encode it as `%23`";
      return false;
    }
    if (value::climbs(path_of(url))) {
      error =
          "its URL holds `.`, `..` or `\\` as a part of its path, however encoded, which leads elsewhere: "
          "what "
          "is filled in must not";
      return false;
    }
    const std::string query = joined(query_, "%20");
    if (!query.empty()) url += (url.find('?') == std::string::npos ? '?' : '&') + query;
    return true;
  }

  void settings() {
    const program::External& tool = *call_.tool;
    const auto number = [&](const char* name, int64_t otherwise) {
      const auto found = options_.find(name);
      return found != options_.end() && found->is_number_integer() ? found->get<int64_t>() : otherwise;
    };
    request_.timeout = number("timeout", kTimeout);
    const bool again = tool.effect != program::Effect::Writes || tool.idempotent;
    request_.attempts = static_cast<uint32_t>(number("retry", again ? kRetries : 0)) + 1;
    std::vector<http::Header>& headers = request_.headers;
    if (!type_.empty() && !has(headers, "Content-Type")) headers.push_back({"Content-Type", type_});
    if (!has(headers, "Accept"))
      headers.push_back({"Accept", "application/json, text/plain;q=0.9, */*;q=0.8"});
    if (tool.effect == program::Effect::Writes && !has(headers, "Idempotency-Key"))
      headers.push_back({"Idempotency-Key", call_.key});
    if (!has(headers, "User-Agent")) headers.push_back({"User-Agent", "chain"});
  }

  const Request& call_;
  const json options_;
  HttpRequest request_;
  json query_ = json::object();
  std::string type_;  // of the body
};

}  // namespace

std::optional<HttpRequest> make_http_request(const Request& call, std::string& error) {
  return Builder(call).build(error);
}

std::string shown(const HttpRequest& request) {
  std::string text = request.method + ' ' + request.url + '\n';
  for (const http::Header& header : request.headers) text += header.name + ": " + header.value + '\n';
  if (!request.body.empty()) text += '\n' + request.body;
  return text;
}

}  // namespace chain::tool
