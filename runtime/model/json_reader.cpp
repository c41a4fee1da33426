#include "runtime/model/json_reader.h"

#include <array>
#include <charconv>
#include <cmath>

#include "runtime/http/printable.h"

namespace chain::model {

namespace {

constexpr int kMaxDepth = 128;
constexpr uint32_t kReplacement = 0xFFFD;

void append_utf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += {static_cast<char>(0xC0 | code >> 6), static_cast<char>(0x80 | (code & 0x3F))};
  } else if (code < 0x10000) {
    out += {static_cast<char>(0xE0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3F)),
            static_cast<char>(0x80 | (code & 0x3F))};
  } else {
    out += {static_cast<char>(0xF0 | code >> 18), static_cast<char>(0x80 | (code >> 12 & 0x3F)),
            static_cast<char>(0x80 | (code >> 6 & 0x3F)), static_cast<char>(0x80 | (code & 0x3F))};
  }
}

/// Reads the four digits after `\u` at `raw[at]`.
bool read_hex(std::string_view raw, size_t at, uint32_t& code) {
  if (at + 4 > raw.size()) return false;
  const char* begin = raw.data() + at;
  const auto [end, error] = std::from_chars(begin, begin + 4, code, 16);
  return error == std::errc() && end == begin + 4;
}

/// Reads the escape whose backslash is at `raw[at]`; moves `at` behind it.
bool append_escape(std::string_view raw, size_t& at, std::string& out) {
  constexpr std::string_view kFrom = "\"\\/bfnrt";
  constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
  if (at + 1 >= raw.size()) return false;
  const char letter = raw[at + 1];
  at += 2;
  if (letter != 'u') {
    const size_t found = kFrom.find(letter);
    if (found == std::string_view::npos) return false;
    out += kTo[found];
    return true;
  }
  uint32_t code = 0;
  if (!read_hex(raw, at, code)) return false;
  at += 4;
  uint32_t low = 0;
  if (code >= 0xD800 && code < 0xDC00 && raw.substr(at, 2) == "\\u" && read_hex(raw, at + 2, low) &&
      low >= 0xDC00 && low < 0xE000) {
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    at += 6;
  } else if (code >= 0xD800 && code < 0xE000) {
    code = kReplacement;  // half a pair
  }
  append_utf8(out, code);
  return true;
}

bool unescape(std::string_view raw, std::string& out) {
  size_t at = 0;
  while (at < raw.size()) {
    const char c = raw[at];
    if (c == '\\') {
      if (!append_escape(raw, at, out)) return false;
    } else if (static_cast<uint8_t>(c) < 0x80) {
      const size_t begin = at;
      while (at < raw.size() && static_cast<uint8_t>(raw[at]) < 0x80 && raw[at] != '\\') ++at;
      out += raw.substr(begin, at - begin);
    } else {
      const size_t length = http::utf8_length(raw.substr(at, 4));
      if (length == 0)
        append_utf8(out, kReplacement);
      else
        out += raw.substr(at, length);
      at += length == 0 ? 1 : length;
    }
  }
  return true;
}

/// What ends a run of plain characters in a string.
constexpr std::array<bool, 256> kEndsRun = [] {
  std::array<bool, 256> table{};
  for (size_t i = 0; i < 0x20; ++i) table[i] = true;
  table['"'] = table['\\'] = true;
  return table;
}();

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

char JsonReader::peek() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return c;
    ++at_;
  }
  return 0;
}

bool JsonReader::enter() {
  if (failed_ || ++depth_ > kMaxDepth) return fail();
  ++at_;
  return true;
}

bool JsonReader::close(char bracket, bool first) {
  const char c = peek();
  if (failed_) return true;
  if (c == bracket) {
    ++at_;
    --depth_;
    return true;
  }
  if (first) return false;
  if (c != ',') {
    failed_ = true;
    return true;
  }
  ++at_;
  return false;
}

bool JsonReader::read_key(std::string_view& key) {
  bool escaped = false;
  if (peek() != '"' || !raw_string(key, escaped)) return fail();
  if (escaped) {
    key_.clear();
    if (!unescape(key, key_)) return fail();
    key = key_;
  }
  if (peek() != ':') return fail();
  ++at_;
  return true;
}

bool JsonReader::raw_string(std::string_view& raw, bool& escaped) {
  const char* const begin = text_.data() + at_ + 1;
  const char* const end = text_.data() + text_.size();
  for (const char* c = begin; c < end; ++c) {
    while (c < end && !kEndsRun[static_cast<uint8_t>(*c)]) ++c;
    if (c == end || static_cast<uint8_t>(*c) < 0x20) break;
    if (*c == '"') {
      raw = {begin, static_cast<size_t>(c - begin)};
      at_ = static_cast<size_t>(c - text_.data()) + 1;
      return true;
    }
    escaped = true;
    ++c;  // whatever is escaped
  }
  return fail();
}

bool JsonReader::string(std::string& out) {
  out.clear();
  if (peek() != '"') return skip();
  std::string_view raw;
  bool escaped = false;
  if (!raw_string(raw, escaped)) return false;
  return unescape(raw, out) || fail();
}

bool JsonReader::number(std::string_view& digits) {
  const size_t begin = at_;
  const auto run = [&] {
    const size_t from = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    return at_ > from;
  };
  const auto at = [&](char c) { return at_ < text_.size() && text_[at_] == c; };
  if (at('-')) ++at_;
  const bool zero = at('0');
  const size_t first = at_;
  if (!run() || (zero && at_ > first + 1)) return fail();
  if (at('.')) {
    ++at_;
    if (!run()) return fail();
  }
  if (at('e') || at('E')) {
    ++at_;
    if (at('+') || at('-')) ++at_;
    if (!run()) return fail();
  }
  digits = text_.substr(begin, at_ - begin);
  return true;
}

bool JsonReader::integer(int64_t& out) {
  out = 0;
  const char c = peek();
  if (c != '-' && !is_digit(c)) return skip();
  std::string_view digits;
  if (!number(digits)) return false;
  double value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (std::isfinite(value) && std::abs(value) < 9e15) out = static_cast<int64_t>(value);
  return true;
}

bool JsonReader::literal() {
  for (const std::string_view word : {"true", "false", "null"}) {
    if (text_.substr(at_).starts_with(word)) {
      at_ += word.size();
      return true;
    }
  }
  return fail();
}

bool JsonReader::scalar() {
  const char c = peek();
  std::string_view ignored;
  bool escaped = false;
  if (c == '"') return raw_string(ignored, escaped);
  if (c == '-' || is_digit(c)) return number(ignored);
  return literal();
}

bool JsonReader::raw(std::string_view& out) {
  peek();
  const size_t begin = at_;
  if (!skip()) return false;
  out = text_.substr(begin, at_ - begin);
  return true;
}

bool JsonReader::skip() {
  if (failed_) return false;
  switch (peek()) {
    case '{': return object([this](std::string_view) { return skip(); });
    case '[': return array([this] { return skip(); });
    default: return scalar();
  }
}

}  // namespace chain::model
