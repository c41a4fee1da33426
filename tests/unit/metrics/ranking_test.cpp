// The corners of the measures that trec_eval's own figures do not reach.
#include "runtime/metrics/ranking.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

using namespace chain::metrics;

TEST_CASE("nothing found, nothing asked, nothing judged") {
  CHECK(evaluate({}, {}).all.average_precision == 0);
  CHECK(evaluate({}, {}).all.at.size() == 4);
  CHECK(evaluate({{"q", {{"a", 1}}}}, {}).queries.empty());

  const Evaluation unanswered = evaluate({{"q", {}}}, {{"q", {{"a", 1}}}});
  CHECK(unanswered.queries.at("q").set_precision == 0);
  CHECK(unanswered.all.relevant == 1);

  // A query of which nothing is relevant counts, with 0.
  const Evaluation half =
      evaluate({{"p", {{"a", 1}}}, {"q", {{"a", 1}}}}, {{"p", {{"a", 1}}}, {"q", {{"a", 0}}}});
  CHECK(half.all.average_precision == 0.5);
  CHECK(half.all.ndcg == 0.5);
}

TEST_CASE("queries of which the run knows nothing") {
  const Run run = {{"q1", {{"a", 1}}}};
  const Judgements judgements = {{"q1", {{"a", 1}}}, {"q2", {{"b", 1}}}};
  CHECK(evaluate(run, judgements).all.reciprocal_rank == 1);
  const Evaluation complete = evaluate(run, judgements, {.complete = true});
  CHECK(complete.all.reciprocal_rank == 0.5);
  CHECK(complete.all.relevant == 2);
  CHECK(complete.queries.size() == 1);
}

TEST_CASE("scores decide, then names, backwards") {
  const Judgements judgements = {{"q", {{"a", 1}}}};
  CHECK(evaluate({{"q", {{"a", 1}, {"b", 1}}}}, judgements).all.reciprocal_rank == 0.5);
  CHECK(evaluate({{"q", {{"b", 1}, {"a", 2}}}}, judgements).all.reciprocal_rank == 1);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(evaluate({{"q", {{"a", nan}, {"b", -5}, {"c", nan}}}}, judgements).all.reciprocal_rank ==
        Approx(1.0 / 3));
}

TEST_CASE("a document that stands twice counts once") {
  const Evaluation result = evaluate({{"q", {{"a", 3}, {"a", 2}, {"b", 1}}}}, {{"q", {{"a", 1}, {"b", 1}}}});
  CHECK(result.all.average_precision == 1);
  CHECK(result.all.ndcg == Approx(1));
  CHECK(result.all.set_precision == 1);
}

TEST_CASE("what was looked at and not judged is neither") {
  const Evaluation result =
      evaluate({{"q", {{"x", 4}, {"a", 3}, {"b", 2}}}}, {{"q", {{"x", -1}, {"a", 1}, {"n", 0}}}});
  CHECK(result.all.bpref == 1);
  CHECK(result.all.reciprocal_rank == 0.5);
  CHECK(result.all.relevant == 1);
}

TEST_CASE("cuts beyond what was found, and none") {
  const Evaluation result = evaluate({{"q", {{"a", 1}}}}, {{"q", {{"a", 1}}}}, {.cuts = {100, 0}});
  REQUIRE(result.all.at.size() == 2);
  CHECK(result.all.at[0].precision == 0.01);
  CHECK(result.all.at[0].recall == 1);
  CHECK(result.all.at[1].precision == 0);
  CHECK(result.all.at[1].ndcg == 0);
}

TEST_CASE("coverage") {
  const Run run = {{"p", {{"a", 3}, {"b", 2}, {"c", 1}}}, {"q", {{"a", 2}, {"d", 1}}}, {"r", {{"e", 1}}}};
  const Judgements judgements = {{"p", {{"a", 1}, {"c", 1}, {"b", 0}}}, {"q", {{"z", 2}, {"d", -1}}}};

  const Coverage two = coverage(run, judgements, 2, 10);
  CHECK(two.documents == Approx(0.4));     // a, b, d, e of ten
  CHECK(two.relevant == Approx(1.0 / 3));  // a of a, c, z
  CHECK(two.judged == Approx(2.0 / 4));    // a and b for p, none for q; r has no judgements
  const Coverage three = coverage(run, judgements, 3, 10);
  CHECK(three.documents == Approx(0.5));
  CHECK(three.relevant == Approx(2.0 / 3));
  CHECK(coverage(run, judgements, 3, 10, 2).relevant == 0);
  CHECK(coverage({}, {}, 10, 0).documents == 0);
}
