// What bytes are, told from how they begin: the types of media that providers take.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace chain::model {

enum class MediumKind : uint8_t { Image, Audio, Video, File };

/// As the language has it: "image".
[[nodiscard]] std::string_view to_string(MediumKind kind);

struct MediaType {
  MediumKind kind = MediumKind::File;
  std::string_view mime;       // "image/png"
  std::string_view name;       // "PNG images"
  std::string_view one;        // "a PNG image"
  std::string_view extension;  // "png"
};

/// Null if the bytes are of no type that is known here. Text is UTF-8 without control characters.
[[nodiscard]] const MediaType* media_type_of(std::string_view bytes);

/// What the name of a file or the path of a URL says, of types of `kind`; null if nothing.
[[nodiscard]] const MediaType* media_type_of_name(std::string_view path, MediumKind kind);

/// Those of a kind, for a sentence: "PNG, JPEG, GIF or WebP".
[[nodiscard]] std::string_view media_types(MediumKind kind);

}  // namespace chain::model
