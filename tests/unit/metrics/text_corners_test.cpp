// Texts that nobody would have written: empty ones, huge ones, none in UTF-8.
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "runtime/metrics/answers.h"
#include "runtime/metrics/bleu.h"
#include "runtime/metrics/chrf.h"
#include "runtime/metrics/edit_distance.h"
#include "runtime/metrics/meteor.h"
#include "runtime/metrics/rouge.h"
#include "runtime/metrics/stem.h"
#include "runtime/metrics/ter.h"

using namespace chain::metrics;
using namespace std::string_literals;

namespace {

using Views = std::vector<std::string_view>;

/// The table of Wagner and Fischer, one row at a time.
size_t plain_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0]++;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

size_t plain_subsequence(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  for (const char c : a) {
    size_t diagonal = 0;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = c == b[j - 1] ? diagonal + 1 : std::max(above, row[j - 1]);
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string blanks_between(const std::string& letters) {
  std::string text;
  for (const char c : letters) (text += c) += ' ';
  return text;
}

}  // namespace

TEST_CASE("distances of texts") {
  CHECK(levenshtein("kitten", "sitting") == 3);
  CHECK(levenshtein("", "") == 0);
  CHECK(levenshtein("", "abc") == 3);
  CHECK(levenshtein("naïve", "naive") == 1);
  CHECK(levenshtein("日本語", "日本") == 1);
  CHECK(levenshtein("a\0b"s, "ab") == 1);
  CHECK(levenshtein("\xFF", "\xFE") == 0);  // neither is a character
  CHECK(similarity("", "") == 1);
  CHECK(similarity("abcd", "abcx") == 0.75);
  CHECK(similarity("abc", "xyz") == 0);
}

TEST_CASE("64 at a time is as one by one") {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::string a(random() % 200, 'a'), b(random() % 200, 'a');
    const unsigned letters = 1 + random() % 5;
    for (char& c : a) c = static_cast<char>('a' + random() % letters);
    for (char& c : b) c = static_cast<char>('a' + random() % letters);
    INFO(a << " " << b);
    REQUIRE(levenshtein(a, b) == plain_distance(a, b));
    const auto common = rouge_l(blanks_between(a), blanks_between(b));
    REQUIRE(common);
    const auto expected = static_cast<double>(plain_subsequence(a, b));
    REQUIRE(common->precision * static_cast<double>(a.size()) == Approx(expected));
    // One line each: the union is of one subsequence, whichever is taken.
    const auto sum = rouge_lsum(blanks_between(a), blanks_between(b));
    REQUIRE(sum);
    REQUIRE(sum->recall == Approx(common->recall));
  }
}

TEST_CASE("empty answers and references") {
  const Segment empty{"", {""}}, no_reference{"some words", {}};
  CHECK(bleu({}).score == 0);
  CHECK(sentence_bleu(empty).score == 0);
  CHECK(sentence_bleu(no_reference).score == 0);
  CHECK(chrf({}) == 0);
  CHECK(chrf({&empty, 1}) == 0);
  CHECK(chrf({&no_reference, 1}) == 0);
  CHECK(ter({})->score == 0);
  CHECK(ter({&empty, 1})->score == 0);
  const Segment only_answer{"a b", {""}};
  CHECK(ter({&only_answer, 1})->score == 100);
  CHECK(rouge_n("", "", 1).f1 == 0);
  CHECK(rouge_l("", "")->f1 == 0);
  CHECK(rouge_lsum("\n\n", "\n")->f1 == 0);
  CHECK(meteor("", Views{"a"}) == 0);
  CHECK(meteor("a", Views{}) == 0);
  CHECK(exact_match("a", Views{}) == 0);
  CHECK(token_f1("", Views{""}) == 0);
  CHECK(token_f1("", Views{""}, EmptyAnswers::Match) == 1);
  CHECK(porter_stem("").empty());
}

TEST_CASE("what is said with other characters") {
  CHECK(normalize_answer("Ein\u00A0THE\u3000ΣΟΦΟΣ!") == "ein σοφος");
  CHECK(normalize_answer("a—b an’s") == "—b ’s");
  CHECK(porter_stem("naïveté") == "naïveté");
  CHECK(bleu_tokens("10％ of “it”", BleuTokens::International) == "10 ％ of “ it ”");
  const Segment odd{"\xFF\xFE the cat", {"the cat \xC3"}};
  CHECK(sentence_bleu(odd).counts[0] == 2);
  CHECK(chrf({&odd, 1}) > 0);
  CHECK(rouge_n("the\0cat"s, "the cat", 1).f1 == 1);
  CHECK(meteor("Running cats", Views{"run cat"}) > 0.9);
}

TEST_CASE("the better of several references counts") {
  const Segment several{"the cat sat", {"no match here", "the cat sat", "x"}};
  CHECK(sentence_bleu(several).score == Approx(100));
  CHECK(chrf({&several, 1}) == Approx(100));
  CHECK(chrf({&several, 1}, {.words = 2}) == Approx(100));
  CHECK(ter({&several, 1})->edits == 0);
  CHECK(ter({&several, 1})->reference_length == Approx(7.0 / 3));
  CHECK(token_f1("cat", Views{"dog", "a cat"}) == 1);
}

TEST_CASE("a shift is one edit") {
  const Segment shift{"today the parliament met in the old town",
                      {"the parliament met in the old town today"}};
  CHECK(ter({&shift, 1})->edits == 1);
  const Segment longer{"x", {"a b c d e f g h i j k l m n o p q r s t u v w x y z"}};
  CHECK(ter({&longer, 1})->edits == 25);
}

#if defined(__SANITIZE_ADDRESS__)
#define CHAIN_WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CHAIN_WATCHED 1
#endif
#endif
#ifdef CHAIN_WATCHED
constexpr size_t kHuge = 20'000;  // what takes two seconds takes minutes when each access is watched
#else
constexpr size_t kHuge = 200'000;
#endif

TEST_CASE("huge texts end, or are refused") {
  std::mt19937 random(2);
  std::string a, b;
  for (int i = 0; i < 100'000; ++i) {
    a += static_cast<char>('a' + random() % 20);
    a += ' ';
    b += static_cast<char>('a' + random() % 20);
    b += ' ';
  }
  const auto common = rouge_l(std::string_view(a).substr(0, kHuge), std::string_view(b).substr(0, kHuge));
  REQUIRE(common);
  CHECK(common->f1 > 0.2);
  CHECK_FALSE(rouge_lsum(a, b));  // its table would be too large
  CHECK(rouge_n(a, b, 2).f1 > 0.9);
  CHECK_FALSE(levenshtein(a, b));  // 200,000 by 200,000 characters
  const Segment segment{a, {b}};
  CHECK(sentence_bleu(segment).score > 0);
  CHECK(chrf({&segment, 1}) > 0);
  CHECK(meteor(a, Views{b}) > 0);
  const std::string lines(100'000, '\n'), words = "w\n" + lines;
  CHECK(rouge_lsum(words, words)->f1 == 1);
  std::string many;
  for (int i = 0; i < 30'000; ++i) many += "w\n";
  CHECK_FALSE(rouge_lsum(many, many));  // 900 million pairs of lines
  CHECK(porter_stem(std::string(1'000'000, 'y')).size() > 900'000);
}

TEST_CASE("shifts in a long text are bounded") {
  std::mt19937 random(3);
  std::string a, b;
  for (int i = 0; i < 1'000; ++i) {
    a += std::to_string(random() % 50) + ' ';
    b += std::to_string(random() % 50) + ' ';
  }
  const Segment segment{a, {b}};
  const auto found = ter({&segment, 1});
  REQUIRE(found);
  CHECK(found->score > 50);
  std::string endless;
  for (size_t i = 0; i < kHuge; ++i) endless += i % 2 == 0 ? "a " : "b ";
  const std::string behind = "b " + endless;
  const Segment alternating{endless, {behind}};
  const auto shifted = ter({&alternating, 1});
  REQUIRE(shifted);
  CHECK(shifted->edits == 1);
}
