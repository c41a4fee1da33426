// Text as a vector without a model: hashed words and parts of words ("feature hashing", Weinberger et al.
// 2009). Good for a start and for tests: it finds other forms of the same words, and misspelt ones, but knows
// nothing of what words mean.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace chain::retrieve {

/// What `local_hash` makes of a text may change between versions of this name alone: vectors are kept.
inline constexpr std::string_view kLocalHashName = "local_hash/1";

/// Of `text`'s terms (words.h) and of the runs of three characters in its words; what stands often counts
/// 1 + ln(how often), and very short words count little. Of unit length; all zeros for a text without a term.
/// The same on every machine. `dimensions` is at least 1.
[[nodiscard]] std::vector<float> local_hash(std::string_view text, uint32_t dimensions);

}  // namespace chain::retrieve
