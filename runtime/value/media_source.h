// Where a medium is: the text that a value of type image, audio, video or file is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace chain::value {

enum class MediaPlace : uint8_t {
  Path,
  Url,   // https, the only scheme that media are had by
  Data,  // a data URI
};

/// By how `source` begins. What has another scheme is a path here, and found to be none when it is read.
[[nodiscard]] MediaPlace media_place(std::string_view source);

/// Whether a medium may be at `source` if a model, a tool or a server says so: what they write chooses no
/// file of whoever runs the program. Hosts of URLs are asked about when they are sent (model/media.h).
[[nodiscard]] bool may_name_medium(std::string_view source);

/// "an image as a data URI or an https URL, for what others write opens no file": what is expected then.
[[nodiscard]] std::string medium_of_others(std::string_view kind);

}  // namespace chain::value
