#include "runtime/value/url_path.h"

#include <algorithm>
#include <string>

namespace chain::value {

namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// With each `%XX` as the byte that it stands for, and what that makes again: one pass, for a byte that
/// completes an escape is looked at with those before it.
std::string decoded(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    result += c;
    while (result.size() >= 3 && result[result.size() - 3] == '%') {
      const int high = digit(result[result.size() - 2]), low = digit(result.back());
      if (high < 0 || low < 0) break;
      result.resize(result.size() - 3);
      result += static_cast<char>(high << 4 | low);
    }
  }
  return result;
}

}  // namespace

bool climbs(std::string_view path) {
  if (path.find('\\') != std::string_view::npos) return true;
  const std::string plain = decoded(path);
  if (plain.find('\0') != std::string::npos) return true;
  for (size_t begin = 0; begin <= plain.size();) {
    const size_t end = std::min(plain.find_first_of("/\\", begin), plain.size());
    std::string_view part = std::string_view(plain).substr(begin, end - begin);
    part = part.substr(0, part.find(';'));
    if (part == "." || part == "..") return true;
    begin = end + 1;
  }
  return false;
}

}  // namespace chain::value
