// Scores and order of words, held against BM25 as it is written down.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <random>

#include "tests/unit/retrieve/passages.h"

using namespace chain;
using namespace chain::retrieve::test;

namespace {

/// All passages in memory: `find` computes everything anew.
class Naive {
 public:
  std::map<int64_t, std::string> texts;

  [[nodiscard]] std::vector<store::WordHit> find(const std::string& query, size_t top) const {
    std::map<int64_t, std::map<std::string, int>> counts;
    std::map<int64_t, double> lengths;
    double sum = 0;
    for (const auto& [id, text] : texts) {
      lengths[id] = count(text, counts[id]);
      sum += lengths[id];
    }
    const double average = std::max(sum / static_cast<double>(texts.size()), 1.0);
    std::vector<std::string> order;
    std::map<std::string, int> asked;
    retrieve::words(query, [&](std::string_view word, size_t, size_t) {
      if (++asked[std::string(word)] == 1) order.emplace_back(word);
    });
    std::map<int64_t, double> scores;
    for (const std::string& term : order) {
      double with = 0;
      for (const auto& [id, words] : counts) with += words.contains(term) ? 1 : 0;
      const double idf = std::log(1 + (static_cast<double>(texts.size()) - with + 0.5) / (with + 0.5));
      for (const auto& [id, words] : counts) {
        if (!words.contains(term)) continue;
        const auto tf = static_cast<float>(words.at(term));
        const auto norm = static_cast<float>(0.9 * (1 - 0.4 + 0.4 * lengths[id] / average));
        scores[id] += asked[term] * idf * static_cast<double>(tf / (tf + norm));
      }
    }
    std::vector<store::WordHit> hits;
    for (const auto& [id, score] : scores) hits.push_back({id, score});
    std::ranges::stable_sort(hits, [](const auto& a, const auto& b) { return a.score > b.score; });
    hits.resize(std::min(hits.size(), top));
    return hits;
  }

 private:
  static double count(const std::string& text, std::map<std::string, int>& counts) {
    double length = 0;
    size_t before = std::string::npos;
    retrieve::words(text, [&](std::string_view word, size_t begin, size_t) {
      ++counts[std::string(word)];
      if (begin != before) ++length;
      before = begin;
    });
    return length;
  }
};

constexpr const char* kVocabulary[] = {"apple", "pear",   "running", "databases", "v1.2",  "환불은", "환불을",
                                       "규정",  "3월에",  "GPT모델", "東京都",    "café",  "x_y",    "plum",
                                       "tree",  "forest", "\"",      "AND",       "NEAR(", "rivers"};

std::string random_text(std::mt19937& random, size_t most) {
  std::string text;
  for (size_t count = random() % (most + 1); count > 0; --count) {
    // The first words are frequent, the last are rare.
    const size_t pick = std::min(random() % std::size(kVocabulary), random() % std::size(kVocabulary));
    text.append(kVocabulary[pick]).append(" ");
  }
  return text;
}

void compare(const std::vector<store::WordHit>& found, const std::vector<store::WordHit>& wanted) {
  REQUIRE(found.size() == wanted.size());
  for (size_t i = 0; i < found.size(); ++i) {
    CHECK(found[i].id == wanted[i].id);
    CHECK(found[i].score == wanted[i].score);
  }
}

}  // namespace

TEST_CASE("scores are BM25's, whatever was put and dropped before") {
  std::mt19937 random(7);
  Passages passages;
  Naive naive;
  std::map<std::string, std::vector<int64_t>> ids;
  const auto check = [&] {
    for (int i = 0; i < 4; ++i) {
      const std::string query = random_text(random, 6);
      if (query.find("AND") != std::string::npos) continue;  // a stop word
      CAPTURE(query);
      compare(passages->find_words(query, 10, nullptr), naive.find(query, 10));
    }
  };
  for (int round = 0; round < 60; ++round) {
    passages.begin();
    for (int change = 0; change < 5; ++change) {
      const std::string id = "doc" + std::to_string(random() % 40);
      for (const int64_t old : ids[id]) naive.texts.erase(old);
      ids[id].clear();
      if (random() % 4 == 0) {
        passages->drop(id);
        continue;
      }
      std::vector<std::string> texts(random() % 4);
      for (std::string& text : texts) text = random_text(random, 30);
      passages->put(Passages::document(id), Passages::rows(id, texts));
      for (size_t number = 0; number < texts.size(); ++number) {
        const auto row = passages->passage_at(id, static_cast<uint32_t>(number));
        REQUIRE(row);
        naive.texts[row->id] = texts[number];
        ids[id].push_back(row->id);
      }
    }
    if (round % 10 == 9) check();  // before it is committed
    passages.commit();
    check();
  }
  CHECK(passages->counts().passages == naive.texts.size());
  std::string why;
  CHECK_FALSE(passages->failed(why));
}

TEST_CASE("lists that are long enough to be kept in memory give the same") {
  std::mt19937 random(11);
  Passages passages;
  Naive naive;
  passages.begin();
  std::vector<std::string> texts(1500);
  for (std::string& text : texts) text = random_text(random, 12);
  passages->put(Passages::document("a"), Passages::rows("a", texts));
  passages.commit();
  for (size_t i = 0; i < texts.size(); ++i) naive.texts[static_cast<int64_t>(i) + 1] = texts[i];
  for (int again = 0; again < 2; ++again)
    compare(passages->find_words("apple pear 환불은 tree", 100, nullptr),
            naive.find("apple pear 환불은 tree", 100));
  passages.put("b", {"apple apple pear"});
  naive.texts[1501] = "apple apple pear";
  compare(passages->find_words("apple pear", 100, nullptr), naive.find("apple pear", 100));
}

TEST_CASE("long questions find what all of their words together find") {
  std::mt19937 random(13);
  // Of 600 words the first ones stand in nearly every passage, as in any language.
  const auto text_of = [&](size_t words) {
    std::string text;
    for (; words > 0; --words) {
      const auto rank = static_cast<size_t>(std::pow(600.0, static_cast<double>(random() % 1000) / 1000)) - 1;
      text += "w" + std::string(1, static_cast<char>('a' + rank % 26)) + std::to_string(rank) + "x ";
    }
    return text;
  };
  Passages passages;
  Naive naive;
  passages.begin();
  std::vector<std::string> texts(2500);
  for (std::string& text : texts) text = text_of(40);
  texts[2000] = texts[100];  // of equal ones the first comes first
  passages->put(Passages::document("a"), Passages::rows("a", texts));
  passages.commit();
  std::vector<int64_t> odd, few = {7, 8, 9, 100, 2001};
  for (size_t i = 0; i < texts.size(); ++i) {
    naive.texts[static_cast<int64_t>(i) + 1] = texts[i];
    if (i % 2 == 0) odd.push_back(static_cast<int64_t>(i) + 1);
  }
  for (const std::vector<int64_t>* among : {static_cast<std::vector<int64_t>*>(nullptr), &odd, &few}) {
    for (int turn = 0; turn < 4; ++turn) {
      const std::string query = turn == 0 ? texts[100] : text_of(60);
      std::vector<store::WordHit> wanted = naive.find(query, texts.size());
      if (among != nullptr)
        std::erase_if(wanted, [&](const auto& hit) { return !std::ranges::binary_search(*among, hit.id); });
      wanted.resize(std::min<size_t>(wanted.size(), 10));
      compare(passages->find_words(query, 10, among), wanted);
    }
  }
}

TEST_CASE("a query is words, whatever it looks like") {
  Passages passages;
  passages.put("a", {"red apples", "text: \"quoted\" * near", "환불 규정"});
  for (const char* query : {"\"", "\"\"", "text:apples*", "NEAR(red apples, 2)", "apples AND NOT red", "(((",
                            "^apples", "- + :", "{a b}: c", "'; DROP TABLE words; --"}) {
    CAPTURE(query);
    static_cast<void>(passages->find_words(query, 9, nullptr));
    std::string why;
    CHECK_FALSE(passages->failed(why));
  }
  CHECK(passages->find_words("apples AND NOT green", 9, nullptr).size() == 1);
  CHECK(passages->find_words(std::string_view("a\0pples apples", 14), 9, nullptr).size() == 1);
  CHECK(passages->find_words("", 9, nullptr).empty());
  CHECK(passages->find_words("apples", 0, nullptr).empty());
  CHECK(passages->find_words("환불", 9, nullptr).size() == 1);
  std::string long_query;
  for (int i = 0; i < 100'000; ++i) long_query += "word" + std::to_string(i) + " ";
  CHECK(passages->find_words("apples " + long_query, 9, nullptr).size() == 1);
}

TEST_CASE("stop words count only where there is nothing else") {
  Passages passages;
  passages.put("a", {"it is what it is", "the IT department", "a department of the state"});
  CHECK(passages->find_words("it is", 9, nullptr).size() == 2);
  CHECK(passages->find_words("the department", 9, nullptr).size() == 2);
  CHECK(names(*passages, passages->find_words("the IT department", 1, nullptr)) ==
        std::vector<std::string>{"a#2"});
  CHECK(names(*passages, passages->find_words("IT 부서", 9, nullptr)).size() == 2);
}
