// Searches of an index: lists fused, filtered, spread out and widened.
#include "runtime/retrieve/search.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>

#include "runtime/retrieve/rank.h"
#include "runtime/retrieve/widen.h"
#include "tests/unit/retrieve/passages.h"

using namespace chain;
using namespace chain::retrieve;
using namespace chain::retrieve::test;
using Names = std::vector<std::string>;

namespace {

/// Compares all vectors, and counts how it is asked.
class FlatVectors final : public vectors::VectorIndex {
 public:
  std::map<int64_t, std::vector<float>> vectors;
  mutable int searches = 0, among = 0;
  mutable size_t most = 0;

  [[nodiscard]] vectors::Kind kind() const override { return vectors::Kind::Flat; }
  [[nodiscard]] size_t size() const override { return vectors.size(); }
  [[nodiscard]] uint32_t dimensions() const override { return 2; }
  [[nodiscard]] size_t bytes() const override { return 0; }
  [[nodiscard]] std::vector<vectors::Hit> search(std::span<const float> query, size_t top) const override {
    ++searches;
    most = std::max(most, top);
    std::vector<int64_t> ids;
    for (const auto& [id, vector] : vectors) ids.push_back(id);
    return nearest(query, top, ids);
  }
  [[nodiscard]] std::vector<vectors::Hit> search_among(std::span<const float> query, size_t top,
                                                       std::span<const int64_t> ids) const override {
    ++among;
    return nearest(query, top, ids);
  }
  [[nodiscard]] bool save(const std::string&, std::string_view, std::string&) const override { return false; }

 private:
  [[nodiscard]] std::vector<vectors::Hit> nearest(std::span<const float> query, size_t top,
                                                  std::span<const int64_t> ids) const {
    std::vector<vectors::Hit> hits;
    for (const int64_t id : ids) {
      const auto found = vectors.find(id);
      if (found == vectors.end()) continue;
      hits.push_back({id, query[0] * found->second[0] + query[1] * found->second[1]});
    }
    std::ranges::stable_sort(hits, [](const auto& a, const auto& b) { return a.score > b.score; });
    hits.resize(std::min(hits.size(), top));
    return hits;
  }
};

std::vector<float> at_angle(double degrees) {
  const double radians = degrees * 3.14159265358979 / 180;
  return {static_cast<float>(std::cos(radians)), static_cast<float>(std::sin(radians))};
}

Names ids_of(const std::vector<Found>& found) {
  Names ids;
  for (const Found& one : found) ids.push_back(one.id);
  return ids;
}

std::string meta(const Found& found, const std::string& name) {
  for (const auto& [its, value] : found.meta) {
    if (its == name) return value;
  }
  return "";
}

/// Gives the passage of `id` (its row) a vector, in the file and in `flat`.
void embed(Passages& passages, FlatVectors& flat, int64_t id, double degrees) {
  passages->put_vector("test", passages->passage(id)->hash, at_angle(degrees));
  flat.vectors[id] = at_angle(degrees);
}

}  // namespace

TEST_CASE("the lists of words and of vectors are fused by their ranks") {
  Passages passages;
  FlatVectors flat;
  passages.put("a", {"apples", "apples and pears", "pears", "plums"});
  passages.begin();
  for (int64_t id = 1; id <= 4; ++id) embed(passages, flat, id, 90 - 20.0 * static_cast<double>(id));
  passages.commit();
  const std::vector<float> query = at_angle(10);  // nearest to 4, then 3, 2, 1

  Query asked{.text = "apples", .top = 10, .mode = Mode::Words};
  CHECK(ids_of(search(*passages, nullptr, {}, asked)) == Names{"a#1", "a#2"});
  asked.mode = Mode::Vectors;
  CHECK(ids_of(search(*passages, &flat, query, asked)) == Names{"a#4", "a#3", "a#2", "a#1"});
  asked.mode = Mode::Hybrid;
  const std::vector<Found> found = search(*passages, &flat, query, asked);
  // 2: 1/62 + 1/63; 1: 1/61 + 1/64; 4: 1/61; 3: 1/62
  CHECK(ids_of(found) == Names{"a#1", "a#2", "a#4", "a#3"});
  CHECK(found[0].score == Approx(1.0 / 61 + 1.0 / 64));
  CHECK(found[1].score == Approx(1.0 / 62 + 1.0 / 63));
  CHECK(found[2].score == Approx(1.0 / 61));
  asked.word_weight = 0.1;
  CHECK(ids_of(search(*passages, &flat, query, asked))[0] == "a#2");
  asked.word_weight = 0;
  CHECK(ids_of(search(*passages, &flat, query, asked)) == Names{"a#4", "a#3", "a#2", "a#1"});
  asked.word_weight = asked.vector_weight = 1;
  CHECK(ids_of(search(*passages, nullptr, {}, asked)) == Names{"a#1", "a#2"});
  asked.top = 1;
  CHECK(ids_of(search(*passages, &flat, query, asked)) == Names{"a#1"});
  asked.top = 0;
  CHECK(search(*passages, &flat, query, asked).empty());
}

TEST_CASE("of equal scores the first passage comes first, and passages that are gone are left out") {
  Passages passages;
  FlatVectors flat;
  passages.put("b", {"same", "same"});
  passages.put("a", {"same", "same"});
  CHECK(ids_of(search(*passages, nullptr, {}, {.text = "same", .top = 9, .mode = Mode::Words})) ==
        Names{"b#1", "b#2", "a#1", "a#2"});
  for (int64_t id = 1; id <= 5; ++id) flat.vectors[id] = at_angle(0);
  CHECK(ids_of(search(*passages, &flat, at_angle(0), {.top = 9, .mode = Mode::Vectors})) ==
        Names{"b#1", "b#2", "a#1", "a#2"});
}

TEST_CASE("a filter that leaves few compares those, and one that leaves many looks further") {
  Passages passages;
  FlatVectors flat;
  passages.begin();
  for (int i = 0; i < 1000; ++i) {
    store::DocumentRow document = Passages::document("doc" + std::to_string(i));
    document.meta = {{"few", i % 100 == 0 ? "yes" : "no"},
                     {"half", i % 2 == 0 ? "yes" : "no"},
                     {"far", i >= 600 ? "yes" : "no"}};
    passages->put(document, Passages::rows(document.id, {"text number " + std::to_string(i)}));
    flat.vectors[i + 1] = at_angle(i * 0.08);
  }
  passages.commit();
  const auto first_ids = [&](const char* name, Mode mode) {
    Names ids = ids_of(search(*passages, &flat, at_angle(0),
                              {.text = "text", .top = 3, .mode = mode, .where = {{name, "yes"}}}));
    return ids;
  };
  CHECK(first_ids("few", Mode::Vectors) == Names{"doc0#1", "doc100#1", "doc200#1"});
  CHECK(flat.searches == 0);
  CHECK(flat.among == 1);
  CHECK(first_ids("half", Mode::Vectors) == Names{"doc0#1", "doc2#1", "doc4#1"});
  CHECK(flat.searches == 1);
  CHECK(flat.most < 200);
  // All that pass are far away.
  CHECK(first_ids("far", Mode::Vectors) == Names{"doc600#1", "doc601#1", "doc602#1"});
  CHECK(first_ids("few", Mode::Words) == Names{"doc0#1", "doc100#1", "doc200#1"});
  CHECK(first_ids("few", Mode::Hybrid) == Names{"doc0#1", "doc100#1", "doc200#1"});
  CHECK(search(*passages, &flat, at_angle(0), {.text = "text", .where = {{"few", "perhaps"}}}).empty());
}

TEST_CASE("diverse results are unlike each other, by vectors or by words") {
  Passages passages;
  FlatVectors flat;
  passages.put("a", {"red apples", "red apples fall", "red apples grow fast",
                     "apples in a cake of flour and sugar", "quite another thing"});
  SECTION("by vectors") {
    passages.begin();
    const double angles[] = {10, 11, 12, -20, 80};
    for (int64_t id = 1; id <= 5; ++id) embed(passages, flat, id, angles[id - 1]);
    passages.commit();
    Query asked{.text = "", .top = 3, .mode = Mode::Vectors};
    CHECK(ids_of(search(*passages, &flat, at_angle(0), asked)) == Names{"a#1", "a#2", "a#3"});
    asked.diversity = 0.001;
    CHECK(ids_of(search(*passages, &flat, at_angle(0), asked)) == Names{"a#1", "a#2", "a#3"});
    // Relevance from 1 to 0: 1, .996, .992, .94, 0; likeness to the first: .9998, .9994, .87, .34.
    asked.diversity = 0.5;
    CHECK(ids_of(search(*passages, &flat, at_angle(0), asked)) == Names{"a#1", "a#4", "a#2"});
  }
  SECTION("by words") {
    Query asked{.text = "red apples", .top = 2, .mode = Mode::Words};
    CHECK(ids_of(search(*passages, nullptr, {}, asked)) == Names{"a#1", "a#2"});
    asked.diversity = 1;
    CHECK(ids_of(search(*passages, nullptr, {}, asked)) == Names{"a#1", "a#4"});
  }
}

TEST_CASE("neighbours are joined, and no passage is given twice") {
  Passages passages;
  passages.put("a", {"zero", "one match", "two", "three match", "four", "five", "six match"});
  Query asked{.text = "match", .top = 9, .mode = Mode::Words, .neighbours = 1};
  const std::vector<Found> found = search(*passages, nullptr, {}, asked);
  REQUIRE(ids_of(found) == Names{"a#2", "a#4", "a#7"});
  CHECK(found[0].text == "zero\none match\ntwo");
  CHECK(found[0].source == "a:1");
  CHECK(found[1].text == "three match\nfour");
  CHECK(found[1].source == "a:4");
  CHECK(found[2].text == "five\nsix match");
  CHECK(meta(found[2], "line") == "6");
  asked.neighbours = 3;
  const std::vector<Found> wide = search(*passages, nullptr, {}, asked);
  REQUIRE(ids_of(wide) == Names{"a#2", "a#7"});
  CHECK(wide[0].text == "zero\none match\ntwo\nthree match\nfour");
  CHECK(wide[1].text == "five\nsix match");
  asked.top = 1;
  CHECK(search(*passages, nullptr, {}, asked).size() == 1);
}

TEST_CASE("a parent is the section, or the document if it has none") {
  Passages passages;
  passages.begin();
  auto rows = Passages::rows("a", {"intro", "b one", "b two match", "b three", "c one"});
  for (size_t i = 1; i <= 3; ++i) rows[i].headings = "B";
  rows[4].headings = "C";
  passages->put(Passages::document("a"), rows);
  passages->put(Passages::document("plain"), Passages::rows("plain", {"one", "two", "three other"}));
  std::vector<std::string> many(1000, "much");
  many[500] = "needle";
  passages->put(Passages::document("many"), Passages::rows("many", many));
  passages.commit();
  const auto text_of = [&](const char* query) {
    const auto found =
        search(*passages, nullptr, {}, {.text = query, .top = 5, .mode = Mode::Words, .parent = true});
    REQUIRE(found.size() == 1);
    return found[0];
  };
  CHECK(text_of("match").text == "b one\nb two match\nb three");
  CHECK(meta(text_of("match"), "heading") == "B");
  CHECK(text_of("intro").text == "intro");
  CHECK(text_of("other").text == "one\ntwo\nthree other");
  const Found found = text_of("needle");
  CHECK(std::ranges::count(found.text, '\n') == kMostJoined - 1);
  CHECK(found.text.find("needle") != std::string::npos);
}

TEST_CASE("texts are joined without what both have") {
  const auto joined = [](std::string text, uint64_t end, const store::PassageRow& next) {
    join(text, end, next);
    return text;
  };
  // Offsets and texts agree.
  CHECK(joined("one two three", 13, {.text = "three four", .begin = 8, .end = 18}) == "one two three four");
  // The text is not the source: markup is gone, or blanks at the seam.
  CHECK(joined("one two three", 30, {.text = "two three four", .begin = 10, .end = 50}) ==
        "one two three four");
  CHECK(joined("하나 둘 셋", 14, {.text = "셋 넷", .begin = 11, .end = 18}) == "하나 둘 셋 넷");
  // Without an overlap of the offsets equal words are no overlap.
  CHECK(joined("ha ha", 5, {.text = "ha ha", .begin = 5, .end = 10}) == "ha haha ha");
  CHECK(joined("ha ha", 5, {.text = "ha ha", .begin = 6, .end = 11}) == "ha ha\nha ha");
  CHECK(joined("ha ha", 5, {.text = "ha ha", .begin = 7, .end = 12}) == "ha ha\n\nha ha");
  // Offsets overlap, and nothing is shared.
  CHECK(joined("abc", 9, {.text = "xyz", .begin = 5, .end = 12}) == "abc\nxyz");
  CHECK(joined("", 0, {.text = "xyz", .begin = 5, .end = 8}) == "xyz");
  CHECK(joined("abc", 9, {.text = "", .begin = 5, .end = 12}) == "abc\n");
  CHECK(joined("aXaXa", 20, {.text = "aXaXaXb", .begin = 2, .end = 30}) == "aXaXaXb");
}

TEST_CASE("what was found says where it is from") {
  Passages passages;
  passages.begin();
  store::DocumentRow document{"p", "paper.pdf", "A Paper", "", "", {{"author", "Kim"}, {"title", "own"}}};
  auto rows = Passages::rows("p", {"apples"});
  rows[0].page = 3;
  rows[0].line = 0;
  passages->put(document, rows);
  document = {"q", "rows.jsonl", "A Row", "", "", {}};
  rows = Passages::rows("q", {"pears"});
  rows[0].line = 0;
  rows[0].headings = "X > Y";
  passages->put(document, rows);
  passages.commit();
  const auto one = [&](const char* query) {
    const auto found = search(*passages, nullptr, {}, {.text = query, .mode = Mode::Words});
    REQUIRE(found.size() == 1);
    return found[0];
  };
  CHECK(one("apples").source == "paper.pdf, page 3");
  using Meta = std::vector<std::pair<std::string, std::string>>;
  CHECK(one("apples").meta == Meta{{"author", "Kim"}, {"page", "3"}, {"title", "own"}});
  CHECK(one("pears").source == "rows.jsonl");
  CHECK(one("pears").meta == Meta{{"heading", "X > Y"}, {"title", "A Row"}});
}
