#include "runtime/value/digest.h"

// Of Nettle, which loads in a tenth of the time of OpenSSL: every command pays for it.
#include <nettle/sha2.h>

#include <utility>

namespace chain::value {

std::string sha256(std::string_view bytes) {
  return sha256([&] { return std::exchange(bytes, {}); });
}

std::string sha256(const std::function<std::string_view()>& next) {
  sha256_ctx context;
  sha256_init(&context);
  for (std::string_view piece = next(); !piece.empty(); piece = next())
    sha256_update(&context, piece.size(), reinterpret_cast<const uint8_t*>(piece.data()));
  std::string hash(SHA256_DIGEST_SIZE, '\0');
  sha256_digest(&context, hash.size(), reinterpret_cast<uint8_t*>(hash.data()));
  return hash;
}

std::string hex(std::string_view bytes) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text += kDigits[static_cast<unsigned char>(byte) >> 4];
    text += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

}  // namespace chain::value
