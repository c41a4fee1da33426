// Character references of HTML and Markdown. Internal to runtime/documents.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace chain::documents {

/// Decodes the reference at the front of `text`, which begins with `&`: `&amp;`, `&#8212;`, `&#x2014;`. Its
/// length, and its character in `decoded`; 0 if it is none. Names are those of HTML 4 and a few more that
/// pages use; in HTML the oldest do without their semicolon (`lenient`).
[[nodiscard]] size_t decode_reference(std::string_view text, bool lenient, std::string& decoded);

}  // namespace chain::documents
