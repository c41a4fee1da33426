// Cutting documents into passages.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/documents/document.h"
#include "runtime/documents/tokens.h"

namespace chain::documents {

/// `Auto` cuts by the document's form: Markdown at headings, HTML at sections, pages, code at symbols,
/// records as they are, and texts at sentences.
enum class Cut : uint8_t { Auto, Tokens, Sentences, Markdown, Html, Pages, Code, Record };

struct Splitter {
  Cut cut = Cut::Auto;
  Encoding encoding = Encoding::O200k;
  uint32_t size = 400;    // tokens of a passage, at most; 8 if it is less
  uint32_t overlap = 40;  // tokens that a passage repeats of the one before, at most
};

struct Chunk {
  std::string text;    // UTF-8; what is searched and embedded, without the markup that a form has
  uint64_t begin = 0;  // bytes of the source, half open
  uint64_t end = 0;
  uint64_t line = 0;                  // of the source, from 1; 0 if it has none
  uint32_t page = 0;                  // from 1; 0 if it has none
  uint32_t tokens = 0;                // of `text`
  std::vector<std::string> headings;  // the path to it, outermost first; a symbol's name for code
};

/// In the order of the text. No chunk is empty, none has more than `size` tokens, and every word of the
/// document is in one. An image is one chunk, of any size.
[[nodiscard]] std::vector<Chunk> cut(const Document& document, const Splitter& splitter);

}  // namespace chain::documents
