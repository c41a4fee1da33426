// Bytes of unknown encoding as text. Internal to runtime/documents.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/documents/document.h"

namespace chain::documents {

struct Decoded {
  std::string text;  // UTF-8 without NULs
  std::vector<Origin> origins;
  std::string encoding;   // as IANA or ICU names it: "UTF-8", "windows-949"
  uint64_t replaced = 0;  // bytes of UTF-8 that are none
  uint64_t first_replaced = 0;
};

/// What `bytes` are if they are no text: "a PNG image"; empty if they may be text.
[[nodiscard]] std::string binary_kind(std::string_view bytes);

/// The encoding is what a byte order mark says, else UTF-8 if `declared` says exactly that, else UTF-16 by
/// where the zeros stand, else UTF-8 if that is what it is, but for a few bytes, else `declared` (a charset
/// of HTTP or HTML; may be empty), else ICU's guess. What cannot be decoded becomes U+FFFD, a NUL a space.
/// False and `error`, a clause, if the text would have more than `most` bytes.
[[nodiscard]] bool decode(std::string_view bytes, std::string_view declared, uint64_t most, Decoded& decoded,
                          std::string& error);

}  // namespace chain::documents
