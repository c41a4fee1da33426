#include "runtime/value/local_hash.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "runtime/value/utf8.h"

namespace chain::value {
namespace {

/// How much features count. Words that a question can do without are heard, but barely.
constexpr float kWord = 1, kPair = 1, kRun = 0.5F, kLight = 0.3F;
constexpr std::string_view kLightWords[] = {"an",    "the",  "please", "kindly",    "hi",
                                            "hello", "hey",  "just",   "좀",        "제발",
                                            "혹시",  "그냥", "저기요", "안녕하세요"};

/// NFKC with case folded (UAX #15, UAX #44).
std::string folded(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* normalizer = icu::Normalizer2::getNFKCCasefoldInstance(status);
  std::string result;
  if (U_FAILURE(status)) return std::string(text);
  icu::StringByteSink<std::string> sink(&result);
  normalizer->normalizeUTF8(0, {text.data(), static_cast<int32_t>(text.size())}, sink, nullptr, status);
  return U_FAILURE(status) ? std::string(text) : result;
}

bool is_light(std::string_view word) {
  return std::ranges::find(kLightWords, word) != std::end(kLightWords);
}

/// Splits folded text. A word is letters, digits and marks, with the dots and commas inside numbers; an
/// apostrophe inside a word is left out. Any other sign is a word of its own, but for what ends a sentence or
/// a part of one, and quotes.
class Words {
 public:
  explicit Words(std::string_view text) : text_(text) {
    while (at_ < static_cast<int32_t>(text_.size())) take();
    end_word();
  }
  [[nodiscard]] std::vector<std::string> take_all() { return std::move(words_); }

 private:
  void take() {
    const int32_t begin = at_;
    UChar32 c = 0;
    U8_NEXT_OR_FFFD(text_.data(), at_, static_cast<int32_t>(text_.size()), c);
    const std::string_view bytes = text_.substr(static_cast<size_t>(begin), static_cast<size_t>(at_ - begin));
    const UChar32 next = peek();
    if (is_part(c)) {
      word_ += bytes;
    } else if ((c == '.' || c == ',') && !word_.empty() && is_digit(word_.back()) && u_isdigit(next)) {
      word_ += bytes;
    } else if ((c == '\'' || c == 0x2019) && !word_.empty() && u_isalpha(next)) {
    } else {
      end_word();
      if (!u_isUWhiteSpace(c) && !is_silent(c, next)) words_.emplace_back(bytes);
    }
  }
  [[nodiscard]] UChar32 peek() const {
    if (at_ >= static_cast<int32_t>(text_.size())) return ' ';
    int32_t at = at_;
    UChar32 c = 0;
    U8_NEXT_OR_FFFD(text_.data(), at, static_cast<int32_t>(text_.size()), c);
    return c;
  }
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static bool is_part(UChar32 c) { return u_isalnum(c) || (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0; }
  /// "!" denies in "!found"; at the end of a sentence it does not.
  static bool is_silent(UChar32 c, UChar32 next) {
    constexpr std::u32string_view kAlways = U"\"\u201C\u201D\u300C\u300D\u3001\u3002\u2026";
    constexpr std::u32string_view kAtEnd = U".,!?;:";
    if (kAlways.find(static_cast<char32_t>(c)) != std::u32string_view::npos) return true;
    const bool ends = u_isUWhiteSpace(next) ||
                      kAlways.find(static_cast<char32_t>(next)) != std::u32string_view::npos ||
                      kAtEnd.find(static_cast<char32_t>(next)) != std::u32string_view::npos;
    return ends && kAtEnd.find(static_cast<char32_t>(c)) != std::u32string_view::npos;
  }
  void end_word() {
    if (!word_.empty()) words_.push_back(std::move(word_));
    word_.clear();
  }

  std::string_view text_;
  int32_t at_ = 0;
  std::string word_;
  std::vector<std::string> words_;
};

std::vector<std::string> words_of(std::string_view text) {
  const std::string plain = folded(text);
  return Words(plain).take_all();
}

void add(LocalHash& vector, char kind, std::string_view feature, float weight) {
  const uint64_t hash = hash_of_feature(kind, feature);
  vector[hash % kLocalHashSize] += (hash >> 63) != 0 ? -weight : weight;
}

/// Runs of three characters, the word's ends counting as one each.
void add_runs(LocalHash& vector, const std::string& word) {
  const std::string framed = "^" + word + "$";
  std::vector<size_t> starts;
  for (size_t at = 0; at < framed.size();
       at += std::max<size_t>(1, utf8_length(std::string_view(framed).substr(at))))
    starts.push_back(at);
  starts.push_back(framed.size());
  for (size_t i = 0; i + 3 < starts.size(); ++i)
    add(vector, 'r', std::string_view(framed).substr(starts[i], starts[i + 3] - starts[i]), kRun);
}

/// Canonically composed (NFC), with full-width ASCII and the typographic apostrophe as ASCII has them.
/// Nothing that could be another number or name becomes the same.
std::string composed(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* normalizer = icu::Normalizer2::getNFCInstance(status);
  std::string normal;
  icu::StringByteSink<std::string> sink(&normal);
  if (U_SUCCESS(status))
    normalizer->normalizeUTF8(0, {text.data(), static_cast<int32_t>(text.size())}, sink, nullptr, status);
  if (U_FAILURE(status)) normal = text;
  std::string result;
  for (int32_t at = 0, end = static_cast<int32_t>(normal.size()); at < end;) {
    const int32_t begin = at;
    UChar32 c = 0;
    U8_NEXT_OR_FFFD(normal.data(), at, end, c);
    if (c >= 0xFF01 && c <= 0xFF5E) {
      result += static_cast<char>(c - 0xFF01 + '!');
    } else if (c == 0x2019) {
      result += '\'';
    } else {
      result.append(normal, static_cast<size_t>(begin), static_cast<size_t>(at - begin));
    }
  }
  return result;
}

bool ends_sentence(char c) {
  return c == '.' || c == '?' || c == '!' || c == ':';
}

/// Without the blanks and the marks that close the last sentence. The "!" of "20!" is not one.
std::string_view without_end(std::string_view text) {
  constexpr std::string_view kIdeographic = "\u3002";
  while (!text.empty()) {
    const char last = text.back(), before = text.size() > 1 ? text[text.size() - 2] : ' ';
    const bool factorial = last == '!' && ((before >= '0' && before <= '9') || before == ')');
    const bool blank = last == ' ' || last == '\t' || last == '\r' || last == '\n';
    if (blank || last == '.' || last == '?' || (last == '!' && !factorial)) {
      text.remove_suffix(1);
    } else if (text.ends_with(kIdeographic)) {
      text.remove_suffix(kIdeographic.size());
    } else {
      break;
    }
  }
  return text;
}

/// The words between blanks, signs and all. At the beginning of a sentence the case of a word's first letter
/// does not count, if the others are small, and words of courtesy are left out.
class Gist {
 public:
  explicit Gist(std::string_view text) {
    while (!text.empty()) {
      const size_t end = std::min(text.find_first_of(" \t\r\n"), text.size());
      word(std::string(text.substr(0, end)));
      text.remove_prefix(end);
      const size_t blanks = std::min(text.find_first_not_of(" \t\r\n"), text.size());
      if (text.substr(0, blanks).find('\n') != std::string_view::npos) line_ends();
      text.remove_prefix(blanks);
    }
  }
  [[nodiscard]] std::string take() { return std::move(gist_); }

 private:
  void word(std::string word) {
    if (word.empty()) return;
    const auto is_small = [](char c) { return c >= 'a' && c <= 'z'; };
    if (begins_ && word[0] >= 'A' && word[0] <= 'Z' && std::ranges::all_of(word.substr(1), is_small))
      word[0] = static_cast<char>(word[0] - 'A' + 'a');
    if (begins_ && (word == "please" || word == "kindly" || word == "혹시")) return;
    gist_ += (gist_.empty() ? "" : " ") + word;
    begins_ = ends_sentence(word.back());
  }
  void line_ends() {
    if (!gist_.empty() && !gist_.ends_with('\n')) gist_ += " \n";
    begins_ = true;
  }

  std::string gist_;
  bool begins_ = true;  // a sentence
};

}  // namespace

uint64_t hash_of_feature(char kind, std::string_view text) {
  uint64_t hash = 0xCBF29CE484222325U;
  const auto add = [&](char c) { hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U; };
  add(kind);
  for (const char c : text) add(c);
  hash ^= hash >> 33;
  hash *= 0xFF51AFD7ED558CCDU;
  return hash ^ hash >> 33;
}

LocalHash local_hash(std::string_view text) {
  LocalHash vector{};
  std::string before;
  for (const std::string& word : words_of(text)) {
    if (is_light(word)) {
      add(vector, 'w', word, kLight);
      continue;
    }
    add(vector, 'w', word, kWord);
    add_runs(vector, word);
    if (!before.empty()) add(vector, 'p', before + ' ' + word, kPair);
    before = word;
  }
  double square = 0;
  for (const float part : vector) square += double{part} * part;
  if (square <= 0) return LocalHash{};
  const double length = std::sqrt(square);
  for (float& part : vector) part = static_cast<float>(part / length);
  return vector;
}

double cosine(const LocalHash& left, const LocalHash& right) {
  double product = 0;
  for (size_t i = 0; i < kLocalHashSize; ++i) product += double{left[i]} * right[i];
  return std::clamp(product, -1.0, 1.0);
}

std::string gist_of(std::string_view text) {
  if (find_invalid_utf8(text) != std::string_view::npos) return {};
  const std::string plain = composed(text);
  return Gist(without_end(plain)).take();
}

std::string to_bytes(const LocalHash& vector) {
  std::string bytes;
  bytes.reserve(kLocalHashSize * 4);
  for (const float part : vector) {
    const auto bits = std::bit_cast<uint32_t>(part);
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(bits >> shift & 0xFF);
  }
  return bytes;
}

std::optional<LocalHash> local_hash_from(std::string_view bytes) {
  if (bytes.size() != kLocalHashSize * 4) return std::nullopt;
  LocalHash vector{};
  for (size_t i = 0; i < kLocalHashSize; ++i) {
    uint32_t bits = 0;
    for (size_t byte = 0; byte < 4; ++byte)
      bits |= uint32_t{static_cast<unsigned char>(bytes[i * 4 + byte])} << (8 * byte);
    vector[i] = std::bit_cast<float>(bits);
    if (!std::isfinite(vector[i])) return std::nullopt;
  }
  return vector;
}

}  // namespace chain::value
