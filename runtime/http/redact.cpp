#include "runtime/http/redact.h"

namespace chain::http {

void redact(std::string& text, std::string_view secret) {
  constexpr std::string_view kInstead = "[redacted]";
  if (secret.empty()) return;
  for (size_t at = 0; (at = text.find(secret, at)) != std::string::npos; at += kInstead.size())
    text.replace(at, secret.size(), kInstead);
}

}  // namespace chain::http
