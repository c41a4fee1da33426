#include "runtime/metrics/stem.h"

#include <array>
#include <cstddef>
#include <optional>
#include <unordered_map>

#include "runtime/metrics/text_units.h"

namespace chain::metrics {
namespace {

using Word = std::u32string;
using View = std::u32string_view;

bool is_consonant(View word, size_t i) {
  switch (word[i]) {
    case 'a':
    case 'e':
    case 'i':
    case 'o':
    case 'u': return false;
    case 'y': break;
    default: return true;
  }
  // A row of them takes turns, from the letter before it.
  size_t first = i;
  while (first > 0 && word[first - 1] == 'y') --first;
  const bool at_first = first == 0 || !is_consonant(word, first - 1);
  return (i - first) % 2 == 0 ? at_first : !at_first;
}

/// How often consonants follow vowels; counted no further than 2.
int measure(View stem) {
  int count = 0;
  bool after_vowel = false;
  bool consonant = false;
  for (size_t i = 0; i < stem.size() && count < 2; ++i) {
    consonant = stem[i] == 'y' ? i == 0 || !consonant : is_consonant(stem, i);
    if (consonant && after_vowel) ++count;
    after_vowel = !consonant;
  }
  return count;
}

bool has_vowel(View stem) {
  for (size_t i = 0; i < stem.size(); ++i)
    if (!is_consonant(stem, i)) return true;
  return false;
}

bool ends_double_consonant(View word) {
  return word.size() >= 2 && word[word.size() - 1] == word[word.size() - 2] &&
         is_consonant(word, word.size() - 1);
}

bool ends_cvc(View word) {
  const size_t n = word.size();
  if (n == 2) return !is_consonant(word, 0) && is_consonant(word, 1);
  if (n < 3 || !is_consonant(word, n - 3) || is_consonant(word, n - 2) || !is_consonant(word, n - 1))
    return false;
  const char32_t last = word[n - 1];
  return last != 'w' && last != 'x' && last != 'y';
}

/// The word without `suffix`, if it ends so.
std::optional<View> cut(View word, View suffix) {
  if (!word.ends_with(suffix)) return std::nullopt;
  return word.substr(0, word.size() - suffix.size());
}

Word with(View stem, View ending) {
  return Word(stem).append(ending);
}

struct Rule {
  View suffix;
  View ending;
};

/// The first rule whose suffix fits decides, and changes the word if the stem's measure is above `least`.
template <size_t Size>
Word apply(Word word, const std::array<Rule, Size>& rules, int least) {
  for (const Rule& rule : rules) {
    const auto stem = cut(word, rule.suffix);
    if (stem) return measure(*stem) > least ? with(*stem, rule.ending) : word;
  }
  return word;
}

Word plurals(Word word) {  // step 1a
  if (word.size() == 4 && word.ends_with(U"ies")) return with(*cut(word, U"ies"), U"ie");
  if (const auto stem = cut(word, U"sses")) return with(*stem, U"ss");
  if (const auto stem = cut(word, U"ies")) return with(*stem, U"i");
  if (word.ends_with(U"ss")) return word;
  if (const auto stem = cut(word, U"s")) return Word(*stem);
  return word;
}

Word participles(Word word) {  // step 1b
  if (const auto stem = cut(word, U"ied")) return with(*stem, word.size() == 4 ? U"ie" : U"i");
  if (const auto stem = cut(word, U"eed")) return measure(*stem) > 0 ? with(*stem, U"ee") : word;
  auto stem = cut(word, U"ed");
  if (!stem || !has_vowel(*stem)) stem = cut(word, U"ing");
  if (!stem || !has_vowel(*stem)) return word;
  if (stem->ends_with(U"at") || stem->ends_with(U"bl") || stem->ends_with(U"iz")) return with(*stem, U"e");
  if (ends_double_consonant(*stem)) {
    const char32_t last = stem->back();
    return Word(last == 'l' || last == 's' || last == 'z' ? *stem : stem->substr(0, stem->size() - 1));
  }
  return measure(*stem) == 1 && ends_cvc(*stem) ? with(*stem, U"e") : Word(*stem);
}

Word final_y(Word word) {  // step 1c
  const auto stem = cut(word, U"y");
  return stem && stem->size() > 1 && is_consonant(*stem, stem->size() - 1) ? with(*stem, U"i") : word;
}

Word double_suffixes(Word word) {  // step 2
  static constexpr std::array<Rule, 21> kRules = {
      {{U"ational", U"ate"}, {U"tional", U"tion"}, {U"enci", U"ence"},   {U"anci", U"ance"},
       {U"izer", U"ize"},    {U"bli", U"ble"},     {U"alli", U"al"},     {U"entli", U"ent"},
       {U"eli", U"e"},       {U"ousli", U"ous"},   {U"ization", U"ize"}, {U"ation", U"ate"},
       {U"ator", U"ate"},    {U"alism", U"al"},    {U"iveness", U"ive"}, {U"fulness", U"ful"},
       {U"ousness", U"ous"}, {U"aliti", U"al"},    {U"iviti", U"ive"},   {U"biliti", U"ble"},
       {U"fulli", U"ful"}}};
  if (const auto stem = cut(word, U"alli"); stem && measure(*stem) > 0)
    return double_suffixes(with(*stem, U"al"));
  // NLTK measures what stands before "ogi" here, not the stem before "logi".
  if (const auto stem = cut(word, U"logi"))
    return measure(View(word).substr(0, word.size() - 3)) > 0 ? with(*stem, U"log") : word;
  return apply(std::move(word), kRules, 0);
}

Word single_suffixes(Word word) {  // step 3
  static constexpr std::array<Rule, 7> kRules = {{{U"icate", U"ic"},
                                                  {U"ative", U""},
                                                  {U"alize", U"al"},
                                                  {U"iciti", U"ic"},
                                                  {U"ical", U"ic"},
                                                  {U"ful", U""},
                                                  {U"ness", U""}}};
  return apply(std::move(word), kRules, 0);
}

Word long_words(Word word) {  // step 4
  static constexpr std::array<Rule, 11> kBefore = {{{U"al", U""},
                                                    {U"ance", U""},
                                                    {U"ence", U""},
                                                    {U"er", U""},
                                                    {U"ic", U""},
                                                    {U"able", U""},
                                                    {U"ible", U""},
                                                    {U"ant", U""},
                                                    {U"ement", U""},
                                                    {U"ment", U""},
                                                    {U"ent", U""}}};
  static constexpr std::array<Rule, 7> kAfter = {{{U"ou", U""},
                                                  {U"ism", U""},
                                                  {U"ate", U""},
                                                  {U"iti", U""},
                                                  {U"ous", U""},
                                                  {U"ive", U""},
                                                  {U"ize", U""}}};
  if (const auto stem = cut(word, U"ion")) {
    const bool goes = measure(*stem) > 1 && (stem->back() == 's' || stem->back() == 't');
    return goes ? Word(*stem) : word;
  }
  const size_t size = word.size();
  word = apply(std::move(word), kBefore, 1);
  // No suffix of one list ends like one of the other, so that only one of them changes anything.
  return word.size() < size ? word : apply(std::move(word), kAfter, 1);
}

Word final_e_and_l(Word word) {  // step 5
  if (const auto stem = cut(word, U"e"))
    if (const int m = measure(*stem); m > 1 || (m == 1 && !ends_cvc(*stem))) word = Word(*stem);
  if (word.ends_with(U"ll") && measure(View(word).substr(0, word.size() - 1)) > 1) word.pop_back();
  return word;
}

std::optional<std::string_view> irregular(std::string_view word) {
  static const std::unordered_map<std::string_view, std::string_view> kStems = {
      {"sky", "sky"},        {"skies", "sky"},       {"dying", "die"},       {"lying", "lie"},
      {"tying", "tie"},      {"news", "news"},       {"innings", "inning"},  {"inning", "inning"},
      {"outings", "outing"}, {"outing", "outing"},   {"canning", "canning"}, {"cannings", "canning"},
      {"howe", "howe"},      {"proceed", "proceed"}, {"exceed", "exceed"},   {"succeed", "succeed"}};
  const auto found = kStems.find(word);
  return found == kStems.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

std::string porter_stem(std::string_view text) {
  if (const auto stem = irregular(text)) return std::string(*stem);
  Word word = code_points(text);
  if (word.size() <= 2) return std::string(text);
  word = final_y(participles(plurals(std::move(word))));
  word = final_e_and_l(long_words(single_suffixes(double_suffixes(std::move(word)))));
  std::string result;
  for (const char32_t c : word) append_code_point(result, c);
  return result;
}

}  // namespace chain::metrics
