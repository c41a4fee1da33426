#include "runtime/retrieve/porter.h"

#include <span>
#include <string_view>

namespace chain::retrieve {
namespace {

struct Rule {
  std::string_view from, to;
};

// Of each step's rules the first that fits is the one that counts: longer endings stand before those that
// they end in.
constexpr Rule kPlurals[] = {{"sses", "ss"}, {"ies", "i"}, {"ss", "ss"}, {"s", ""}};
constexpr Rule kAfterPast[] = {{"at", "ate"}, {"bl", "ble"}, {"iz", "ize"}};
constexpr Rule kDoubleSuffixes[] = {
    {"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"}, {"anci", "ance"}, {"izer", "ize"},
    {"bli", "ble"},     {"alli", "al"},     {"entli", "ent"}, {"eli", "e"},     {"ousli", "ous"},
    {"ization", "ize"}, {"ation", "ate"},   {"ator", "ate"},  {"alism", "al"},  {"iveness", "ive"},
    {"fulness", "ful"}, {"ousness", "ous"}, {"aliti", "al"},  {"iviti", "ive"}, {"biliti", "ble"},
    {"logi", "log"},
};
constexpr Rule kSuffixes[] = {
    {"icate", "ic"}, {"ative", ""}, {"alize", "al"}, {"iciti", "ic"},
    {"ical", "ic"},  {"ful", ""},   {"ness", ""},
};
constexpr Rule kResidues[] = {
    {"al", ""},  {"ance", ""},  {"ence", ""}, {"er", ""},  {"ic", ""},  {"able", ""}, {"ible", ""},
    {"ant", ""}, {"ement", ""}, {"ment", ""}, {"ent", ""}, {"ion", ""}, {"ou", ""},   {"ism", ""},
    {"ate", ""}, {"iti", ""},   {"ous", ""},  {"ive", ""}, {"ize", ""},
};

class Stemmer {
 public:
  explicit Stemmer(std::string& word) : word_(word) {}

  void run() {
    apply(kPlurals, 0);
    past();
    if (ends("y") && has_vowel(word_.size() - 1)) word_.back() = 'i';
    apply(kDoubleSuffixes, 1);
    apply(kSuffixes, 1);
    apply(kResidues, 2);
    final_e();
    if (ends("ll") && measure(word_.size()) > 1) word_.pop_back();
  }

 private:
  /// "y" is a consonant at the beginning and behind a vowel.
  [[nodiscard]] bool is_consonant(size_t at) const {
    switch (word_[at]) {
      case 'a':
      case 'e':
      case 'i':
      case 'o':
      case 'u': return false;
      case 'y': {
        // A run of them alternates; only its length counts.
        size_t first = at;
        while (first > 0 && word_[first - 1] == 'y') --first;
        const bool first_is = first == 0 || !is_consonant(first - 1);
        return first_is == ((at - first) % 2 == 0);
      }
      default: return true;
    }
  }

  /// How often vowels are followed by consonants in the first `size` letters: m of [C](VC)^m[V].
  [[nodiscard]] int measure(size_t size) const {
    int count = 0;
    bool vowel = false;
    for (size_t i = 0; i < size; ++i) {
      const bool consonant = word_[i] == 'y' ? vowel || i == 0 : is_consonant(i);
      if (consonant && vowel) ++count;
      vowel = !consonant;
    }
    return count;
  }

  [[nodiscard]] bool has_vowel(size_t size) const {
    for (size_t i = 0; i < size; ++i) {
      if (!is_consonant(i)) return true;
    }
    return false;
  }

  [[nodiscard]] bool ends_doubled() const {
    const size_t size = word_.size();
    return size > 1 && word_[size - 1] == word_[size - 2] && is_consonant(size - 1);
  }

  /// Whether the first `size` letters end in consonant, vowel, consonant, the last not w, x or y.
  [[nodiscard]] bool ends_short(size_t size) const {
    if (size < 3 || !is_consonant(size - 1) || is_consonant(size - 2) || !is_consonant(size - 3))
      return false;
    const char last = word_[size - 1];
    return last != 'w' && last != 'x' && last != 'y';
  }

  [[nodiscard]] bool ends(std::string_view ending) const { return word_.ends_with(ending); }

  /// Applies the rule that fits if what stands before its ending has `least` of the measure.
  bool apply(std::span<const Rule> rules, int least) {
    const char last = word_.back();
    for (const Rule& rule : rules) {
      if (rule.from.back() != last || !ends(rule.from)) continue;
      const size_t rest = word_.size() - rule.from.size();
      if (least > 0 && measure(rest) < least) return false;
      if (rule.from == "ion" && (rest == 0 || (word_[rest - 1] != 's' && word_[rest - 1] != 't')))
        return false;
      word_.replace(rest, rule.from.size(), rule.to);
      return true;
    }
    return false;
  }

  void past() {
    if (ends("eed")) {
      if (measure(word_.size() - 3) > 0) word_.pop_back();
      return;
    }
    const size_t ending = ends("ed") ? 2 : ends("ing") ? 3 : 0;
    if (ending == 0 || !has_vowel(word_.size() - ending)) return;
    word_.resize(word_.size() - ending);
    if (apply(kAfterPast, 0)) return;
    const char last = word_.back();
    if (ends_doubled()) {
      if (last != 'l' && last != 's' && last != 'z') word_.pop_back();
    } else if (measure(word_.size()) == 1 && ends_short(word_.size())) {
      word_ += 'e';
    }
  }

  void final_e() {
    if (!ends("e")) return;
    const int rest = measure(word_.size() - 1);
    if (rest > 1 || (rest == 1 && !ends_short(word_.size() - 1))) word_.pop_back();
  }

  std::string& word_;
};

}  // namespace

void stem(std::string& word) {
  if (word.size() > 2) Stemmer(word).run();
}

}  // namespace chain::retrieve
