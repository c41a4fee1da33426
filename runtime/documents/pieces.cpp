// The patterns by which tiktoken splits a text before it merges bytes. They are written out as code: a
// general matcher of patterns tries and takes back, this one looks at no character more than a few times.
//
//   cl100k   (?i:'s|'t|'re|'ve|'m|'ll|'d) | [^\r\n\p{L}\p{N}]?\p{L}+ | \p{N}{1,3}
//            | ?[^\s\p{L}\p{N}]+[\r\n]* | \s*[\r\n]+ | \s+(?!\S) | \s+
//   o200k    [^\r\n\p{L}\p{N}]?U*D+(SUFFIX)? | [^\r\n\p{L}\p{N}]?U+D*(SUFFIX)? | \p{N}{1,3}
//            | ?[^\s\p{L}\p{N}]+[\r\n/]* | \s*[\r\n]+ | \s+(?!\S) | \s+
//            U = [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}], D = [\p{Ll}\p{Lm}\p{Lo}\p{M}], SUFFIX as at the front of
//            cl100k
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <array>

#include "runtime/documents/tokens.h"

namespace chain::documents {
namespace {

/// What the patterns ask of a character.
enum Class : uint8_t {
  kOther = 0,
  kLetter = 1,
  kNumber = 2,
  kSpace = 4,
  kLineEnd = 8,  // a space too
  kUpper = 16,   // U
  kLower = 32,   // D
};

uint8_t class_of(UChar32 c) {
  if (c == '\r' || c == '\n') return kSpace | kLineEnd;
  const uint32_t category = U_GET_GC_MASK(c);
  uint8_t result = kOther;
  if ((category & U_GC_L_MASK) != 0) result |= kLetter;
  if ((category & U_GC_N_MASK) != 0) result |= kNumber;
  constexpr uint32_t kBoth = U_GC_LM_MASK | U_GC_LO_MASK | U_GC_M_MASK;
  if ((category & (U_GC_LU_MASK | U_GC_LT_MASK | kBoth)) != 0) result |= kUpper;
  if ((category & (U_GC_LL_MASK | kBoth)) != 0) result |= kLower;
  if (u_isUWhiteSpace(c)) result |= kSpace;
  return result;
}

class Matcher {
 public:
  Matcher(std::string_view text, Encoding encoding) : text_(text), encoding_(encoding) {}

  [[nodiscard]] size_t match() const {
    const bool cl100k = encoding_ == Encoding::Cl100k;
    if (cl100k) {
      if (const size_t end = contraction(0); end != 0) return end;
    }
    if (const size_t end = cl100k ? letters() : word(); end != 0) return end;
    if (const size_t end = number(); end != 0) return end;
    if (const size_t end = signs(cl100k ? "\r\n" : "\r\n/"); end != 0) return end;
    return spaces();
  }

 private:
  /// The class of the character at `at`, which is moved behind it. Nothing is of every class at the end.
  uint8_t take(size_t& at) const {
    const auto byte = static_cast<unsigned char>(text_[at]);
    if (byte < 0x80) {
      ++at;
      return ascii_class(byte);
    }
    auto next = static_cast<int64_t>(at);
    UChar32 c = 0;
    U8_NEXT_OR_FFFD(text_.data(), next, static_cast<int64_t>(text_.size()), c);
    at = static_cast<size_t>(next);
    return class_of(c);
  }
  static uint8_t ascii_class(unsigned char byte) {
    static const auto kTable = [] {
      std::array<uint8_t, 128> table{};
      for (int i = 0; i < 128; ++i) table[static_cast<size_t>(i)] = class_of(i);
      return table;
    }();
    return kTable[byte];
  }
  [[nodiscard]] bool at_end(size_t at) const { return at >= text_.size(); }
  [[nodiscard]] size_t skip(size_t at, uint8_t any_of) const {
    while (!at_end(at)) {
      size_t next = at;
      if ((take(next) & any_of) == 0) break;
      at = next;
    }
    return at;
  }

  /// The end of 's, 't, 're, 've, 'm, 'll or 'd at `at`; 0 if there is none.
  [[nodiscard]] size_t contraction(size_t at) const {
    if (at_end(at) || text_[at] != '\'') return 0;
    const auto letter = [&](size_t i) -> char {
      return at + i < text_.size() ? static_cast<char>(text_[at + i] | 0x20) : '\0';
    };
    switch (letter(1)) {
      case 's':
      case 't':
      case 'm':
      case 'd': return at + 2;
      case 'r':
      case 'v': return letter(2) == 'e' ? at + 3 : 0;
      case 'l': return letter(2) == 'l' ? at + 3 : 0;
      default: return 0;
    }
  }
  [[nodiscard]] size_t with_suffix(size_t end) const {
    const size_t behind = contraction(end);
    return behind != 0 ? behind : end;
  }

  /// [^\r\n\p{L}\p{N}]?\p{L}+
  [[nodiscard]] size_t letters() const {
    size_t at = 0;
    const uint8_t first = take(at);
    if ((first & kLetter) != 0) return skip(at, kLetter);
    if ((first & (kLineEnd | kNumber)) != 0) return 0;
    const size_t end = skip(at, kLetter);
    return end > at ? end : 0;
  }

  [[nodiscard]] size_t word() const {
    size_t behind_first = 0;
    const uint8_t first = take(behind_first);
    const bool prefix = (first & (kLineEnd | kLetter | kNumber)) == 0;
    // A mark is of `prefix` as well as of U and D.
    const bool begins = (first & (kUpper | kLower)) != 0;
    if (prefix) {
      if (const size_t end = upper_lower(behind_first); end != 0) return with_suffix(end);
    }
    if (begins) {
      if (const size_t end = upper_lower(0); end != 0) return with_suffix(end);
    }
    if (prefix) {
      if (const size_t end = upper(behind_first); end != 0) return with_suffix(end);
    }
    if (begins) {
      if (const size_t end = upper(0); end != 0) return with_suffix(end);
    }
    return 0;
  }
  /// U*D+ from `at` on: its end, or 0.
  [[nodiscard]] size_t upper_lower(size_t at) const {
    size_t upper_end = at, last_both_end = 0;
    while (!at_end(upper_end)) {
      size_t next = upper_end;
      const uint8_t c = take(next);
      if ((c & kUpper) == 0) break;
      if ((c & kLower) != 0) last_both_end = next;
      upper_end = next;
    }
    const size_t end = skip(upper_end, kLower);
    // Without a lower-case letter behind it, the run gives back what could stand for one.
    return end > upper_end ? end : last_both_end;
  }
  /// U+D*
  [[nodiscard]] size_t upper(size_t at) const {
    const size_t upper_end = skip(at, kUpper);
    return upper_end > at ? skip(upper_end, kLower) : 0;
  }

  /// \p{N}{1,3}
  [[nodiscard]] size_t number() const {
    size_t end = 0;
    for (int digits = 0; digits < 3 && !at_end(end); ++digits) {
      size_t next = end;
      if ((take(next) & kNumber) == 0) break;
      end = next;
    }
    return end;
  }

  ///  ?[^\s\p{L}\p{N}]+ and any of `behind`
  [[nodiscard]] size_t signs(std::string_view behind) const {
    const size_t begin = text_[0] == ' ' ? 1 : 0;
    size_t end = begin;
    while (!at_end(end)) {
      size_t next = end;
      if ((take(next) & (kSpace | kLetter | kNumber)) != 0) break;
      end = next;
    }
    if (end == begin) return 0;
    while (!at_end(end) && behind.find(text_[end]) != std::string_view::npos) ++end;
    return end;
  }

  /// \s*[\r\n]+ | \s+(?!\S) | \s+
  [[nodiscard]] size_t spaces() const {
    size_t end = 0, last_begin = 0, line_end = 0;
    while (!at_end(end)) {
      size_t next = end;
      const uint8_t c = take(next);
      if ((c & kSpace) == 0) break;
      last_begin = end;
      end = next;
      if ((c & kLineEnd) != 0) line_end = end;
    }
    if (line_end != 0) return line_end;
    if (at_end(end) || last_begin == 0) return end;
    return last_begin;  // the last space goes with what follows
  }

  std::string_view text_;
  Encoding encoding_;
};

}  // namespace

size_t first_piece(std::string_view text, Encoding encoding) {
  return Matcher(text, encoding).match();
}

}  // namespace chain::documents
