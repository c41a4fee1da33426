#include "runtime/documents/tokens.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cmath>

#include "runtime/documents/ranks.h"

namespace chain::documents {
namespace {

/// Tokens that a character adds to its piece, in hundredths, fitted to texts of each kind.
struct Weights {
  int hangul, han, kana, latin, letter, sign;
};
constexpr Weights kCl100k = {.hangul = 138, .han = 100, .kana = 95, .latin = 55, .letter = 64, .sign = 45};
constexpr Weights kO200k = {.hangul = 83, .han = 60, .kana = 80, .latin = 45, .letter = 28, .sign = 45};

/// An English word of so many letters is mostly one token.
constexpr int64_t kShortWord = 7;

int weight_of(UChar32 c, const Weights& weights) {
  if (c < 0x250) return weights.latin;
  UErrorCode status = U_ZERO_ERROR;
  const bool letter = (U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_M_MASK)) != 0;
  if (!letter) return 150;  // emoji and rare signs
  switch (uscript_getScript(c, &status)) {
    case USCRIPT_HANGUL: return weights.hangul;
    case USCRIPT_HAN: return weights.han;
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA: return weights.kana;
    default: return weights.letter;
  }
}

size_t estimate_piece(std::string_view piece, const Weights& weights) {
  int64_t ascii_letters = 0, ascii_signs = 0, spaces = 0;
  int64_t wide = 0;
  for (int64_t at = 0; at < static_cast<int64_t>(piece.size());) {
    UChar32 c = 0;
    U8_NEXT_OR_FFFD(piece.data(), at, static_cast<int64_t>(piece.size()), c);
    if (c >= 0x80) {
      wide += weight_of(c, weights);
    } else if (u_isalpha(c)) {
      ++ascii_letters;
    } else {
      ++(c > ' ' ? ascii_signs : spaces);
    }
  }
  int64_t hundredths = wide + spaces;  // a token has up to 128 spaces
  if (ascii_letters > 0) hundredths += 100 + std::max<int64_t>(0, ascii_letters - kShortWord) * 22;
  if (ascii_letters == 0 && ascii_signs > 0) hundredths += 100 + (ascii_signs - 1) * weights.sign / 2;
  return static_cast<size_t>(std::max<int64_t>(1, (hundredths + 50) / 100));
}

template <class Each>
void each_piece(std::string_view text, Encoding encoding, const Each& take) {
  while (!text.empty()) {
    const size_t size = first_piece(text, encoding);
    take(text.substr(0, size));
    text.remove_prefix(size);
  }
}

}  // namespace

bool counts_exactly(Encoding encoding) {
  return ranks_of(encoding) != nullptr;
}

size_t estimate_tokens(std::string_view text, Encoding encoding) {
  const Weights& weights = encoding == Encoding::Cl100k ? kCl100k : kO200k;
  size_t count = 0;
  each_piece(text, encoding, [&](std::string_view piece) { count += estimate_piece(piece, weights); });
  return count;
}

size_t count_tokens(std::string_view text, Encoding encoding) {
  const Ranks* ranks = ranks_of(encoding);
  if (ranks == nullptr) return estimate_tokens(text, encoding);
  size_t count = 0;
  each_piece(text, encoding, [&](std::string_view piece) { count += ranks->count(piece); });
  return count;
}

std::vector<uint32_t> encode_tokens(std::string_view text, Encoding encoding) {
  std::vector<uint32_t> tokens;
  if (const Ranks* ranks = ranks_of(encoding))
    each_piece(text, encoding, [&](std::string_view piece) { ranks->encode(piece, tokens); });
  return tokens;
}

}  // namespace chain::documents
