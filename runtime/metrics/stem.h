// Stems of English words.
#pragma once

#include <string>
#include <string_view>

namespace chain::metrics {

/// The stem of `word`, which is in lower case, by Porter (1980) with the changes of NLTK 3.8's PorterStemmer
/// ("NLTK_EXTENSIONS"), which ROUGE and METEOR are computed with. Other letters than English ones count as
/// consonants.
[[nodiscard]] std::string porter_stem(std::string_view word);

}  // namespace chain::metrics
