// The words that a text is found by: in their folded form (NFKC without case; Latin and Greek without
// accents), English ones stemmed (Porter 1980), and pairs of neighbouring characters (bigrams) for scripts
// that are written without blanks, and for Korean, whose particles stick to the word.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace chain::retrieve {

/// Calls `word` for each term of `text`, with its bytes. The same for documents and queries. Terms that begin
/// at the same byte follow each other and are alternatives: "v1.2" gives "v1", "v1.2" and "2", and "3월"
/// gives "3", "3월" and "월". Bytes that are not UTF-8 separate words. A term has at most 96 bytes; of what
/// is longer its beginning counts. Takes time and memory for itself in proportion to nothing but the text's
/// length.
void words(std::string_view text,
           const std::function<void(std::string_view word, size_t begin, size_t end)>& word);

}  // namespace chain::retrieve
