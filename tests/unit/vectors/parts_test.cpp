// What indexes are made of: the best of many, blocks, centres, calibration.
#include <catch2/catch.hpp>
#include <set>

#include "runtime/vectors/blocks.h"
#include "runtime/vectors/calibrate.h"
#include "runtime/vectors/kmeans.h"
#include "tests/unit/vectors/clusters.h"

using namespace chain::vectors;
using chain::test::Clusters;

TEST_CASE("the best of many") {
  Best best(3);
  for (const Hit hit : {Hit{4, 0.5F}, Hit{9, 0.9F}, Hit{2, 0.5F}, Hit{7, 0.1F}, Hit{3, 0.5F}, Hit{1, 1.5F}})
    best.offer(hit);
  CHECK_FALSE(best.would_take(0.4F));
  const auto hits = best.take_all();
  REQUIRE(hits.size() == 3);
  CHECK((hits[0].id == 1 && hits[0].score == 1));
  CHECK(hits[1].id == 9);
  CHECK(hits[2].id == 2);
  Best none(0);
  none.offer({1, 1});
  CHECK(none.take_all().empty());
}

TEST_CASE("blocks give back what nobody needs") {
  constexpr size_t kWidth = size_t{1} << 17;  // two a block
  Blocks blocks(kWidth);
  for (int i = 0; i < 5; ++i) blocks.add()[0] = static_cast<float>(i);
  blocks.add()[7] = 1;
  blocks.drop_last();
  CHECK(blocks.add()[7] == 0);
  CHECK(blocks.count() == 6);
  CHECK(blocks.row(3)[0] == 3);
  blocks.give_back(2);
  CHECK(blocks.row(3)[0] == 3);
  blocks.give_back(3);
  CHECK(blocks.row(4)[0] == 4);
}

TEST_CASE("centres find clusters that are apart") {
  const Clusters clusters{.dimensions = 16, .latent = 8, .clusters = 6, .spread = 0.02};
  constexpr size_t kCount = 600;
  const std::vector<float> vectors = clusters.vectors(kCount);
  const View sample{vectors.data(), 16, 16, kCount};
  const Lines centres = centres_of(sample, 12, {});
  const View view{floats_of(centres), 16, 16, 12};
  std::vector<float> scores(12);
  double sum = 0;
  std::set<uint32_t> used;
  for (size_t i = 0; i < kCount; ++i) {
    const uint32_t cell = nearest_centre(sample.row(i), view, scores);
    used.insert(cell);
    sum += scores[cell];
  }
  CHECK(sum / kCount > 0.95);
  CHECK(used.size() >= 6);
  const Lines again = centres_of(sample, 12, {});
  CHECK(std::equal(floats_of(centres), floats_of(centres) + 12 * 16, floats_of(again)));
  CHECK(centres_of(sample, 12, [] { return true; }).empty());
  // As many centres as rows, of which some are equal.
  std::vector<float> same(16 * 4, 0.25F);
  CHECK(centres_of({same.data(), 16, 16, 4}, 4, {}).size() == 4);
}

TEST_CASE("calibration takes the least effort that is enough") {
  const std::vector<float> vectors = Clusters{.dimensions = 16, .clusters = 20}.vectors(500);
  const View rows{vectors.data(), 16, 16, 500};
  std::vector<int64_t> ids(500);
  for (size_t i = 0; i < 500; ++i) ids[i] = static_cast<int64_t>(i);
  // Looks at the first rows only, five for each effort; nearest ones are anywhere.
  Trial trial{.rows = rows,
              .ids = ids,
              .queries = {rows.first, 16, 16, 100},
              .queries_are_rows = true,
              .most = 100,
              .search = [&](const float* query, uint32_t effort, Best& best) {
                scan({rows.first, 16, 16, effort * 5}, ids, query, best);
              }};
  CHECK(calibrate(trial, {}) > 85);
  CHECK(calibrate(trial, {}) < 100);
  CHECK(calibrate(trial, [] { return true; }) == 0);
  trial.most = 20;
  CHECK(calibrate(trial, {}) == 20);
  trial.least = 20;
  CHECK(calibrate(trial, {}) == 20);
  trial.least = 3;
  trial.search = [&](const float* query, uint32_t, Best& best) { scan(rows, ids, query, best); };
  CHECK(calibrate(trial, {}) == 3);
  trial.queries = {};
  CHECK(calibrate(trial, {}) == 3);
}

TEST_CASE("rows evenly apart") {
  CHECK(rows_evenly(3, 10) == std::vector<uint32_t>{0, 3, 6});
  CHECK(rows_evenly(4, 4) == std::vector<uint32_t>{0, 1, 2, 3});
  CHECK(rows_evenly(0, 7).empty());
}

TEST_CASE("the kind is chosen by size") {
  CHECK(kind_for(0, 1) == Kind::Flat);
  CHECK(kind_for(20000, 768) == Kind::Flat);
  CHECK(kind_for(25000, 768) == Kind::Hnsw);
  CHECK(kind_for(100000, 128) == Kind::Flat);
  CHECK(kind_for(100000, 384) == Kind::Hnsw);
  CHECK(kind_for(5000, 1U << 20) == Kind::Flat);
  CHECK(kind_for(5001, 1U << 20) == Kind::Hnsw);
}
