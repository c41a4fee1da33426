#include "runtime/metrics/answers.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <vector>

#include "runtime/metrics/sequences.h"
#include "runtime/metrics/text_units.h"

namespace chain::metrics {
namespace {

/// What Python's \w takes.
bool is_word(char32_t c) {
  constexpr uint32_t kWord = U_GC_L_MASK | U_GC_N_MASK;
  return c == '_' || (U_MASK(u_charType(static_cast<UChar32>(c))) & kWord) != 0;
}

bool is_article(const std::u32string& word) {
  return word == U"a" || word == U"an" || word == U"the";
}

double f1_of(std::span<const std::string_view> answer, std::span<const std::string_view> accepted,
             EmptyAnswers rule) {
  if (answer.empty() || accepted.empty())
    return rule == EmptyAnswers::Match && answer.empty() && accepted.empty() ? 1 : 0;
  Vocabulary vocabulary;
  Ngrams ngrams(1);
  const auto of_answer = ngrams.count(vocabulary.tokens(answer));
  const auto of_accepted = ngrams.count(vocabulary.tokens(accepted));
  const auto same = static_cast<double>(matches(of_answer[0], of_accepted[0]));
  if (same == 0) return 0;
  const double precision = same / static_cast<double>(answer.size());
  const double recall = same / static_cast<double>(accepted.size());
  return 2 * precision * recall / (precision + recall);
}

}  // namespace

std::string normalize_answer(std::string_view text) {
  std::string plain = lowercase(text);
  std::erase_if(plain, is_ascii_punctuation);
  // Articles end where a word does, which need not be at a blank: "a—b" loses its "a".
  std::string kept;
  std::u32string word;
  const auto end_word = [&] {
    if (is_article(word))
      kept += ' ';
    else
      for (const char32_t c : word) append_code_point(kept, c);
    word.clear();
  };
  for (const char32_t c : code_points(plain)) {
    if (is_word(c)) {
      word += c;
    } else {
      end_word();
      append_code_point(kept, c);
    }
  }
  end_word();
  return single_blanks(kept);
}

double exact_match(std::string_view answer, std::span<const std::string_view> accepted) {
  const std::string normal = normalize_answer(answer);
  return std::ranges::any_of(accepted, [&](auto one) { return normalize_answer(one) == normal; }) ? 1 : 0;
}

double token_f1(std::string_view answer, std::span<const std::string_view> accepted, EmptyAnswers rule) {
  const std::string normal = normalize_answer(answer);
  const auto words = words_of(normal);
  double best = 0;
  for (const std::string_view one : accepted) {
    const std::string other = normalize_answer(one);
    best = std::max(best, f1_of(words, words_of(other), rule));
  }
  return best;
}

}  // namespace chain::metrics
