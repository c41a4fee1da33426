// Every figure of drift.json in tests/fixtures/metrics, and what it does not reach.
#include "runtime/metrics/drift.h"
#include "fixture.h"
#include "runtime/metrics/drift_vectors.h"

using namespace chain::metrics;
using nlohmann::json;

namespace {

using Values = std::vector<double>;

/// Whether `one` has a figure `name`, which then has to be `found`. Sums of other orders differ in the last
/// digits.
void compare(const json& one, const char* name, double found, size_t& compared) {
  if (!one.contains(name)) return;
  INFO(one["name"] << " " << name);
  CHECK(found == digits(one[name].get<double>(), 1e-11));
  ++compared;
}

void compare_shares(const json& one, const Shares& shares, size_t& compared) {
  compare(one, "psi", population_stability(shares), compared);
  compare(one, "kl", kullback_leibler(shares), compared);
  compare(one, "js_distance", jensen_shannon(shares), compared);
  compare(one, "hellinger", hellinger(shares), compared);
}

}  // namespace

TEST_CASE("drift as SciPy and Evidently have it") {
  const json all = fixture("drift.json");
  size_t compared = 0;
  for (const json& one : all["cases"]) {
    if (one["type"] == "numerical") {
      const auto reference = one["reference"].get<Values>(), current = one["current"].get<Values>();
      compare_shares(one, *shares_of_numbers(reference, current), compared);
      compare(one, "ks_stat", kolmogorov_smirnov(reference, current)->statistic, compared);
      compare(one, "ks_p", kolmogorov_smirnov(reference, current)->p, compared);
      compare(one, "wasserstein", *wasserstein(reference, current), compared);
      compare(one, "wasserstein_norm", *wasserstein_norm(reference, current), compared);
      compare(one, "mannwhitney_p", mann_whitney(reference, current)->p, compared);
      continue;
    }
    const auto reference = views(one["reference"]), current = views(one["current"]);
    compare_shares(one, *shares_of_labels(reference, current), compared);
    const auto test = chi_square(reference, current);
    CHECK(test.has_value() == one.contains("chisquare_p"));
    if (test) compare(one, "chisquare_p", test->p, compared);
    if (!one.contains("z_p")) continue;
    const auto hits = [](const auto& labels) { return static_cast<double>(std::ranges::count(labels, "a")); };
    const auto proportions = two_proportions(hits(reference), static_cast<double>(reference.size()),
                                             hits(current), static_cast<double>(current.size()));
    REQUIRE(proportions);
    compare(one, "z_p", proportions->p, compared);
  }
  CHECK(all["cases"].size() == 10);
  CHECK(compared == 7 * 8 + 3 * 4 + 2 + 1);
}

TEST_CASE("drift of vectors as scikit-learn and Evidently have it") {
  const json all = fixture("drift.json");
  REQUIRE(all["embeddings"].size() == 2);
  size_t compared = 0;
  for (const json& one : all["embeddings"]) {
    const auto found =
        vector_drift(one["reference"].get<std::vector<Values>>(), one["current"].get<std::vector<Values>>());
    REQUIRE(found);
    compare(one, "mmd2u", found->mmd, compared);
    compare(one, "mmd_reported", std::max(found->mmd, 0.0), compared);
    compare(one, "gamma", found->gamma, compared);
    compare(one, "centroid_euclidean", found->centroid_euclidean, compared);
    compare(one, "centroid_cosine", found->centroid_cosine, compared);
    compare(one, "ratio_drifted_components", found->drifted_components, compared);
  }
  CHECK(compared == 12);
}

TEST_CASE("the area under a curve") {
  const json all = fixture("drift.json");
  REQUIRE(all["roc_auc"].size() == 3);
  for (const json& one : all["roc_auc"]) {
    std::vector<bool> positive;
    for (const int y : one["y"]) positive.push_back(y == 1);
    CHECK(*roc_auc(positive, one["score"].get<Values>()) == digits(one["auc"].get<double>()));
  }
  CHECK_FALSE(roc_auc({true, true}, Values{1, 2}));
}

TEST_CASE("samples that cannot be compared") {
  const Values none, some = {1, 2, 3}, nan = {1, std::nan("")};
  CHECK_FALSE(shares_of_numbers(none, some));
  CHECK_FALSE(shares_of_numbers(some, nan));
  CHECK_FALSE(kolmogorov_smirnov(nan, some));
  CHECK_FALSE(mann_whitney(some, none));
  CHECK_FALSE(wasserstein_norm(none, none));
  CHECK_FALSE(two_proportions(5, 5, 3, 3));
  CHECK_FALSE(two_proportions(0, 0, 3, 5));
  const std::vector<Values> one = {{1, 2}}, two = {{1, 2}, {3, 4}}, other = {{1, 2, 3}, {3, 4, 5}};
  CHECK_FALSE(vector_drift(one, two));
  CHECK_FALSE(vector_drift(two, other));
  CHECK(vector_drift(two, two)->centroid_euclidean == 0);
}

TEST_CASE("small samples are tested exactly") {
  const Values a = {1, 2, 3}, b = {4, 5, 6};
  CHECK(mann_whitney(a, b)->p == Approx(0.1));  // 2 of 20 orders
  CHECK(mann_whitney(a, b)->statistic == 0);
  const Values many = {7, 8, 9, 10, 11};
  CHECK(kolmogorov_smirnov(a, many)->p == Approx(2.0 / 56));
  CHECK(kolmogorov_smirnov(a, b)->p == Approx(0.1));
}

TEST_CASE("large samples end soon") {
  Values a, b;
  for (int i = 0; i < 20'000; ++i) {
    a.push_back(i % 1000);
    b.push_back(i % 1000 + (i % 10 == 0 ? 50 : 0));
  }
  CHECK(kolmogorov_smirnov(a, b)->p == Approx(0.9639452436));  // 1 - K(0.5)
  CHECK(kolmogorov_smirnov(a, a)->p == 1);
  CHECK(*wasserstein(a, b) == Approx(5));
}
