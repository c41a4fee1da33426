#include "runtime/model/json_writer.h"

#include <array>
#include <cstdint>

#include "runtime/http/printable.h"

namespace chain::model {

namespace {

/// 0: stands for itself; 1: not ASCII; else what follows the backslash (`u` for the long form).
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> table{};
  for (size_t i = 0; i < 0x20; ++i) table[i] = 'u';
  for (size_t i = 0x80; i < 0x100; ++i) table[i] = 1;
  table['"'] = '"';
  table['\\'] = '\\';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  return table;
}();

char escape_of(char byte) {
  return kEscapes[static_cast<uint8_t>(byte)];
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    size_t plain = 0;
    while (plain < text.size() && escape_of(text[plain]) == 0) ++plain;
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const char escape = escape_of(text[0]);
    size_t length = 1;
    if (escape == 1) {
      length = http::utf8_length(text);
      out += length == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, length);
    } else if (escape == 'u') {
      constexpr std::string_view kDigits = "0123456789abcdef";
      const auto byte = static_cast<uint8_t>(text[0]);
      out += {'\\', 'u', '0', '0', kDigits[byte >> 4], kDigits[byte & 15]};
    } else {
      out += {'\\', escape};
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

}  // namespace chain::model
