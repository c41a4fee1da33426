// Every figure of eval_stats.json in tests/fixtures/metrics, and the corners that it does not reach.
#include "fixture.h"
#include "runtime/metrics/agreement.h"
#include "runtime/metrics/classes.h"
#include "runtime/metrics/intervals.h"
#include "runtime/metrics/ranking.h"

using namespace chain::metrics;
using nlohmann::json;

TEST_CASE("pass@k and pass^k") {
  const json all = fixture("eval_stats.json");
  REQUIRE(all["pass_at_k"].size() == 7);
  for (const json& one : all["pass_at_k"]) {
    const uint64_t n = one["n"], c = one["c"], k = one["k"];
    CHECK(pass_at_k(n, c, k) == digits(one["pass_at_k"].get<double>()));
    CHECK(pass_hat_k(n, c, k) == digits(one["pass_hat_k"].get<double>()));
  }
  CHECK(pass_at_k(0, 0, 1) == 0);
  CHECK(pass_at_k(3, 1, 9) == 1);  // all three
  CHECK(pass_hat_k(3, 3, 9) == 1);
  CHECK(pass_hat_k(1'000'000'000'000, 1, 1) == Approx(1e-12));
}

TEST_CASE("Wilson's interval") {
  const json all = fixture("eval_stats.json");
  REQUIRE(all["wilson95"].size() == 4);
  for (const json& one : all["wilson95"]) {
    const Interval found = wilson(one["s"], one["n"]);
    CHECK(found.low == digits(one["lo"].get<double>()));
    CHECK(found.high == digits(one["hi"].get<double>()));
  }
  CHECK(wilson(0, 0).low == 0);
  CHECK(wilson(0, 0).high == 1);
  CHECK(wilson(5, 10, 0.5).high < wilson(5, 10, 0.99).high);
}

TEST_CASE("McNemar's exact test") {
  const json all = fixture("eval_stats.json");
  REQUIRE(all["mcnemar_exact"].size() == 4);
  for (const json& one : all["mcnemar_exact"])
    CHECK(mcnemar_exact(one["b"], one["c"]) == digits(one["p"].get<double>()));
  CHECK(mcnemar_exact(0, 0) == 1);
  // Of many, as the normal distribution with continuity has it.
  const double z = (1000.0 - 1) / std::sqrt(1'001'000.0);
  CHECK(mcnemar_exact(500'000, 501'000) == Approx(std::erfc(z / std::sqrt(2))).epsilon(1e-4));
  CHECK(mcnemar_exact(1, 1'000'000) == Approx(0).margin(1e-300));
  // Both ways of adding up agree where one takes over.
  CHECK(mcnemar_exact(480, 519) == Approx(mcnemar_exact(480, 520)).epsilon(0.1));
}

TEST_CASE("means and their errors") {
  const json all = fixture("eval_stats.json");
  REQUIRE(all["stderr"].size() == 2);
  for (const json& one : all["stderr"]) {
    const auto values = one["values"].get<std::vector<double>>();
    CHECK(mean(values).mean == digits(one["mean"].get<double>()));
    CHECK(mean(values).standard_error == digits(one["stderr"].get<double>()));
  }
  CHECK(mean({}).standard_error == 0);
}

TEST_CASE("Krippendorff's alpha") {
  const json all = fixture("eval_stats.json");
  REQUIRE(all["krippendorff"].size() == 6);
  for (const json& one : all["krippendorff"]) {
    const std::string name = one["level"];
    const Level level = name == "nominal"   ? Level::Nominal
                        : name == "ordinal" ? Level::Ordinal
                                            : Level::Interval;
    const auto found = krippendorff_alpha(one["units"].get<std::vector<std::vector<double>>>(), level);
    REQUIRE(found);
    CHECK(*found == digits(one["alpha"].get<double>()));
  }
  const std::vector<std::vector<double>> agreed = {{1, 1}, {1, 1}}, single = {{1}, {2}},
                                         endless = {{1, std::nan("")}};
  CHECK_FALSE(krippendorff_alpha(agreed));
  CHECK_FALSE(krippendorff_alpha(single));
  CHECK_FALSE(krippendorff_alpha(endless));
  CHECK_FALSE(krippendorff_alpha({}));
}

TEST_CASE("Cohen's kappa") {
  const json all = fixture("eval_stats.json");
  REQUIRE(all["cohen_kappa"].size() == 1);
  for (const json& one : all["cohen_kappa"]) {
    std::vector<std::string_view> a, b;
    for (const int label : one["a"]) a.push_back(label == 1 ? "yes" : "no");
    for (const int label : one["b"]) b.push_back(label == 1 ? "yes" : "no");
    const auto found = cohen_kappa(a, b);
    REQUIRE(found);
    CHECK(*found == digits(one["kappa"].get<double>()));
  }
  const std::vector<std::string_view> same = {"x", "x"};
  CHECK_FALSE(cohen_kappa(same, same));
  CHECK_FALSE(cohen_kappa({}, {}));
}

TEST_CASE("context precision as RAGAS has it") {
  const json all = fixture("eval_stats.json");
  REQUIRE(all["context_precision_ragas"].size() == 4);
  for (const json& one : all["context_precision_ragas"]) {
    std::vector<bool> verdicts;
    for (const int verdict : one["verdicts"]) verdicts.push_back(verdict == 1);
    CHECK(context_precision(verdicts) == digits(one["score"].get<double>()));
  }
}

TEST_CASE("a seeded bootstrap") {
  std::vector<double> values(100);
  for (size_t i = 0; i < values.size(); ++i) values[i] = i < 70 ? 1 : 0;
  const Interval found = bootstrap(values, {.seed = 7});
  CHECK(found.low == bootstrap(values, {.seed = 7}).low);
  CHECK(found.low == Approx(0.61).margin(0.03));  // 0.7 -+ 1.96 * 0.0458
  CHECK(found.high == Approx(0.79).margin(0.03));
  CHECK(bootstrap({}).high == 0);
  const std::vector<double> one = {0.5};
  CHECK(bootstrap(one).low == 0.5);
  CHECK(bootstrap(one).high == 0.5);
}

TEST_CASE("differences of pairs") {
  std::vector<double> before(200), better(200), noisy(200);
  for (size_t i = 0; i < before.size(); ++i) {
    before[i] = static_cast<double>(i % 2);
    better[i] = i % 4 == 0 ? 1 : before[i];
    noisy[i] = i < 4 ? 1 - before[i] : before[i];
  }
  const PairedDifference real = paired_bootstrap(before, better);
  CHECK(real.difference == Approx(0.25));
  CHECK(real.beyond_noise);
  CHECK(real.p < 0.01);
  CHECK(real.interval.low > 0.15);
  const PairedDifference none = paired_bootstrap(before, noisy);
  CHECK(none.difference == Approx(0).margin(1e-12));
  CHECK_FALSE(none.beyond_noise);
  CHECK(none.p > 0.5);
  CHECK(paired_bootstrap(before, before).p == 1);
  CHECK(paired_bootstrap({}, {}).p == 1);
}

TEST_CASE("who wins") {
  const WinRate found = win_rate(9, 2, 1);
  CHECK(found.rate == Approx(10.0 / 12));
  CHECK(found.p == digits(0.021484375));
  CHECK(found.interval.low > 0.5);
  CHECK(win_rate(0, 0, 0).rate == 0);
  CHECK(win_rate(0, 5, 0).p == 1);
}

TEST_CASE("quantiles of the normal distribution") {
  CHECK(normal_quantile(0.975) == digits(1.959963984540054));
  CHECK(normal_quantile(0.5) == Approx(0).margin(1e-15));
  CHECK(normal_quantile(1e-10) == digits(-6.361340902404056, 1e-12));
  CHECK(std::isinf(normal_quantile(0)));
  CHECK(std::isinf(normal_quantile(1)));
}

TEST_CASE("classes that are told apart") {
  ClassCounts counts;
  counts.declare("never");
  for (const auto& [expected, answered] : std::vector<std::pair<std::string, std::string>>{
           {"cat", "cat"}, {"cat", "cat"}, {"cat", "dog"}, {"dog", "dog"}, {"dog", "cat"}, {"ox", "cat"}})
    counts.add(expected, answered);
  const Classification found = counts.result();
  REQUIRE(found.confusion.names == std::vector<std::string>{"cat", "dog", "never", "ox"});
  CHECK(found.confusion.count(0, 0) == 2);
  CHECK(found.confusion.count(0, 1) == 1);
  CHECK(found.confusion.count(3, 0) == 1);
  CHECK(found.confusion.count(3, 3) == 0);
  CHECK(found.accuracy == Approx(0.5));
  CHECK(found.classes[0].precision == Approx(0.5));
  CHECK(found.classes[0].recall == Approx(2.0 / 3));
  CHECK(found.classes[0].f1 == Approx(4.0 / 7));
  CHECK(found.classes[1].f1 == Approx(0.5));
  CHECK(found.classes[3].recall == 0);
  CHECK(found.macro.f1 == Approx((4.0 / 7 + 0.5 + 0) / 3));  // "never" does not count
  CHECK(found.weighted.recall == Approx(0.5));
  CHECK(found.micro.f1 == Approx(0.5));
  CHECK(ClassCounts().result().accuracy == 0);
}
