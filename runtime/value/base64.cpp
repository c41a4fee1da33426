#include "runtime/value/base64.h"

#include <cstdint>

#include "runtime/value/characters.h"

namespace chain::value {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Six bits, or -1.
int digit_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

}  // namespace

void append_base64(std::string& out, std::string_view bytes) {
  const size_t begin = out.size();
  out.resize(begin + (bytes.size() + 2) / 3 * 4, '=');
  char* to = out.data() + begin;
  // Media of megabytes come this way: whole groups of three without a look at where the end is.
  size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const uint32_t bits = static_cast<uint32_t>(static_cast<uint8_t>(bytes[i])) << 16 |
                          static_cast<uint32_t>(static_cast<uint8_t>(bytes[i + 1])) << 8 |
                          static_cast<uint8_t>(bytes[i + 2]);
    *to++ = kAlphabet[bits >> 18];
    *to++ = kAlphabet[bits >> 12 & 63];
    *to++ = kAlphabet[bits >> 6 & 63];
    *to++ = kAlphabet[bits & 63];
  }
  const std::string_view rest = bytes.substr(i);
  if (rest.empty()) return;
  uint32_t bits = 0;
  for (size_t k = 0; k < 3; ++k) bits = bits << 8 | (k < rest.size() ? static_cast<uint8_t>(rest[k]) : 0);
  for (size_t k = 0; k <= rest.size(); ++k) *to++ = kAlphabet[bits >> (18 - 6 * k) & 63];
}

std::optional<std::string> parse_base64(std::string_view text) {
  text = trimmed(text);
  size_t padding = 0;
  for (; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 3);
  uint32_t bits = 0;
  uint32_t held = 0;
  size_t digits = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r') continue;
    const int digit = digit_of(c);
    if (digit < 0) return std::nullopt;
    ++digits;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 0xff);
  }
  // One digit alone is no byte, and bits that are left over say nothing.
  if (padding > 0 && (digits + padding) % 4 != 0) return std::nullopt;
  if (digits % 4 == 1 || (bits & ((1U << held) - 1)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace chain::value
