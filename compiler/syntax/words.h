// The words of the language: which are reserved, and which begin a declaration.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace chain::syntax {

/// The token of a reserved word; 0 for any other word.
[[nodiscard]] uint16_t reserved_word(std::string_view word);

/// The token of a word that begins a declaration, `kUnavailableDeclaration` for one that later versions
/// bring, else 0.
[[nodiscard]] uint16_t declaration_word(std::string_view word);
inline constexpr uint16_t kUnavailableDeclaration = 0xFFFF;

/// Every word that begins a declaration, for "did you mean".
[[nodiscard]] const std::vector<std::string_view>& declaration_words();

}  // namespace chain::syntax
