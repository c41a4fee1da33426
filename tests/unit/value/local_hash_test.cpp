// Questions that may share an answer, and those that may not.
#include "runtime/value/local_hash.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <string>

using namespace chain::value;

namespace {

struct Pair {
  const char* left;
  const char* right;
};

double alike(const std::string& left, const std::string& right) {
  return cosine(local_hash(left), local_hash(right));
}

/// As the cache decides.
bool accepted(const std::string& left, const std::string& right) {
  return gist_of(left) == gist_of(right) && alike(left, right) >= 0.95;
}

/// The same text around both, as of a prompt's template: it brings every cosine close to 1.
std::string in_a_page(const std::string& question) {
  std::string page = "You help the customers of a shop. Read the terms below, then answer in one sentence.\n";
  for (int i = 0; i < 40; ++i)
    page += "Clause " + std::to_string(i) + " says that goods are sent within days. ";
  return page + "\nQuestion: " + question;
}

constexpr Pair kSame[] = {
    {"What is your refund policy?", "what is your refund policy"},
    {"Please tell me how returns work.", "Tell me how returns work"},
    {"How do I reset my password?", "How do I  reset my password ?"},
    {"Where can I download the invoices for my orders of last year?",
     "where can I download the invoices for my orders of last year"},
    {"Does the warranty cover water damages?", "Does the warranty cover water damages"},
    {"환불 정책이 무엇인가요?", "환불 정책이 무엇인가요"},
    {"혹시 배송이 언제 시작되나요?", "배송이 언제 시작되나요?"},
    {"Ｗhat is Ｃhain?", "What is Chain?"},
    {"I’ll be late", "I'll be late"},
};

constexpr Pair kReversed[] = {
    {"A sues B", "B sues A"},
    {"Does smoking cause stress?", "Does stress cause smoking?"},
    {"Is Alpha larger than Beta?", "Is Beta larger than Alpha?"},
    {"Did Kim pay Lee?", "Did Lee pay Kim?"},
    {"Translate from English to Korean", "Translate from Korean to English"},
    {"Convert 10 dollars to euros", "Convert 10 euros to dollars"},
    {"The dog bit the man", "The man bit the dog"},
    {"A가 B를 고소했나요?", "B가 A를 고소했나요?"},
    {"A가 B를 고소했나요?", "A를 B가 고소했나요?"},
    {"흡연이 스트레스를 일으키나요?", "스트레스가 흡연을 일으키나요?"},
    {"영어를 한국어로 옮겨 주세요", "한국어를 영어로 옮겨 주세요"},
};

constexpr Pair kDenied[] = {
    {"Is it covered?", "Is it not covered?"},
    {"May I return it?", "Mayn't I return it?"},
    {"Does it work with Linux?", "Does it work without Linux?"},
    {"Customers who paid", "Customers who never paid"},
    {"They can cancel", "They cannot cancel"},
    {"they can cancel", "they can't cancel"},
    {"What happens if x == y?", "What happens if x != y?"},
    {"if (found) stop", "if (!found) stop"},
    {"환불이 됩니까?", "환불이 안 됩니까?"},
    {"취소할 수 있나요?", "취소할 수 없나요?"},
    {"급한 일이다", "급한 일이 아니다"},
    {"먹을 수 있나요?", "못 먹을 수 있나요?"},
};

constexpr Pair kOther[] = {
    {"Within 30 days?", "Within 90 days?"},
    {"It costs $3.50", "It costs $35.0"},
    {"-5 degrees", "5 degrees"},
    {"1,000 users", "1.000 users"},
    {"version 1.2", "version 12"},
    {"Up by 5%", "Up by 5"},
    {"What is the capital of France?", "What is the capital of Germany?"},
    {"Who was born on Tuesday?", "Who was born on Thursday?"},
    {"Is C++ fast?", "Is C fast?"},
    {"Import the data", "Export the data"},
    {"Is vitamin A healthy?", "Is vitamin healthy?"},
    {"the news today", "the new today"},
    {"x > y", "x < y"},
    {"10일 안에 되나요?", "30일 안에 되나요?"},
    {"서울의 인구는?", "부산의 인구는?"},
    {"か", "が"},
    {"What is 10² plus 1?", "What is 102 plus 1?"},
    {"Convert 1½ cups of sugar into ml", "Convert 11⁄2 cups of sugar into ml"},
    {"How do I say \"hello\" in Korean?", "How do I say \"please\" in Korean?"},
    {"Translate the word \"just\" to French for me", "Translate the word \"hello\" to French for me"},
    {"안녕하세요 영어로 어떻게 말해요?", "제발 영어로 어떻게 말해요?"},
    {"Was the decision of the court just?", "Was the decision of the court?"},
    {"If (! used) refund me", "If (used) refund me"},
    {"is x ! = 3", "is x = 3"},
    {"Compute the number 20! please", "Compute the number 20"},
    {"Compute 20!", "Compute 20"},
    {"Refund the order of Mr Adams", "Refund the order of Mr Adam"},
    {"Give the Williams account a refund", "Give the William account a refund"},
    {"What if they say we're late", "What if they say were late"},
    {"I'll be ill", "ill be ill"},
    {"MW are needed", "mW are needed"},
    {"What is the capital of US", "What is the capital of us"},
    {"Is \"not\" a word used here?", "Is not a word used here?"},
    {"a\n  b\nc", "a b c"},
    {"Translate the word the", "Translate the word"},
    {"hi hello please", ""},
};

void check_refused(std::initializer_list<std::pair<const Pair*, const Pair*>> tables) {
  for (const auto& [begin, end] : tables) {
    for (const Pair* pair = begin; pair != end; ++pair) {
      INFO(pair->left << " / " << pair->right << ": " << alike(pair->left, pair->right));
      CHECK_FALSE(accepted(pair->left, pair->right));
      CHECK_FALSE(accepted(in_a_page(pair->left), in_a_page(pair->right)));
    }
  }
}

}  // namespace

TEST_CASE("what people vary without meaning anything by it does not count") {
  for (const Pair& pair : kSame) {
    INFO(pair.left << " / " << pair.right << ": " << alike(pair.left, pair.right));
    CHECK(gist_of(pair.left) == gist_of(pair.right));
    CHECK(accepted(in_a_page(pair.left), in_a_page(pair.right)));
  }
  CHECK(accepted(kSame[0].left, kSame[0].right));
  CHECK(accepted(kSame[5].left, kSame[5].right));
}

TEST_CASE("reversed, denied and other questions are others, however long the text around them") {
  check_refused({{std::begin(kReversed), std::end(kReversed)},
                 {std::begin(kDenied), std::end(kDenied)},
                 {std::begin(kOther), std::end(kOther)}});
  // The cosine alone would take them for the same.
  CHECK(alike(in_a_page("Is it covered?"), in_a_page("Is it not covered?")) > 0.99);
}

TEST_CASE("the order of words is in the vector") {
  CHECK(alike("does smoking cause stress", "does stress cause smoking") < 0.95);
  CHECK(alike("the dog bit the man", "the dog bit the man") > 0.9999);
  CHECK(alike("", "anything") == 0);
  CHECK(alike("?!", "anything") == 0);
  CHECK(gist_of("?!").empty());
  CHECK(gist_of("Hello!") == "hello");
  CHECK(gist_of(" \n").empty());
}

TEST_CASE("vectors are for good: the same text gives the same numbers, here and elsewhere") {
  const LocalHash vector = local_hash("Where is my parcel?");
  size_t set = 0;
  double square = 0;
  for (const float part : vector) set += part != 0 ? 1 : 0, square += double{part} * part;
  CHECK(set == 22);
  CHECK(vector[0] == Approx(-0.152499).epsilon(1e-5));
  CHECK(vector[51] == Approx(0.304997).epsilon(1e-5));
  CHECK(square == Approx(1));
  const auto back = local_hash_from(to_bytes(vector));
  REQUIRE(back);
  CHECK(*back == vector);
  CHECK_FALSE(local_hash_from("short"));
  LocalHash broken = vector;
  broken[3] = std::numeric_limits<float>::quiet_NaN();
  CHECK_FALSE(local_hash_from(to_bytes(broken)));
}

TEST_CASE("bytes that are no text are taken as they come") {
  std::string bytes;
  for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
  CHECK(cosine(local_hash(bytes), local_hash(bytes)) == Approx(1));
  CHECK(gist_of(bytes).empty());
  CHECK(gist_of("caf\xE9").empty());
}
