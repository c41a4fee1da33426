#include "runtime/http/private_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>

namespace chain::http {

namespace {

struct Range {
  uint32_t first;
  uint32_t bits;
};

constexpr uint32_t quad(uint32_t a, uint32_t b = 0, uint32_t c = 0) {
  return a << 24 | b << 16 | c << 8;
}

// RFC 6890: what is not global.
constexpr Range kPrivate4[] = {
    {quad(0), 8},         {quad(10), 8},       {quad(100, 64), 10},      {quad(127), 8},
    {quad(169, 254), 16}, {quad(172, 16), 12}, {quad(192, 0, 0), 24},    {quad(192, 0, 2), 24},
    {quad(192, 168), 16}, {quad(198, 18), 15}, {quad(198, 51, 100), 24}, {quad(203, 0, 113), 24},
    {quad(224), 4},       {quad(240), 4},
};

bool is_private4(uint32_t address) {
  for (const Range& range : kPrivate4) {
    if ((address ^ range.first) >> (32 - range.bits) == 0) return true;
  }
  return false;
}

uint32_t quad_at(const uint8_t* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
}

bool is_private6(const in6_addr& address) {
  const uint8_t* bytes = address.s6_addr;
  constexpr uint8_t kNat64[12] = {0, 0x64, 0xFF, 0x9B};
  if (IN6_IS_ADDR_V4MAPPED(&address) || std::memcmp(bytes, kNat64, sizeof kNat64) == 0)
    return is_private4(quad_at(bytes + 12));
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return is_private4(quad_at(bytes + 2));  // 6to4
  // Global unicast is 2000::/3, less documentation and Teredo (2001:0::/23 is kept for protocols).
  if ((bytes[0] & 0xE0) != 0x20) return true;
  const bool documentation = bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0x0D && bytes[3] == 0xB8;
  const bool protocols = bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] < 2;
  return documentation || protocols;
}

}  // namespace

bool is_private_address(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &address, sizeof four);
    return is_private4(ntohl(four.sin_addr.s_addr));
  }
  if (address.sa_family != AF_INET6) return true;
  sockaddr_in6 six{};
  std::memcpy(&six, &address, sizeof six);
  return is_private6(six.sin6_addr);
}

bool is_private_address(const char* text) {
  in_addr four{};
  in6_addr six{};
  if (inet_pton(AF_INET, text, &four) == 1) return is_private4(ntohl(four.s_addr));
  return inet_pton(AF_INET6, text, &six) != 1 || is_private6(six);
}

}  // namespace chain::http
