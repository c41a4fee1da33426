// What the files of images say of themselves. Internal to runtime/documents.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chain::documents {

struct ImageInfo {
  std::string_view type;           // "image/png"
  uint32_t width = 0, height = 0;  // pixels; 0 if the file does not say
  /// Words in it: `title`, `description`, `author`, `comment`, `date`. UTF-8 without NULs, 1,000 bytes at
  /// most.
  std::vector<std::pair<std::string, std::string>> words;
};

/// Of PNG (ISO 15948), JPEG (ITU T.81, with Exif 2.3), GIF (89a) and WebP (RFC 9649). Nothing if it is none
/// of these. In linear time; nothing is decompressed, and what is damaged is passed over.
[[nodiscard]] std::optional<ImageInfo> image_info(std::string_view bytes);

}  // namespace chain::documents
