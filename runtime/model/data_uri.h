// Data URIs (RFC 2397).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace chain::model {

enum class DataUri : uint8_t { Read, Malformed, TooLarge };

/// Puts what `uri` holds, base64 or percent-encoded, into `bytes`: at most `limit` of them. What it says of
/// the type is left to who looks at the bytes.
[[nodiscard]] DataUri read_data_uri(std::string_view uri, uint64_t limit, std::string& bytes);

}  // namespace chain::model
