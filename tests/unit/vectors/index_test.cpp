// All kinds against brute force in double precision.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <thread>

#include "runtime/vectors/vector_index.h"
#include "tests/unit/vectors/clusters.h"

using namespace chain::vectors;
using chain::test::Clusters;
using chain::test::vector_at;

namespace {

constexpr size_t kCount = 4000, kQueries = 100, kDimensions = 40;
const Clusters kData{.dimensions = kDimensions, .clusters = 100, .spread = 1};
constexpr Kind kKinds[] = {Kind::Flat, Kind::Ivf, Kind::Hnsw};

/// Row `i` has the id 3 * i - 1000.
int64_t id_of(size_t row) {
  return static_cast<int64_t>(3 * row) - 1000;
}

std::unique_ptr<VectorIndex> built(const Settings& settings, const std::vector<float>& vectors,
                                   bool backwards = false) {
  const size_t count = vectors.size() / kDimensions;
  const auto builder = make_builder(kDimensions, settings, count);
  for (size_t i = 0; i < count; ++i) {
    const size_t row = backwards ? count - 1 - i : i;
    builder->add(id_of(row), vector_at(vectors, row, kDimensions));
  }
  return builder->build();
}

const VectorIndex& sample_index(Kind kind) {
  static std::map<Kind, std::unique_ptr<VectorIndex>> indexes;
  auto& index = indexes[kind];
  if (!index) index = built({.kind = kind}, kData.vectors(kCount));
  return *index;
}

std::vector<int64_t> exact(const std::vector<float>& vectors, std::span<const float> query, size_t top) {
  std::vector<std::pair<double, int64_t>> scores;
  for (size_t row = 0; row < vectors.size() / kDimensions; ++row) {
    double sum = 0;
    for (size_t i = 0; i < kDimensions; ++i) sum += double{vectors[row * kDimensions + i]} * query[i];
    scores.emplace_back(-sum, id_of(row));
  }
  std::sort(scores.begin(), scores.end());
  std::vector<int64_t> ids;
  for (size_t i = 0; i < top; ++i) ids.push_back(scores[i].second);
  return ids;
}

std::vector<int64_t> ids_of(const std::vector<Hit>& hits) {
  std::vector<int64_t> ids;
  for (const Hit& hit : hits) ids.push_back(hit.id);
  return ids;
}

void check_order(const std::vector<Hit>& hits) {
  CHECK(std::is_sorted(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) {
    return a.score != b.score ? a.score > b.score : a.id < b.id;
  }));
}

std::unique_ptr<VectorIndex> small(Kind kind,
                                   const std::vector<std::pair<int64_t, std::vector<float>>>& vectors) {
  const auto builder = make_builder(3, {.kind = kind}, 0);
  for (const auto& [id, vector] : vectors) builder->add(id, vector);
  return builder->build();
}

}  // namespace

TEST_CASE("what each kind finds of what there is") {
  const std::vector<float> vectors = kData.vectors(kCount), queries = kData.vectors(kQueries, 1);
  for (const Kind kind : kKinds) {
    const VectorIndex& index = sample_index(kind);
    CHECK(index.kind() == kind);
    CHECK(index.size() == kCount);
    CHECK(index.dimensions() == kDimensions);
    CHECK(index.bytes() > kCount * kDimensions * sizeof(float));
    for (const size_t top : {size_t{1}, size_t{10}, size_t{50}}) {
      size_t found = 0;
      for (size_t i = 0; i < kQueries; ++i) {
        const auto query = vector_at(queries, i, kDimensions);
        const std::vector<Hit> hits = index.search(query, top);
        REQUIRE(hits.size() == top);
        check_order(hits);
        const auto expected = exact(vectors, query, top);
        for (const Hit& hit : hits) found += std::count(expected.begin(), expected.end(), hit.id) > 0 ? 1 : 0;
      }
      INFO("kind " << static_cast<int>(kind) << ", effort " << index.effort() << ", top " << top);
      const double recall = static_cast<double>(found) / static_cast<double>(kQueries * top);
      CHECK(recall >= (kind == Kind::Flat ? 0.999 : 0.93));
    }
  }
}

TEST_CASE("scores are cosines, whatever the lengths") {
  for (const Kind kind : kKinds) {
    const auto index =
        small(kind, {{7, {2, 0, 0}}, {8, {0, 0.5F, 0}}, {9, {-3, 0, 0}}, {4, {1e30F, 1e30F, 0}}});
    const auto hits = index->search(std::vector<float>{10, 0, 0}, 10);
    CHECK(ids_of(hits) == std::vector<int64_t>{7, 4, 8, 9});
    CHECK(hits[0].score == 1);
    CHECK(hits[1].score == Approx(std::sqrt(0.5)));
    CHECK(hits[2].score == 0);
    CHECK(hits[3].score == -1);
  }
}

TEST_CASE("of equal scores the lower id") {
  for (const Kind kind : kKinds) {
    const auto index =
        small(kind, {{5, {1, 1, 0}}, {-2, {2, 2, 0}}, {9, {1, 1, 0}}, {3, {3, 3, 0}}, {4, {0, 0, 1}}});
    CHECK(ids_of(index->search(std::vector<float>{1, 1, 0}, 3)) == std::vector<int64_t>{-2, 3, 5});
  }
}

TEST_CASE("vectors without a direction come last") {
  const float nan = std::numeric_limits<float>::quiet_NaN(),
              infinite = std::numeric_limits<float>::infinity();
  for (const Kind kind : kKinds) {
    const auto index = small(
        kind, {{1, {0, 0, 0}}, {2, {-1, 0, 0}}, {3, {nan, 1, 1}}, {4, {infinite, 0, 0}}, {5, {1, 0, 0}}});
    CHECK(index->size() == 5);
    const auto hits = index->search(std::vector<float>{1, 0, 0}, 10);
    CHECK(ids_of(hits) == std::vector<int64_t>{5, 2, 1, 3, 4});
    CHECK(hits.back().score == -1);
    CHECK(index->search(std::vector<float>{1, 0, 0}, 3).size() == 3);
    const std::vector<int64_t> among = {1, 2, 4};
    CHECK(ids_of(index->search_among(std::vector<float>{1, 0, 0}, 10, among)) ==
          std::vector<int64_t>{2, 1, 4});

    const auto zero = index->search(std::vector<float>{0, 0, 0}, 3);
    CHECK(ids_of(zero) == std::vector<int64_t>{2, 5, 1});
    CHECK(zero[0].score == 0);
    CHECK(ids_of(index->search_among(std::vector<float>{nan, 0, 0}, 1, among)) == std::vector<int64_t>{2});
  }
}

TEST_CASE("nothing to find, nothing to ask") {
  for (const Kind kind : kKinds) {
    const auto empty = small(kind, {});
    REQUIRE(empty);
    CHECK(empty->size() == 0);
    CHECK(empty->search(std::vector<float>{1, 0, 0}, 5).empty());
    CHECK(empty->search_among(std::vector<float>{1, 0, 0}, 5, std::vector<int64_t>{1}).empty());
    const auto one = small(kind, {{1, {1, 2, 3}}});
    CHECK(one->search(std::vector<float>{1, 0, 0}, 0).empty());
    CHECK(one->search(std::vector<float>{1, 0}, 5).empty());
    CHECK(one->search({}, 5).empty());
    CHECK(one->search(std::vector<float>{1, 0, 0}, 1000).size() == 1);
    CHECK(one->search_among(std::vector<float>{1, 0, 0}, 5, {}).empty());
    const auto zeros = small(kind, {{1, {0, 0, 0}}});
    CHECK(zeros->search(std::vector<float>{1, 0, 0}, 5).size() == 1);
  }
}

TEST_CASE("the last vector of an id counts, and other dimensions do not") {
  for (const Kind kind : kKinds) {
    const auto index = small(kind, {{1, {1, 0, 0}},
                                    {2, {0, 0, 0}},
                                    {1, {0, 1, 0}},
                                    {2, {1, 0, 0}},
                                    {3, {1, 0, 0, 0}},
                                    {4, {1, 1, 0}},
                                    {4, {0, 0, 0}}});
    CHECK(index->size() == 3);
    CHECK(ids_of(index->search(std::vector<float>{1, 0, 0}, 5)) == std::vector<int64_t>{2, 1, 4});
  }
}

TEST_CASE("search among some is exact") {
  const std::vector<float> vectors = kData.vectors(kCount), queries = kData.vectors(20, 2);
  std::vector<int64_t> among;
  std::vector<float> theirs;
  for (size_t row = 0; row < kCount; row += 1 + row % 83) {
    among.push_back(id_of(row));
    among.push_back(id_of(row) + 1);  // which nobody has
    const auto vector = vector_at(vectors, row, kDimensions);
    theirs.insert(theirs.end(), vector.begin(), vector.end());
  }
  const auto reference = make_builder(kDimensions, {.kind = Kind::Flat}, 0);
  for (size_t i = 0; i < among.size(); i += 2)
    reference->add(among[i], vector_at(theirs, i / 2, kDimensions));
  const auto only_them = reference->build();
  for (const Kind kind : kKinds)
    for (size_t i = 0; i < 20; ++i) {
      const auto query = vector_at(queries, i, kDimensions);
      const auto expected = only_them->search(query, 10),
                 found = sample_index(kind).search_among(query, 10, among);
      CHECK(ids_of(found) == ids_of(expected));
      CHECK(found[0].score == expected[0].score);
    }
}

TEST_CASE("ids at both ends of what there is, and twice") {
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min(), kMost = std::numeric_limits<int64_t>::max();
  for (const Kind kind : kKinds) {
    const auto index = small(kind, {{kLeast, {1, 0, 0}}, {0, {0, 1, 0}}, {kMost, {0, 0, 1}}});
    const std::vector<int64_t> among = {kLeast, kLeast, -1, 0, 0, 1, kMost - 1, kMost, kMost};
    CHECK(ids_of(index->search_among(std::vector<float>{1, 2, 3}, 9, among)) ==
          std::vector<int64_t>{kMost, 0, kLeast});
    CHECK(ids_of(index->search_among(std::vector<float>{1, 2, 3}, 9, std::vector<int64_t>{kMost})) ==
          std::vector<int64_t>{kMost});
  }
}

TEST_CASE("a build can be stopped at any time") {
  const std::vector<float> vectors = kData.vectors(1000);
  for (const Kind kind : kKinds) {
    int asked = 0;
    const auto builder = [&] {
      auto fresh = make_builder(kDimensions, {.kind = kind}, 0);
      for (size_t i = 0; i < 1000; ++i) fresh->add(id_of(i), vector_at(vectors, i, kDimensions));
      return fresh;
    };
    REQUIRE(builder()->build([&] { return ++asked < 0; }));
    CHECK(asked > 0);
    for (const int at : {1, asked / 2, asked}) {
      int left = std::max(at, 1);
      CHECK_FALSE(builder()->build([&] { return --left == 0; }));
    }
  }
}

TEST_CASE("settings that make no sense are held to what does") {
  const std::vector<float> vectors = kData.vectors(300);
  const Settings settings[] = {{.kind = Kind::Ivf, .lists = 1000000, .probes = 1000000},
                               {.kind = Kind::Ivf, .lists = 1, .probes = 1},
                               {.kind = Kind::Hnsw, .m = 0, .ef_construction = 0, .ef = 1},
                               {.kind = Kind::Hnsw, .m = 1000000, .ef_construction = 1, .ef = 1000000}};
  for (const Settings& one : settings) {
    const auto index = built(one, vectors);
    REQUIRE(index);
    CHECK(index->search(vector_at(vectors, 7, kDimensions), 300).size() == 300);
    CHECK(index->effort() > 0);
  }
}

TEST_CASE("more effort finds more") {
  const std::vector<float> vectors = kData.vectors(kCount), queries = kData.vectors(kQueries, 1);
  for (const Kind kind : {Kind::Ivf, Kind::Hnsw}) {
    const auto index = built({.kind = kind}, vectors);
    const auto found_with = [&](uint32_t effort) {
      index->set_effort(effort);
      size_t found = 0;
      for (size_t i = 0; i < kQueries; ++i) {
        const auto query = vector_at(queries, i, kDimensions);
        const auto expected = exact(vectors, query, 10);
        for (const Hit& hit : index->search(query, 10))
          found += std::count(expected.begin(), expected.end(), hit.id) > 0 ? 1 : 0;
      }
      return found;
    };
    CHECK(found_with(1) < found_with(40));
    CHECK(found_with(1000) >= kQueries * 10 - 5);
  }
}

TEST_CASE("few vectors are all compared, if nothing else is said") {
  CHECK(built({}, kData.vectors(500))->kind() == Kind::Flat);
}

TEST_CASE("several threads search at once") {
  const std::vector<float> queries = kData.vectors(kQueries, 1);
  for (const Kind kind : kKinds) {
    const VectorIndex& index = sample_index(kind);
    std::vector<std::vector<int64_t>> expected;
    for (size_t i = 0; i < kQueries; ++i)
      expected.push_back(ids_of(index.search(vector_at(queries, i, kDimensions), 5)));
    std::atomic<int> wrong = 0;
    std::vector<std::jthread> threads;
    for (int t = 0; t < 3; ++t)
      threads.emplace_back([&] {
        for (size_t i = 0; i < kQueries; ++i)
          if (ids_of(index.search(vector_at(queries, i, kDimensions), 5)) != expected[i]) ++wrong;
      });
    threads.clear();
    CHECK(wrong == 0);
  }
}
