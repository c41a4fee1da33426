// What the answers of a column come to.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/eval_table.h"
#include "runtime/metrics/classes.h"
#include "runtime/metrics/intervals.h"

namespace chain::cli {

/// Of numbers: the least, the greatest, and those that so many of a hundred are not above.
struct Spread {
  size_t count = 0;
  double mean = 0, sum = 0, min = 0, max = 0, p50 = 0, p90 = 0, p95 = 0, p99 = 0;
  metrics::Interval interval;  // 95% of the mean
};

struct GroupFigure {
  std::string label;
  size_t count = 0;
  double mean = 0;
};

struct ScoreSummary {
  Spread spread;
  /// Of bools, over the repeats of a case: the share of cases with one that holds, and with all.
  double any = 0, all = 0;
  double gap = 0;  // between the best and the worst group, the greatest of all `by:`
  std::vector<std::vector<GroupFigure>> groups;    // by `by:`, in the order of labels
  std::optional<metrics::Classification> classes;  // Exact
  double agreement = 1;                            // Judge: Krippendorff's alpha of the judges
  std::optional<metrics::WinRate> wins;            // Pairwise
  double flips = 0;                                // Pairwise: the share that the order decided
};

struct Summary {
  size_t cases = 0;  // that have answers, or failed
  size_t answers = 0, failed = 0;
  std::vector<ScoreSummary> scores;
  Spread cost;     // US dollars
  Spread latency;  // seconds
};

/// `seed` decides the resamples of bootstraps.
[[nodiscard]] Summary summarize(const EvalColumn& column, uint64_t seed);

/// The arguments of the chain that holds what is required against the figures.
[[nodiscard]] std::string requirement_arguments(const program::Eval& eval, const Summary& summary);

/// One score of two columns of the same cases.
struct ScoreDifference {
  size_t score = 0;
  size_t cases = 0;  // that both have
  metrics::PairedDifference paired;
  uint64_t only_before = 0, only_now = 0;  // bools: how many cases hold in one of them alone
  double p = 1;                            // McNemar's for bools, else the bootstrap's
  std::vector<uint64_t> worse;             // cases, the greatest loss first; ten at most
};

[[nodiscard]] std::vector<ScoreDifference> compare(const EvalColumn& before, const EvalColumn& now,
                                                   uint64_t seed);

/// The cases in which a score is lowest, `most` at most, and none that are as good as can be; where low is
/// good, those in which it is highest.
[[nodiscard]] std::vector<std::pair<uint64_t, double>> worst_cases(const EvalColumn& column, size_t score,
                                                                   size_t most, bool low_is_good = false);

}  // namespace chain::cli
