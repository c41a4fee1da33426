#include "runtime/value/growing_text.h"

#include "runtime/value/characters.h"
#include "runtime/value/json.h"
#include "runtime/value/unescape.h"
#include "runtime/value/utf8.h"

namespace chain::value {

namespace {

/// Bytes at the front of `raw` that hold only whole characters and whole escapes.
uint32_t decidable(std::string_view raw, bool escapes) {
  uint32_t end = 0;
  while (end < raw.size()) {
    const std::string_view rest = raw.substr(end);
    uint32_t length = utf8_length(rest);
    if (length == 0) {
      if (rest.size() < 4) break;
      length = 1;
    }
    if (escapes && rest[0] == '\\') {
      length = escape_length(rest);
      if (length == 0) break;
    }
    end += length;
  }
  return end;
}

}  // namespace

uint32_t append_growing(std::string& out, std::string_view raw, GrowingText form) {
  const uint32_t read = form.complete ? static_cast<uint32_t>(raw.size()) : decidable(raw, form.escapes);
  raw = raw.substr(0, read);
  std::string plain;
  if (form.escapes && raw.find('\\') != std::string_view::npos) {
    plain.resize(raw.size());
    plain.resize(unescape_to(raw, plain.data()));
    raw = plain;
  }
  const size_t quote = out.size();
  append_json_string(out, raw);
  out.pop_back();
  out.erase(quote, 1);
  return read;
}

}  // namespace chain::value
