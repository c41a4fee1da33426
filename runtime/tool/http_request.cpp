#include "runtime/tool/http_request.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>

#include "runtime/access/host.h"
#include "runtime/http/header_name.h"
#include "runtime/http/percent.h"

namespace chain::tool {

namespace {

using nlohmann::json;

constexpr int64_t kTimeout = 30'000'000'000;
constexpr uint32_t kRetries = 2;

bool has(const std::vector<http::Header>& headers, std::string_view name) {
  return std::ranges::any_of(headers,
                             [&](const http::Header& each) { return http::same_name(each.name, name); });
}

/// A part of the path is `.` or `..`, however it is encoded.
bool climbs(std::string_view url) {
  std::string_view path = url.substr(std::min(url.find("://") + 3, url.size()));
  path = path.substr(0, path.find('?'));
  for (size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
    std::string part(path.substr(slash + 1, path.find('/', slash + 1) - slash - 1));
    for (size_t at = 0; (at = part.find('%')) != std::string::npos && part.size() >= at + 3;) {
      const bool dot = part[at + 1] == '2' && (part[at + 2] == 'e' || part[at + 2] == 'E');
      if (!dot) break;
      part.replace(at, 3, ".");
    }
    if (part == "." || part == "..") return true;
  }
  return false;
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
    }
    if (!url(error)) return std::nullopt;
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
    if (climbs(url)) {
      error = "its URL holds `..` as a part of its path, which leads elsewhere: what is filled in must not";
      return false;
    }
    for (const auto& [name, value] : query_.items()) {
      if (!value.is_string()) continue;
      url += url.find('?') == std::string::npos ? '?' : '&';
      url += http::percent_encoded(name) + '=' + http::percent_encoded(value.get<std::string>());
    }
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
