#include "runtime/model/data_uri.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "runtime/value/base64.h"

namespace chain::model {

namespace {

constexpr std::string_view kScheme = "data:";

bool says_base64(std::string_view head) {
  constexpr std::string_view kWord = ";base64";
  if (head.size() < kWord.size()) return false;
  head.remove_prefix(head.size() - kWord.size());
  return std::equal(head.begin(), head.end(), kWord.begin(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; });
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      bytes += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? digit_of(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? digit_of(text[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return bytes;
}

}  // namespace

DataUri read_data_uri(std::string_view uri, uint64_t limit, std::string& bytes) {
  const size_t comma = uri.find(',');
  if (uri.size() < kScheme.size() || comma == std::string_view::npos) return DataUri::Malformed;
  const std::string_view head = uri.substr(kScheme.size(), comma - kScheme.size());
  const std::string_view data = uri.substr(comma + 1);
  // No form of it is longer: three letters for one byte, or four for three and a line's end after every few.
  if (data.size() / 3 > limit) return DataUri::TooLarge;
  std::optional<std::string> read = percent_decoded(data);
  if (read && says_base64(head)) read = value::parse_base64(*read);
  if (!read) return DataUri::Malformed;
  if (read->size() > limit) return DataUri::TooLarge;
  bytes = std::move(*read);
  return DataUri::Read;
}

}  // namespace chain::model
