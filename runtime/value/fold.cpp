#include "runtime/value/fold.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <vector>

#include "runtime/value/characters.h"
#include "runtime/value/utf8.h"

namespace chain::value {

namespace {

char fold_ascii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// The folded form in UTF-16, or nothing if ICU refuses.
std::vector<UChar> fold_wide(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  std::vector<UChar> wide(text.size() + 1);
  int32_t size = 0;
  u_strFromUTF8(wide.data(), static_cast<int32_t>(wide.size()), &size, text.data(),
                static_cast<int32_t>(text.size()), &status);
  const UNormalizer2* nfkd = unorm2_getNFKDInstance(&status);
  if (U_FAILURE(status)) return {};
  // One UTF-16 unit decomposes to at most 18 (U+FDFA); most text stays as long as it is.
  std::vector<UChar> split(static_cast<size_t>(size) * 18 + 1);
  size = unorm2_normalize(nfkd, wide.data(), size, split.data(), static_cast<int32_t>(split.size()), &status);
  if (U_FAILURE(status)) return {};
  std::vector<UChar> folded(static_cast<size_t>(size) * 3 + 1);  // case folding at most triples
  size = u_strFoldCase(folded.data(), static_cast<int32_t>(folded.size()), split.data(), size,
                       U_FOLD_CASE_DEFAULT, &status);
  if (U_FAILURE(status)) return {};
  folded.resize(static_cast<size_t>(size));
  return folded;
}

}  // namespace

std::string fold(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  constexpr size_t kPiece = size_t{1}
                            << 20;  // ICU counts in 32 bits, and tables above are a multiple of the text
  while (!text.empty()) {
    const size_t plain = static_cast<size_t>(std::find_if(text.begin(), text.end(), is_wide) - text.begin());
    for (char c : text.substr(0, plain)) result += fold_ascii(c);
    text.remove_prefix(plain);
    size_t wide = static_cast<size_t>(std::find_if_not(text.begin(), text.end(), is_wide) - text.begin());
    if (wide == 0) continue;
    wide = std::min(wide, kPiece);
    // A base letter in ASCII may carry its mark as a character of its own: marks are dropped wherever they
    // stand.
    const std::vector<UChar> folded = fold_wide(text.substr(0, wide));
    if (folded.empty()) result += text.substr(0, wide);
    for (size_t i = 0; i < folded.size();) {
      UChar32 c = 0;
      U16_NEXT(folded.data(), i, folded.size(), c);
      if (u_charType(c) == U_NON_SPACING_MARK) continue;
      char bytes[4];
      result.append(bytes, encode_utf8(static_cast<uint32_t>(c), bytes));
    }
    text.remove_prefix(wide);
  }
  return result;
}

std::string letters_of(std::string_view folded) {
  std::string result;
  for (size_t i = 0; i < folded.size();) {
    const uint32_t length = std::max<uint32_t>(utf8_length(folded.substr(i)), 1);
    bool keep = is_letter(folded[i]) || is_digit(folded[i]);
    if (length > 1) {
      UChar32 c = 0;
      int32_t at = 0;
      U8_NEXT_UNSAFE(folded.data() + i, at, c);
      keep = u_isalnum(c) || u_charType(c) == U_COMBINING_SPACING_MARK;
    }
    if (keep) result += folded.substr(i, length);
    i += length;
  }
  return result;
}

}  // namespace chain::value
