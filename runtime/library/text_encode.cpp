// Texts made safe to stand in another language: HTML and XML, URLs.
#include "runtime/library/call.h"

namespace chain::library {

namespace {

std::string_view reference(char c) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&#34;";
    case '\'': return "&#39;";
    default: return {};
  }
}

/// RFC 3986, section 2.3.
bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

LIBRARY(chain_lib_escape) {
  const std::string_view text = call.text(0);
  if (text.find_first_of("&<>\"'") == std::string_view::npos) return call.give_part(text);
  std::string result;
  for (const char c : text) {
    if (const std::string_view name = reference(c); !name.empty()) {
      result += name;
    } else {
      result += c;
    }
    if (result.size() > kMaxResultBytes) return call.fail_too_large();
  }
  return call.give_text(result);
}

LIBRARY(chain_lib_url_encode) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string result;
  for (const char c : call.text(0)) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_unreserved(c)) {
      result += c;
    } else {
      result.append({'%', digits[byte >> 4], digits[byte & 15]});
    }
    if (result.size() > kMaxResultBytes) return call.fail_too_large();
  }
  return call.give_text(result);
}

}  // namespace chain::library
