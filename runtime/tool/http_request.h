// The HTTP request that a call of a tool becomes. Internal to runtime/tool.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/http/client.h"
#include "runtime/tool/caller.h"

namespace chain::tool {

struct HttpRequest {
  std::string method;
  std::string url;
  std::vector<http::Header> headers;
  std::string body;
  std::string hidden;     // what stands for secrets in `headers` and is none of their own forms
  int64_t timeout = 0;    // nanoseconds, of one attempt
  uint32_t attempts = 1;  // at most
};

/// Nothing, and why as a clause in `error`, if what the call gives makes no request.
[[nodiscard]] std::optional<HttpRequest> make_http_request(const Request& call, std::string& error);

/// As it is shown: method, URL, headers and body, with what may be secret in them.
[[nodiscard]] std::string shown(const HttpRequest& request);

}  // namespace chain::tool
