// Words that stand in every English text, and tell nothing of what one is about.
#pragma once

#include <string_view>

namespace chain::value {

/// Lucene's for English, separated by blanks.
inline constexpr std::string_view kStopWords =
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these "
    "they this to was will with";

}  // namespace chain::value
