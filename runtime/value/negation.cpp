#include "runtime/value/negation.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "runtime/value/characters.h"
#include "runtime/value/fold.h"

namespace chain::value {

namespace {

/// So far the negation may stand from the word.
constexpr size_t kReach = 64;
constexpr std::string_view kApostrophe = "\u2019";

/// Takes marks that set a word off, and white space, from the end of `text`.
void drop_marks_at_end(std::string_view& text) {
  constexpr std::string_view kPlain = " \t\r\n*_`\"'([";
  constexpr std::array<std::string_view, 4> kWide = {"\u201C", "\u2018", "\u00AB", "\u300C"};
  while (!text.empty()) {
    if (kPlain.find(text.back()) != std::string_view::npos) {
      text.remove_suffix(1);
      continue;
    }
    const auto* mark =
        std::find_if(kWide.begin(), kWide.end(), [&](auto one) { return text.ends_with(one); });
    if (mark == kWide.end()) return;
    text.remove_suffix(mark->size());
  }
}

void drop_marks_at_begin(std::string_view& text) {
  constexpr std::string_view kPlain = "*_`\"')]";
  constexpr std::array<std::string_view, 4> kWide = {"\u201D", "\u2019", "\u00BB", "\u300D"};
  while (!text.empty()) {
    if (kPlain.find(text.front()) != std::string_view::npos) {
      text.remove_prefix(1);
      continue;
    }
    const auto* mark =
        std::find_if(kWide.begin(), kWide.end(), [&](auto one) { return text.starts_with(one); });
    if (mark == kWide.end()) return;
    text.remove_prefix(mark->size());
  }
}

/// Takes the last word from `text`: letters and apostrophes, in lower case and with plain apostrophes. Empty
/// if something else stands there.
std::string take_last_word(std::string_view& text) {
  std::string word;
  while (!text.empty()) {
    const char c = text.back();
    if (is_letter(c)) {
      word += static_cast<char>(c | 0x20);
      text.remove_suffix(1);
    } else if (c == '\'' && !word.empty()) {
      word += c;
      text.remove_suffix(1);
    } else if (text.ends_with(kApostrophe) && !word.empty()) {
      word += '\'';
      text.remove_suffix(kApostrophe.size());
    } else {
      break;
    }
  }
  std::reverse(word.begin(), word.end());
  // A digit or a letter of another script makes it part of a longer word.
  const bool whole = text.empty() || !(is_digit(text.back()) || is_wide(text.back()));
  return whole ? word : std::string();
}

template <size_t N>
bool is_one_of(const std::string& word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Words that stand between a negation and what it denies.
constexpr std::array<std::string_view, 11> kBetween = {"a",  "an",    "the",  "any",     "very", "really",
                                                       "so", "quite", "that", "exactly", "too"};
constexpr std::array<std::string_view, 6> kNegations = {"not", "cannot", "never", "neither", "nor", "non"};

bool denied_before(std::string_view text) {
  if (text.ends_with('-')) text.remove_suffix(1);
  for (int between = 0; between < 3; ++between) {
    drop_marks_at_end(text);
    const std::string word = take_last_word(text);
    if (is_one_of(word, kNegations) || word.ends_with("n't")) return true;
    if (word == "longer") {
      drop_marks_at_end(text);
      return take_last_word(text) == "no";
    }
    if (!is_one_of(word, kBetween)) return false;
  }
  return false;
}

/// Folded, as `fold` takes Korean syllables apart.
std::vector<std::string> folded(std::initializer_list<const char*> words) {
  std::vector<std::string> result;
  for (const char* word : words) result.push_back(fold(word));
  return result;
}

bool denied_after(std::string_view text) {
  static const std::vector<std::string> particles =
      folded({"", "이", "가", "은", "는", "도", "지", "지는", "지도", "하지", "하지는", "하지도", "되지",
              "되지는", "이지", "이지는", "적이지", "적이지는"});
  // 아니 begins 아니다, 아님, 아닌 and 아닙니다 too once they are taken apart; 아니면 means "or else".
  static const std::vector<std::string> negations = folded({"아니", "아냐", "않"});
  static const std::string or_else = fold("아니면");
  drop_marks_at_begin(text);
  return std::any_of(particles.begin(), particles.end(), [&](const std::string& particle) {
    if (!text.starts_with(particle)) return false;
    const std::string_view rest = trimmed(text.substr(particle.size()));
    return !rest.starts_with(or_else) &&
           std::any_of(negations.begin(), negations.end(),
                       [&](const std::string& n) { return rest.starts_with(n); });
  });
}

/// The first `size` bytes of `text`, less a character that would be cut.
std::string_view beginning(std::string_view text, size_t size) {
  if (text.size() <= size) return text;
  while (size > 0 && (static_cast<uint8_t>(text[size]) & 0xC0) == 0x80) --size;
  return text.substr(0, size);
}

}  // namespace

bool is_denied(std::string_view text, size_t begin, size_t end) {
  const size_t from = begin - std::min(begin, kReach);
  if (denied_before(text.substr(from, begin - from))) return true;
  const std::string_view after = beginning(text.substr(end), kReach);
  return std::any_of(after.begin(), after.end(), is_wide) && denied_after(fold(after));
}

}  // namespace chain::value
