// Whether a sentence denies a word that stands in it. Internal to runtime/value.
#pragma once

#include <cstddef>
#include <string_view>

namespace chain::value {

/// Whether what stands directly around the word at [begin, end) of `text` denies it. Before it: "not", words
/// in "n't", "cannot", "never", "neither", "nor", "non-" and "no longer", with or without an article or a
/// word such as "very" between ("not a bug", "isn't very high"). After it, in Korean: 아니다 and 않다 in
/// their forms, with or without a particle ("긴급이 아닙니다", "긴급하지 않음"). Marks of emphasis and quotes
/// do not count. `text` may have been folded (fold.h). Looks at no more than a few dozen bytes.
[[nodiscard]] bool is_denied(std::string_view text, size_t begin, size_t end);

}  // namespace chain::value
