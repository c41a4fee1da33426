// Texts made safe to stand in another language: HTML and XML, URLs.
#include "runtime/library/call.h"
#include "runtime/value/path.h"
#include "runtime/value/url_path.h"

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

/// False if the result would be too large.
bool encode(std::string_view text, std::string& result) {
  constexpr char digits[] = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_unreserved(c)) {
      result += c;
    } else {
      result.append({'%', digits[byte >> 4], digits[byte & 15]});
    }
    if (result.size() > kMaxResultBytes) return false;
  }
  return true;
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
  std::string result;
  return encode(call.text(0), result) ? call.give_text(result) : call.fail_too_large();
}

LIBRARY(chain_lib_url_segment) {
  const std::string_view text = call.text(0);
  if (text.empty() && call.flag(1))
    return call.fail("nothing is filled in between two slashes of a URL, which then leads elsewhere");
  if (value::climbs(text))
    return call.fail("what is filled into the path of a URL leads elsewhere: " + value::quoted_short(text) +
                     " holds `.`, `..` or `\\` as a part of it");
  std::string result;
  return encode(text, result) ? call.give_text(result) : call.fail_too_large();
}

}  // namespace chain::library
