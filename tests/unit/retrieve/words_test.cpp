#include "runtime/retrieve/words.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "runtime/retrieve/porter.h"

using chain::retrieve::stem;
using chain::retrieve::words;

namespace {

struct Term {
  std::string text;
  size_t begin, end;
};

std::vector<Term> terms(std::string_view text) {
  std::vector<Term> all;
  words(text, [&](std::string_view word, size_t begin, size_t end) {
    all.push_back({std::string(word), begin, end});
  });
  return all;
}

/// Between blanks, alternatives joined by "=".
std::string shown(std::string_view text) {
  std::string all;
  size_t before = std::string::npos;
  for (const Term& term : terms(text)) {
    if (!all.empty()) all += term.begin == before ? "=" : " ";
    all += term.text;
    before = term.begin;
  }
  return all;
}

std::string stemmed(std::string word) {
  stem(word);
  return word;
}

}  // namespace

TEST_CASE("English words are stemmed as Porter says") {
  // The examples of the paper, step by step.
  const std::pair<const char*, const char*> cases[] = {
      {"caresses", "caress"},
      {"ponies", "poni"},
      {"ties", "ti"},
      {"caress", "caress"},
      {"cats", "cat"},
      {"feed", "feed"},
      {"agreed", "agre"},
      {"plastered", "plaster"},
      {"bled", "bled"},
      {"motoring", "motor"},
      {"sing", "sing"},
      {"conflated", "conflat"},
      {"troubled", "troubl"},
      {"sized", "size"},
      {"hopping", "hop"},
      {"tanned", "tan"},
      {"falling", "fall"},
      {"hissing", "hiss"},
      {"fizzed", "fizz"},
      {"failing", "fail"},
      {"filing", "file"},
      {"happy", "happi"},
      {"sky", "sky"},
      {"relational", "relat"},
      {"conditional", "condit"},
      {"rational", "ration"},
      {"valenci", "valenc"},
      {"hesitanci", "hesit"},
      {"digitizer", "digit"},
      {"conformabli", "conform"},
      {"radicalli", "radic"},
      {"differentli", "differ"},
      {"vileli", "vile"},
      {"analogousli", "analog"},
      {"operator", "oper"},
      {"feudalism", "feudal"},
      {"decisiveness", "decis"},
      {"hopefulness", "hope"},
      {"callousness", "callous"},
      {"formaliti", "formal"},
      {"sensitiviti", "sensit"},
      {"sensibiliti", "sensibl"},
      {"triplicate", "triplic"},
      {"formative", "form"},
      {"formalize", "formal"},
      {"electriciti", "electr"},
      {"electrical", "electr"},
      {"hopeful", "hope"},
      {"goodness", "good"},
      {"revival", "reviv"},
      {"allowance", "allow"},
      {"inference", "infer"},
      {"airliner", "airlin"},
      {"gyroscopic", "gyroscop"},
      {"adjustable", "adjust"},
      {"defensible", "defens"},
      {"irritant", "irrit"},
      {"replacement", "replac"},
      {"adjustment", "adjust"},
      {"dependent", "depend"},
      {"adoption", "adopt"},
      {"homologou", "homolog"},
      {"communism", "commun"},
      {"activate", "activ"},
      {"angulariti", "angular"},
      {"homologous", "homolog"},
      {"effective", "effect"},
      {"bowdlerize", "bowdler"},
      {"probate", "probat"},
      {"rate", "rate"},
      {"cease", "ceas"},
      {"controll", "control"},
      {"roll", "roll"},
      {"generalizations", "gener"},
      {"oscillators", "oscil"},
      {"as", "as"},
      {"say", "sai"},
      {"yyyying", "yyyi"},
      {"ion", "ion"},
      {"ing", "ing"},
  };
  for (const auto& [word, wanted] : cases) {
    CAPTURE(word);
    CHECK(stemmed(word) == wanted);
  }
}

TEST_CASE("texts become the terms that they are found by") {
  const std::pair<const char*, const char*> cases[] = {
      // English
      {"The Databases were RUNNING.", "the databas were run"},
      {"the user's and the users’ data", "the user and the user data"},
      {"don't", "don t"},
      {"state-of-the-art e-mail", "state of the art e mail"},
      {"naïve Ångström STRASSE Straße Łódź œuvre", "naiv angstrom strass strass lodz oeuvr"},
      {"nai\u0308ve", "naiv"},
      {"ﬁne ＡＢＣ ㎏ №5", "fine abc kg no5"},
      {"soft\u00ADhyphen", "softhyphen"},
      {"C++ and C# or F#, a++b", "c=c++ and c=c# or f=f# a b"},
      // numbers and identifiers
      {"v1.2", "v1=v1.2 2"},
      {"snake_case.h", "snake=snake_case.h case h"},
      {"__init__ a._b", "init a b"},
      {"1,000 12,345,678 1,2 1,0000", "1000 12345678 1 2 1 0000"},
      {"3.14 1,234.5", "3=3.14 14 1234=1234.5 5"},
      {"example.com/a?b=c", "exampl=example.com com a b c"},
      {"end.Next sentence. ", "end=end.next next sentenc"},
      // Chinese, Japanese, Korean
      {"환불", "환불=환"},
      {"환불은", "환불=환 불은"},
      {"책", "책"},
      {"책을 GPT모델", "책을=책 gpt 모델=모"},
      {"3월에 3월 1,000원", "3=3월 월에=월 3=3월 월 1000=1000원 원"},
      {"제3조", "제 3=3조 조"},
      {"東京都", "東京=東 京都=京 都"},
      {"カタカナー", "カタ タカ カナ ナー"},
      {"ｶﾞｷﾞ", "ガギ"},
      {"食べる。寝る", "食べ=食 べる 寝る=寝"},
      {"\u1112\u116A\u11AB\u1107\u116E\u11AF", "환불=환"},  // decomposed, as file names are on some systems
      // other scripts
      {"Привет, МИР", "привет мир"},
      {"Ελλάδα ΕΛΛΆΔΑ", "ελλαδα ελλαδα"},
      {"हिन्दी", "हिन्दी"},
      {"مُحَمَّد", "محمد"},
      {"ไทย", "ไท ทย"},
      // nothing
      {"", ""},
      {" .,-_'\"()\n", ""},
      {"\U0001F600 \u200D \u0301", ""},
  };
  for (const auto& [text, wanted] : cases) {
    CAPTURE(text);
    CHECK(shown(text) == wanted);
  }
}

TEST_CASE("terms stand where their bytes are") {
  const std::string text = "ﬁne 환불은 Ｖ１ the user's";
  const std::pair<const char*, const char*> cases[] = {
      {"fine", "ﬁne"}, {"환불", "환불"}, {"환", "환"},     {"불은", "불은"},
      {"v1", "Ｖ１"},  {"the", "the"},   {"user", "user"},
  };
  const std::vector<Term> all = terms(text);
  REQUIRE(all.size() == std::size(cases));
  for (size_t i = 0; i < all.size(); ++i) {
    CHECK(all[i].text == cases[i].first);
    CHECK(text.substr(all[i].begin, all[i].end - all[i].begin) == cases[i].second);
  }
}

TEST_CASE("bytes that are no text separate words") {
  CHECK(shown("one\xFFtwo \xED\x95 three\xC3") == "on two three");
  CHECK(shown(std::string_view("a\0b", 3)) == "a b");
  CHECK(shown("한\xEA\xB8글") == "한 글");
}

TEST_CASE("long texts are cut alike wherever their pieces end") {
  std::string text, wanted;
  for (int i = 0; i < 5000; ++i) {
    text += i % 7 == 0 ? "한국어 " : "word" + std::to_string(i) + " ";
    if (!wanted.empty()) wanted += ' ';
    wanted += i % 7 == 0 ? "한국=한 국어" : "word" + std::to_string(i);
  }
  CHECK(shown(text) == wanted);
}

TEST_CASE("a word that is too long counts by its beginning") {
  for (const std::string letter : {"x", "é", "_a"}) {
    std::string text;
    while (text.size() < 1'000'000) text += letter;
    const std::vector<Term> all = terms(text);
    CHECK(!all.empty());
    CHECK(std::ranges::all_of(all, [](const Term& term) { return term.text.size() <= 96; }));
  }
}
