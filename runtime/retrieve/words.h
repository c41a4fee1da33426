// The words that a text is found by: ICU's words in their folded form, English ones stemmed (Porter 1980),
// and pairs of neighbouring characters (bigrams) for Chinese, Japanese and Korean.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace chain::retrieve {

/// Calls `word` for each term of `text`, with its bytes. The same for documents and queries.
void words(std::string_view text,
           const std::function<void(std::string_view word, size_t begin, size_t end)>& word);

}  // namespace chain::retrieve
