// From the source of a string literal to its text: dedent and escapes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "compiler/diagnostics/diagnostics.h"

namespace chain::syntax {

/// What counts as text in a closed literal; offsets in the file. Of a block the line break after `"""` and
/// the one before the closing line are no part of it, and every line loses the closing line's indentation.
struct StringContent {
  uint32_t begin = 0;
  uint32_t end = 0;
  std::string_view indent;   // of the closing line
  bool begins_line = false;  // `begin` stands at the start of a line of a block
  bool raw = false;
  bool block = false;
};

[[nodiscard]] StringContent string_content(std::string_view text, uint32_t begin, uint32_t end);

/// Appends the text of `[begin, end)` to `out`: lines dedented, CRLF as LF, escapes resolved if `escapes`. An
/// unknown escape goes to `diagnostics`, unless that is null.
void append_text(std::string_view text, const StringContent& content, uint32_t begin, uint32_t end,
                 bool escapes, FileId file, Diagnostics* diagnostics, std::string& out);

}  // namespace chain::syntax
