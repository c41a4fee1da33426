// The bytes of a file, whatever they are, as documents. Internal to runtime/documents.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/documents/load.h"

namespace chain::documents {

enum class Kind : uint8_t { Unknown, Text, Markdown, Html, Code, Pdf, Json, Jsonl, Csv };

/// By the ending of a file's name.
[[nodiscard]] Kind kind_of_path(std::string_view path);
/// By the media type that a server says: "text/html; charset=euc-kr".
[[nodiscard]] Kind kind_of_type(std::string_view content_type);

struct Material {
  std::string source;  // of the documents, and the beginning of their ids
  std::string_view bytes;
  std::string digest;
  Kind kind = Kind::Unknown;  // unknown: what the bytes look like
  std::string charset;        // that a server said; may be empty
};

/// Gives `sink` the documents: one, or one for each record, of `fields`. What cannot be read is skipped with
/// a word.
void convert(const Material& material, const RecordFields& fields, const Surroundings& around, Sink& sink);

}  // namespace chain::documents
