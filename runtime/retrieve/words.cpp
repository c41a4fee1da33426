#include "runtime/retrieve/words.h"

#include <unicode/bytestream.h>
#include <unicode/edits.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/retrieve/porter.h"
#include "runtime/value/characters.h"
#include "runtime/value/utf8.h"

namespace chain::retrieve {
namespace {

using Word = std::function<void(std::string_view word, size_t begin, size_t end)>;

constexpr size_t kPiece = 4096;   // bytes that are folded at once
constexpr size_t kMostTerm = 96;  // bytes
constexpr size_t kMostParts = 8;  // of one identifier

enum class Kind : uint8_t {
  None,    // separates words
  Letter,  // and digits, and the vowel signs of Indic scripts
  Accent,  // a mark on its own that does not count
  Unit,    // of a script whose words have no blanks between them
};

struct Character {
  UChar32 code = 0;
  uint32_t size = 0;  // bytes
  Kind kind = Kind::None;
};

bool is_unit_script(UScriptCode script) {
  switch (script) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_HANGUL:
    case USCRIPT_BOPOMOFO:
    case USCRIPT_THAI:
    case USCRIPT_LAO:
    case USCRIPT_KHMER:
    case USCRIPT_MYANMAR: return true;
    default: return false;
  }
}

constexpr UChar32 kLongVowel = 0x30FC;  // ー, which Hiragana and Katakana share

Kind kind_of(UChar32 c) {
  if ((c >= 0xAC00 && c <= 0xD7A3) || (c >= 0x4E00 && c <= 0x9FFF) || c == kLongVowel) return Kind::Unit;
  const bool mark = (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0;
  if (!mark && !u_isalnum(c)) return Kind::None;
  UErrorCode status = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(c, &status);
  if (mark) return script == USCRIPT_INHERITED ? Kind::Accent : Kind::Letter;
  return is_unit_script(script) ? Kind::Unit : Kind::Letter;
}

/// Letters that people type as others, though Unicode takes none of them apart.
std::string_view plain_letters(UChar32 c) {
  switch (c) {
    case 0xE6: return "ae";
    case 0xF0:
    case 0x111: return "d";
    case 0xF8: return "o";
    case 0xFE: return "th";
    case 0x127: return "h";
    case 0x131: return "i";
    case 0x142: return "l";
    case 0x153: return "oe";
    default: return {};
  }
}

/// Of a folded Latin or Greek letter the one without its accents; others as they are.
UChar32 without_accents(UChar32 c) {
  const bool may_have = (c >= 0xC0 && c < 0x250) || (c >= 0x370 && c < 0x400) || (c >= 0x1E00 && c < 0x2000);
  if (!may_have) return c;
  UErrorCode status = U_ZERO_ERROR;
  static const icu::Normalizer2* const nfd = icu::Normalizer2::getNFDInstance(status);
  icu::UnicodeString apart;
  return nfd != nullptr && nfd->getDecomposition(c, apart) ? apart.char32At(0) : c;
}

bool is_ascii_word(char c) {
  return value::is_letter(c) || value::is_digit(c);
}

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, value::is_digit);
}

/// A piece of a text in its folded form, and where its bytes stood.
class Folded {
 public:
  /// `piece` stands at `offset` of the text.
  void fold(std::string_view piece, size_t offset) {
    offset_ = offset;
    moved_ = false;
    text_.clear();
    if (std::ranges::none_of(piece, value::is_wide)) {
      for (const char c : piece) text_ += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
      return;
    }
    UErrorCode status = U_ZERO_ERROR;
    static const icu::Normalizer2* const normalizer = icu::Normalizer2::getNFKCCasefoldInstance(status);
    icu::StringByteSink<std::string> sink(&text_);
    if (normalizer != nullptr)
      normalizer->normalizeUTF8(0, {piece.data(), static_cast<int32_t>(piece.size())}, sink, &edits_, status);
    if (normalizer == nullptr || U_FAILURE(status)) {
      text_ = piece;
      return;
    }
    moved_ = edits_.lengthDelta() != 0 || edits_.hasChanges();
    if (moved_) places_ = edits_.getFineIterator();
  }

  [[nodiscard]] std::string_view text() const { return text_; }
  /// Where the byte `at` of the folded text begins in the whole.
  [[nodiscard]] size_t begin_of(size_t at) { return offset_ + (moved_ ? place(at, false) : at); }
  /// Where the one before `at` ends.
  [[nodiscard]] size_t end_of(size_t at) { return offset_ + (moved_ ? place(at - 1, true) : at); }

 private:
  size_t place(size_t at, bool behind) {
    UErrorCode status = U_ZERO_ERROR;
    if (!places_.findDestinationIndex(static_cast<int32_t>(at), status)) return 0;
    const auto source = static_cast<size_t>(places_.sourceIndex());
    if (places_.hasChange()) return source + (behind ? static_cast<size_t>(places_.oldLength()) : 0);
    return source + (at - static_cast<size_t>(places_.destinationIndex())) + (behind ? 1 : 0);
  }

  std::string text_;
  size_t offset_ = 0;
  bool moved_ = false;
  icu::Edits edits_;
  icu::Edits::Iterator places_;
};

/// Takes a folded piece apart.
class Scanner {
 public:
  explicit Scanner(const Word& word) : word_(word) {}

  void scan(Folded& folded) {
    folded_ = &folded;
    text_ = folded.text();
    at_ = 0;
    while (at_ < text_.size()) {
      if (is_ascii_word(text_[at_])) {
        identifier();
        continue;
      }
      const Character c = character(at_);
      if (c.kind == Kind::Letter) {
        identifier();
      } else if (c.kind == Kind::Unit) {
        units();
      } else {
        at_ += c.size;
      }
    }
  }

 private:
  struct Part {
    std::string term;
    size_t begin = 0, end = 0;  // in the folded text
  };

  [[nodiscard]] Character character(size_t at) const {
    if (at >= text_.size()) return {};
    const char first = text_[at];
    if (!value::is_wide(first)) return {first, 1, is_ascii_word(first) ? Kind::Letter : Kind::None};
    auto next = static_cast<int32_t>(at);
    UChar32 code = 0;
    U8_NEXT(text_.data(), next, static_cast<int32_t>(text_.size()), code);
    const auto size = static_cast<uint32_t>(static_cast<size_t>(next) - at);
    return {code, size, code < 0 ? Kind::None : kind_of(code)};
  }

  /// Words of letters and digits, joined by dots or low lines: each a term, and the whole another.
  void identifier() {
    count_ = 0;
    whole_.clear();
    do {
      if (count_ > 0) whole_ += text_[at_++];
      if (count_ == parts_.size()) parts_.emplace_back();
      part(parts_[count_]);
      whole_ += parts_[count_].term;
    } while (++count_ < kMostParts && joins(at_));
    for (size_t i = 0; i < count_; ++i) {
      Part& part = parts_[i];
      term_ = part.term;
      if (std::ranges::all_of(term_, value::is_letter)) stem(term_);
      give(term_, part.begin, part.end);
      if (i == 0 && count_ > 1) give(whole_, part.begin, parts_[count_ - 1].end);
    }
    const Part& last = parts_[count_ - 1];
    if (is_number(last.term)) counted(last);
    signed_name(last);
    skip_possessive();
  }

  [[nodiscard]] bool joins(size_t at) const {
    return at < text_.size() && (text_[at] == '.' || text_[at] == '_') &&
           character(at + 1).kind == Kind::Letter;
  }

  void part(Part& part) {
    part.term.clear();
    part.begin = at_;
    while (at_ < text_.size()) {
      const size_t from = at_;
      while (at_ < text_.size() && is_ascii_word(text_[at_])) ++at_;
      part.term.append(text_, from, at_ - from);
      const Character c = character(at_);
      if (c.kind == Kind::Letter) {
        append(part.term, c);
      } else if (c.kind != Kind::Accent && !(c.code == ',' && groups_thousands(part.term))) {
        break;
      }
      at_ += c.size;
    }
    part.end = at_;
  }

  /// The comma of "1,000": three digits behind it and no fourth.
  [[nodiscard]] bool groups_thousands(std::string_view before) const {
    const std::string_view behind = text_.substr(at_ + 1);
    return is_number(before) && behind.size() >= 3 && is_number(behind.substr(0, 3)) &&
           (behind.size() == 3 || !is_ascii_word(behind[3]));
  }

  void append(std::string& term, const Character& c) const {
    if (c.code < 0x80) {
      term += static_cast<char>(c.code);
    } else if (const std::string_view plain = plain_letters(c.code); !plain.empty()) {
      term += plain;
    } else {
      char bytes[4];
      term.append(bytes, value::encode_utf8(static_cast<uint32_t>(without_accents(c.code)), bytes));
    }
  }

  /// "3월": what is counted belongs to the number.
  void counted(const Part& number) {
    const Character next = character(at_);
    if (next.kind != Kind::Unit) return;
    term_ = number.term;
    term_ += text_.substr(at_, next.size);
    give(term_, number.begin, at_ + next.size);
  }

  /// "C++" and "C#" are not "C".
  void signed_name(const Part& name) {
    if (name.term.size() > 2) return;
    const std::string_view rest = text_.substr(at_);
    for (const std::string_view sign : {std::string_view("++"), std::string_view("#")}) {
      if (!rest.starts_with(sign)) continue;
      if (character(at_ + sign.size()).kind == Kind::Letter) continue;
      term_ = name.term;
      term_ += sign;
      give(term_, name.begin, at_ + sign.size());
      at_ += sign.size();
      return;
    }
  }

  /// The "'s" of "the user's".
  void skip_possessive() {
    const std::string_view rest = text_.substr(at_);
    if (rest.empty() || (rest[0] != '\'' && !value::is_wide(rest[0]))) return;
    for (const std::string_view ending : {"'s", "\xE2\x80\x99s"}) {
      if (rest.starts_with(ending) && character(at_ + ending.size()).kind == Kind::None) at_ += ending.size();
    }
  }

  /// A run of characters as overlapping pairs, one alone as itself. Many words are a single character: each
  /// one of Han is an alternative to its pair, and of Hangul the first, which no ending changes (책, 책을).
  void units() {
    bounds_.clear();
    for (Character c = character(at_); c.kind == Kind::Unit; c = character(at_)) {
      bounds_.push_back(at_);
      at_ += c.size;
      while (is_mark(at_)) at_ += character(at_).size;
    }
    bounds_.push_back(at_);
    const size_t count = bounds_.size() - 1;
    for (size_t i = 0; i + 2 <= count || i == 0; ++i) {
      const size_t end = bounds_[std::min(i + 2, count)];
      give(text_.substr(bounds_[i], end - bounds_[i]), bounds_[i], end);
      if (count > 1 && stands_alone(i)) give_unit(i);
    }
    if (count > 1 && stands_alone(count - 1)) give_unit(count - 1);
  }

  void give_unit(size_t i) {
    give(text_.substr(bounds_[i], bounds_[i + 1] - bounds_[i]), bounds_[i], bounds_[i + 1]);
  }

  /// Whether the character at `bounds_[i]` is a term of its own, beside its pair.
  [[nodiscard]] bool stands_alone(size_t i) const {
    const UChar32 c = character(bounds_[i]).code;
    if (c >= 0xAC00 && c <= 0xD7A3) return i == 0;
    UErrorCode status = U_ZERO_ERROR;
    return (c >= 0x4E00 && c <= 0x9FFF) || uscript_getScript(c, &status) == USCRIPT_HAN;
  }

  [[nodiscard]] bool is_mark(size_t at) const {
    const Character c = character(at);
    return c.code >= 0x80 && (U_GET_GC_MASK(c.code) & U_GC_M_MASK) != 0;
  }

  void give(std::string_view term, size_t begin, size_t end) {
    if (term.size() > kMostTerm) {
      size_t size = kMostTerm;
      while (size > 0 && (static_cast<uint8_t>(term[size]) & 0xC0) == 0x80) --size;
      term = term.substr(0, size);
    }
    if (!term.empty()) word_(term, folded_->begin_of(begin), folded_->end_of(end));
  }

  const Word& word_;
  Folded* folded_ = nullptr;
  std::string_view text_;  // of `folded_`
  size_t at_ = 0;
  std::vector<Part> parts_;  // kept for their room
  size_t count_ = 0;         // of `parts_`, that are in use
  std::string whole_, term_;
  std::vector<size_t> bounds_;
};

/// Where the piece at the front of `text` ends: behind a blank, or at least between characters.
size_t piece_of(std::string_view text) {
  if (text.size() <= kPiece) return text.size();
  for (size_t end = kPiece; end > 0; --end) {
    if (value::is_space(text[end - 1])) return end;
  }
  size_t end = kPiece;
  while (end > kPiece - 4 && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) --end;
  return end;
}

}  // namespace

void words(std::string_view text, const Word& word) {
  Folded folded;
  Scanner scanner(word);
  for (size_t at = 0; at < text.size();) {
    const size_t size = piece_of(text.substr(at));
    folded.fold(text.substr(at, size), at);
    scanner.scan(folded);
    at += size;
  }
}

}  // namespace chain::retrieve
