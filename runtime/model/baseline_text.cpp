#include "runtime/model/baseline_text.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace chain::model::baseline {
namespace {

bool is_word_character(UChar32 c) {
  if (u_isalnum(c)) return true;
  const int8_t type = u_charType(c);
  return type == U_NON_SPACING_MARK || type == U_COMBINING_SPACING_MARK;
}

UScriptCode script_of(UChar32 c) {
  UErrorCode error = U_ZERO_ERROR;
  return uscript_getScript(c, &error);
}

/// Scripts whose single characters carry meaning.
bool stands_alone(UChar32 c) {
  switch (script_of(c)) {
    case USCRIPT_HANGUL:
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA: return true;
    default: return false;
  }
}

uint64_t hash(std::string_view bytes, uint64_t seed) {
  uint64_t value = 14695981039346656037ull ^ seed;  // FNV-1a
  for (const char byte : bytes) value = (value ^ static_cast<unsigned char>(byte)) * 1099511628211ull;
  return value;
}

UChar32 next(std::string_view text, size_t& offset) {
  int32_t position = static_cast<int32_t>(offset);
  UChar32 c = 0;
  U8_NEXT(text.data(), position, static_cast<int32_t>(text.size()), c);
  offset = static_cast<size_t>(position);
  return c;
}

/// `text` up to `limit` bytes, not cutting a character.
std::string_view head(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  return text.substr(0, limit);
}

void add_word(std::string_view word, std::vector<uint64_t>& features) {
  constexpr uint64_t kWord = 1, kRun = 2, kSingle = 3, kScript = 4;
  features.push_back(hash(word, kWord));
  size_t behind_first = 0;
  const UScriptCode script = script_of(next(word, behind_first));
  if (script > USCRIPT_INHERITED && script != USCRIPT_LATIN)
    features.push_back(hash(uscript_getShortName(script), kScript));
  std::vector<size_t> starts;
  for (size_t at = 0; at < word.size();) {
    const size_t start = at;
    starts.push_back(start);
    if (stands_alone(next(word, at))) features.push_back(hash(word.substr(start, at - start), kSingle));
  }
  starts.push_back(word.size());
  const size_t count = starts.size() - 1;
  for (size_t run = 2; run <= 3; ++run) {
    for (size_t i = 0; i + run <= count; ++i) {
      features.push_back(hash(word.substr(starts[i], starts[i + run] - starts[i]), kRun));
    }
  }
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Reads the digits that start at `at`, thousands separators and a fraction included.
Number read_number(std::string_view text, size_t begin, size_t& at) {
  Number number;
  std::string digits(begin < at && text[begin] == '-' ? "-" : "");
  auto digit_at = [&](size_t i) { return i < text.size() && is_digit(text[i]); };
  while (digit_at(at)) {
    digits += text[at++];
    const bool thousands = at < text.size() && text[at] == ',' && digit_at(at + 1) && digit_at(at + 2) &&
                           digit_at(at + 3) && !digit_at(at + 4);
    if (thousands) ++at;
  }
  if (at < text.size() && text[at] == '.' && digit_at(at + 1)) {
    number.integral = false;
    digits += text[at++];
    while (digit_at(at)) digits += text[at++];
  }
  std::from_chars(digits.data(), digits.data() + digits.size(), number.value);
  const size_t unit = at;
  if (at < text.size() && text[at] == '%') {
    ++at;
  } else {
    while (at < text.size() && is_letter(text[at])) ++at;
  }
  number.unit = text.substr(unit, at - unit);
  number.text = text.substr(begin, at - begin);
  return number;
}

}  // namespace

std::string fold(std::string_view text) {
  text = head(text, kMaxTextBytes);
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* normalizer = icu::Normalizer2::getNFKCCasefoldInstance(error);
  std::string result;
  if (U_FAILURE(error)) return std::string(text);
  const auto source = icu::UnicodeString::fromUTF8({text.data(), static_cast<int32_t>(text.size())});
  normalizer->normalize(source, error).toUTF8String(result);
  return U_FAILURE(error) ? std::string(text) : result;
}

std::vector<std::string_view> words(std::string_view folded) {
  std::vector<std::string_view> result;
  size_t start = std::string_view::npos;
  for (size_t at = 0; at < folded.size();) {
    const size_t here = at;
    const bool inside = is_word_character(next(folded, at));
    if (inside && start == std::string_view::npos) start = here;
    if (!inside && start != std::string_view::npos) {
      result.push_back(folded.substr(start, here - start));
      start = std::string_view::npos;
    }
  }
  if (start != std::string_view::npos) result.push_back(folded.substr(start));
  return result;
}

Bag bag_of(std::string_view text) {
  std::vector<uint64_t> features;
  const std::string folded = fold(text);
  for (const std::string_view word : words(folded)) add_word(word, features);
  std::sort(features.begin(), features.end());
  Bag bag;
  for (const uint64_t feature : features) {
    if (!bag.empty() && bag.back().first == feature) {
      bag.back().second += 1;
    } else {
      bag.emplace_back(feature, 1.0f);
    }
  }
  for (auto& [feature, count] : bag) count = 1 + std::log(count);
  return bag;
}

Weights::Weights(std::span<const Bag> documents) : documents_(documents.size()) {
  for (const Bag& bag : documents) {
    for (const auto& [feature, count] : bag) ++document_counts_[feature];
  }
}

double Weights::weight(uint64_t feature) const {
  const auto found = document_counts_.find(feature);
  const double count = found == document_counts_.end() ? 0 : found->second;
  return std::log((1.0 + static_cast<double>(documents_)) / (1.0 + count)) + 1.0;
}

double Weights::similarity(const Bag& left, const Bag& right) const {
  double product = 0, left_norm = 0, right_norm = 0;
  auto square = [&](const auto& entry) {
    const double value = entry.second * weight(entry.first);
    return value * value;
  };
  for (const auto& entry : left) left_norm += square(entry);
  for (const auto& entry : right) right_norm += square(entry);
  auto r = right.begin();
  for (const auto& [feature, count] : left) {
    while (r != right.end() && r->first < feature) ++r;
    if (r == right.end()) break;
    if (r->first != feature) continue;
    const double telling = weight(feature);
    product += count * r->second * telling * telling;
  }
  return product == 0 ? 0 : product / std::sqrt(left_norm * right_norm);
}

std::vector<std::string_view> sentences(std::string_view text) {
  text = head(text, kMaxTextBytes);
  std::vector<std::string_view> result;
  size_t start = 0;
  auto end_at = [&](size_t end) {
    const std::string_view sentence = trim(text.substr(start, end - start));
    if (!sentence.empty()) result.push_back(sentence);
    start = end;
  };
  for (size_t at = 0; at < text.size();) {
    const size_t here = at;
    const UChar32 c = next(text, at);
    if (c == '\n') {
      end_at(here);
    } else if (c == 0x3002 || c == 0xFF01 || c == 0xFF1F) {  // 。！？ need no space behind them
      end_at(at);
    } else if ((c == '.' || c == '!' || c == '?') && (at == text.size() || is_space(text[at]))) {
      end_at(at);
    }
  }
  end_at(text.size());
  return result;
}

std::vector<Number> numbers(std::string_view text) {
  text = head(text, kMaxTextBytes);
  std::vector<Number> result;
  for (size_t at = 0; at < text.size();) {
    if (!is_digit(text[at])) {
      ++at;
      continue;
    }
    size_t begin = at;
    bool money = begin > 0 && text[begin - 1] == '$';
    const size_t sign = begin - (money ? 1 : 0);
    const bool negative = sign > 0 && text[sign - 1] == '-' && (sign == 1 || is_space(text[sign - 2]));
    if (negative && !money) begin = sign - 1;
    size_t before = begin;  // the 5 of "gpt-5" and "v5" is no amount
    if (before > 1 && text[before - 1] == '-') --before;
    const bool glued = before > 0 && is_letter(text[before - 1]);
    Number number = read_number(text, begin, at);
    number.money = money;
    if (negative && money) number.value = -number.value;
    if (!glued) result.push_back(number);
  }
  return result;
}

size_t length(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string_view shorten(std::string_view text, size_t limit) {
  size_t end = 0;
  for (size_t count = 0; end < text.size() && count < limit; ++count) next(text, end);
  if (end >= text.size()) return text;
  const std::string_view cut = text.substr(0, end);
  const size_t space = cut.rfind(' ');
  const bool at_word = space != std::string_view::npos && space * 3 >= cut.size() * 2;
  return trim(at_word ? cut.substr(0, space) : cut);
}

}  // namespace chain::model::baseline
