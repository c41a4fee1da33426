#include "compiler/sema/schema_names.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>

#include "compiler/sema/literals.h"
#include "compiler/syntax/words.h"

namespace chain::sema {

namespace {

/// UAX #31, as the lexer has it: everything else separates words.
std::string identifier(std::string_view text, bool type) {
  std::string result;
  bool upper = type;
  const auto size = static_cast<int32_t>(text.size());
  for (int32_t at = 0; at < size;) {
    const int32_t begin = at;
    UChar32 c = 0;
    U8_NEXT(text.data(), at, size, c);
    if (c < 0 || !u_hasBinaryProperty(c, UCHAR_XID_CONTINUE)) {
      upper = type;
      if (!type && !result.empty() && result.back() != '_') result += '_';
      continue;
    }
    if (upper && c >= 'a' && c <= 'z')
      result += static_cast<char>(c - 'a' + 'A');
    else
      result += text.substr(static_cast<size_t>(begin), static_cast<size_t>(at - begin));
    upper = false;
  }
  UChar32 first = 0;
  int32_t at = 0;
  const auto length = static_cast<int32_t>(result.size());
  if (length > 0) U8_NEXT(result.data(), at, length, first);
  if (length == 0 || !u_hasBinaryProperty(first, UCHAR_XID_START)) result.insert(0, type ? "T" : "n");
  return result;
}

}  // namespace

std::string type_name(std::string_view text) {
  return identifier(text, true);
}

std::string callable_name(std::string_view tool) {
  return identifier(tool, false);
}

std::string in_quotes(std::string_view text) {
  return quoted(program::Literal(std::string(text)));
}

std::string documentation(std::string_view text, const char* indent) {
  std::string result;
  while (!text.empty()) {
    const size_t end = text.find_first_of("\r\n");
    std::string line(text.substr(0, end));
    std::replace_if(line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    result += std::string(indent) + "/// " + line + '\n';
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (text.starts_with('\n')) text.remove_prefix(1);
  }
  return result;
}

std::string MemberNames::take(std::string_view key) {
  std::string stem = identifier(key, false);
  if (syntax::reserved_word(stem) != 0) stem += '_';
  std::string name = stem;
  int& number = numbers_.try_emplace(stem, 1).first->second;
  const auto free = [&] { return !taken_.contains(name) && (name == key || !keys_.contains(name)); };
  while (!free()) name = stem + '_' + std::to_string(++number);
  taken_.insert(name);
  return name;
}

}  // namespace chain::sema
