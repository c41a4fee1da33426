#include "runtime/value/text_choice.h"

#include <algorithm>

#include "runtime/value/characters.h"
#include "runtime/value/fold.h"
#include "runtime/value/negation.h"

namespace chain::value {

namespace {

using Match = TextChoices::Match;

bool is_word_part(char c) {
  return is_letter(c) || is_digit(c);
}

/// Whether the word at `begin` stands by itself. Scripts without spaces between words have no such edges.
bool stands_alone(std::string_view text, size_t begin, size_t size) {
  const bool open = begin > 0 && is_word_part(text[begin]) && is_word_part(text[begin - 1]);
  const size_t end = begin + size;
  return !open && !(end < text.size() && is_word_part(text[end - 1]) && is_word_part(text[end]));
}

size_t find_word(std::string_view text, std::string_view word, size_t from) {
  for (size_t at = text.find(word, from); at != std::string_view::npos; at = text.find(word, at + 1)) {
    if (stands_alone(text, at, word.size())) return at;
  }
  return std::string_view::npos;
}

}  // namespace

void TextChoices::add(uint32_t value, std::string_view word, std::string_view description) {
  const auto push = [&](std::string_view text, bool is_description) {
    const std::string_view core = trimmed(text);
    if (core.empty()) return;
    std::string folded = fold(core);
    std::string letters = letters_of(folded);
    choices_.push_back({value, std::string(core), std::move(folded), std::move(letters), is_description});
  };
  push(word, false);
  push(description, true);
  if (!description.empty()) push(std::string(word) + ": " + std::string(description), true);
  values_ = std::max(values_, value + 1);
}

Match TextChoices::find(std::string_view text) const {
  text = trimmed(text);
  Match match = find_whole(text);
  if (match.kind != Match::Kind::None) return match;
  match = find_within(text, false, false);
  if (match.kind != Match::Kind::None) return match;
  const std::string folded = fold(text);
  match = find_within(folded, true, false);
  if (match.kind != Match::Kind::None) return match;
  return find_within(folded, true, true);
}

Match TextChoices::find_whole(std::string_view text) const {
  for (const Choice& choice : choices_) {
    if (!choice.description && choice.text == text) return {Match::Kind::Found, choice.value, 0};
  }
  constexpr size_t kLongest = 1024;  // longer text is not one word or description
  if (text.size() > kLongest) return {};
  const std::string folded = fold(text);
  const std::string letters = letters_of(folded);
  for (const bool exact : {true, false}) {
    Match match;
    for (const Choice& choice : choices_) {
      const bool same = exact ? choice.folded == folded : !letters.empty() && choice.letters == letters;
      if (!same) continue;
      if (match.kind == Match::Kind::Found && match.value != choice.value)
        return {Match::Kind::Ambiguous, 0, 0};
      if (match.kind == Match::Kind::None) {
        match = {Match::Kind::Found, choice.value,
                 (choice.description ? kDescriptionCost : kFoldedCost) + !exact};
      }
    }
    if (match.kind != Match::Kind::None) return match;
  }
  return {};
}

Match TextChoices::find_within(std::string_view text, bool folded, bool descriptions) const {
  struct Occurrence {
    const Choice* choice;
    std::string_view word;
    size_t at;
  };
  std::vector<Occurrence> next;
  for (const Choice& choice : choices_) {
    if (choice.description != descriptions) continue;
    const std::string_view word = folded ? choice.folded : choice.text;
    const size_t at = word.empty() ? std::string_view::npos : find_word(text, word, 0);
    if (at != std::string_view::npos) next.push_back({&choice, word, at});
  }
  std::vector<uint32_t> counts(values_, 0);
  std::vector<bool> meant(values_, false);  // named once where nothing denies it
  while (!next.empty()) {
    const auto first =
        std::min_element(next.begin(), next.end(), [](const Occurrence& a, const Occurrence& b) {
          return a.at != b.at ? a.at < b.at : a.word.size() > b.word.size();
        });
    const uint32_t value = first->choice->value;
    const size_t end = first->at + first->word.size();
    ++counts[value];
    if (!meant[value]) meant[value] = !is_denied(text, first->at, end);
    for (Occurrence& one : next) {
      if (one.at < end) one.at = find_word(text, one.word, end);
    }
    std::erase_if(next, [](const Occurrence& one) { return one.at == std::string_view::npos; });
  }
  const auto most = std::max_element(counts.begin(), counts.end());
  if (most == counts.end() || *most == 0) return {};
  if (std::count(counts.begin(), counts.end(), *most) > 1) return {Match::Kind::Ambiguous, 0, 0};
  const auto value = static_cast<uint32_t>(most - counts.begin());
  if (!meant[value]) return {};
  return {Match::Kind::Found, value, kWithinCost + folded};
}

}  // namespace chain::value
