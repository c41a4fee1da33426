// Text as a vector without a model: features hashed into a fixed number of dimensions (the "hashing trick",
// Weinberger et al. 2009). Texts of nearly the same words in nearly the same order point the same way.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace chain::value {

inline constexpr size_t kLocalHashSize = 384;
using LocalHash = std::array<float, kLocalHashSize>;

/// Of a text's words, pairs of neighbours, and runs of three characters in words; case, width, composition
/// and usual punctuation do not count (NFKC with case folded). Of unit length; all zeros for a text without a
/// word. The same on every machine, and for good: vectors are kept.
[[nodiscard]] LocalHash local_hash(std::string_view text);

/// Of a feature, for a place in a vector: FNV-1a, 64 bits, with the bits mixed once more, for the lowest of
/// FNV alone are poor. For good, as vectors are kept.
[[nodiscard]] uint64_t hash_of_feature(char kind, std::string_view text);

/// From -1 to 1; 0 if either is all zeros.
[[nodiscard]] double cosine(const LocalHash& left, const LocalHash& right);

/// What must be the same for the answer to one question to serve another: every word, number and sign in
/// their order, but for blanks within lines, the case of the first letter of a sentence, the mark that ends
/// the last one, and a "please" that begins one. So "does smoking cause stress" and "does stress cause
/// smoking" differ, and so do questions of which one denies, or that name other numbers, however high their
/// cosine. Empty for a text without a word, and for one that is not UTF-8.
[[nodiscard]] std::string gist_of(std::string_view text);

/// As bytes, and back; nothing if they are none.
[[nodiscard]] std::string to_bytes(const LocalHash& vector);
[[nodiscard]] std::optional<LocalHash> local_hash_from(std::string_view bytes);

}  // namespace chain::value
