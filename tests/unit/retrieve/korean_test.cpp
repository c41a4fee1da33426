// Sixty Korean passages with questions whose particles and endings differ from the text's.
#include <catch2/catch.hpp>
#include <iostream>

#include "runtime/retrieve/words.h"
#include "runtime/value/characters.h"
#include "tests/unit/access/temporary.h"
#include "tests/unit/retrieve/collection.h"

using namespace chain;
using retrieve::test::Collection;
using retrieve::test::Quality;

namespace {

Collection korean() {
  return retrieve::test::read_collection("tests/fixtures/retrieval/korean");
}

/// What stands between blanks and signs, as tokenizers for European languages cut it.
void by_blanks(std::string_view text,
               const std::function<void(std::string_view word, size_t begin, size_t end)>& word) {
  size_t begin = 0;
  for (size_t at = 0; at <= text.size(); ++at) {
    const bool inside = at < text.size() &&
                        (value::is_wide(text[at]) || value::is_letter(text[at]) || value::is_digit(text[at]));
    if (inside) continue;
    if (at > begin) word(text.substr(begin, at - begin), begin, at);
    begin = at + 1;
  }
}

/// The pairs of characters alone.
void by_pairs(std::string_view text,
              const std::function<void(std::string_view word, size_t begin, size_t end)>& word) {
  retrieve::words(text, [&](std::string_view term, size_t begin, size_t end) {
    const bool is_syllable = term.size() == 3 && value::is_wide(term[0]);
    if (!is_syllable) word(term, begin, end);
  });
}

class Index {
 public:
  explicit Index(const store::Words& words) {
    std::string error;
    file_ = store::open_passages((place_.path() / "passages.db").string(), words, error);
    REQUIRE(file_);
    retrieve::test::fill(*file_, korean(), true);
  }
  [[nodiscard]] Quality quality() { return retrieve::test::measure_words(*file_, korean()); }
  [[nodiscard]] std::vector<std::string> find(std::string_view query, size_t top) {
    std::vector<std::string> names;
    for (const store::WordHit& hit : file_->find_words(query, top, nullptr))
      names.push_back(file_->passage(hit.id)->name);
    return names;
  }

 private:
  access::test::Temporary place_;
  std::unique_ptr<store::PassageFile> file_;
};

}  // namespace

TEST_CASE("pairs of syllables find Korean passages that words do not") {
  const Quality words = Index(by_blanks).quality();
  const Quality pairs = Index(by_pairs).quality();
  const Quality ours = Index(retrieve::words).quality();
  std::cout << "nDCG@10 of 64 Korean questions: words between blanks " << words.ndcg << ", pairs "
            << pairs.ndcg << ", pairs and first syllables " << ours.ndcg << '\n';
  CHECK(pairs.ndcg > words.ndcg + 0.3);
  CHECK(ours.ndcg >= pairs.ndcg);
  CHECK(ours.ndcg > 0.97);
}

TEST_CASE("short and mixed Korean queries find their passages") {
  Index index(retrieve::words);
  using Names = std::vector<std::string>;
  CHECK(index.find("환불", 1) == Names{"ko-31"});
  CHECK(index.find("여권", 1) == Names{"ko-44"});
  CHECK(index.find("책", 1) == Names{"ko-51"});
  CHECK(index.find("GPT 모델", 1) == Names{"ko-60"});
  CHECK(index.find("gpt모델은", 1) == Names{"ko-60"});
  CHECK(index.find("API키", 1) == Names{"ko-60"});
  CHECK(index.find("VPN이 끊김", 1) == Names{"ko-16"});
  CHECK(index.find("wi-fi 손님", 1) == Names{"ko-17"});
  CHECK(index.find("25일", 1) == Names{"ko-30"});
}
