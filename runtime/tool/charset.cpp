#include "runtime/tool/charset.h"

#include <unicode/ucnv.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <limits>
#include <memory>

namespace chain::tool {

namespace {

constexpr std::string_view kMark = "\xEF\xBB\xBF";

bool is_utf8(std::string_view name) {
  return name.empty() || name == "utf-8" || name == "utf8" || name == "us-ascii";
}

std::string without_mark(std::string bytes) {
  if (bytes.starts_with(kMark)) bytes.erase(0, kMark.size());
  return bytes;
}

}  // namespace

std::string charset_of(std::string_view content_type) {
  std::string lower(content_type);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const size_t found = lower.find("charset=");
  if (found == std::string::npos) return {};
  std::string name = lower.substr(found + 8, lower.find(';', found) - (found + 8));
  std::erase_if(name, [](char c) { return c == '"' || c == '\'' || c == ' '; });
  return name;
}

std::string as_utf8(std::string bytes, std::string_view content_type) {
  const std::string name = charset_of(content_type);
  if (is_utf8(name) || bytes.size() > size_t{std::numeric_limits<int32_t>::max()})
    return without_mark(std::move(bytes));
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UConverter, decltype(&ucnv_close)> converter(ucnv_open(name.c_str(), &status),
                                                                     ucnv_close);
  if (U_FAILURE(status) || !converter) return bytes;
  const icu::UnicodeString units(bytes.data(), static_cast<int32_t>(bytes.size()), converter.get(), status);
  if (U_FAILURE(status)) return bytes;
  std::string text;
  units.toUTF8String(text);
  return without_mark(std::move(text));
}

}  // namespace chain::tool
