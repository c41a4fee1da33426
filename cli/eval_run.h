// Running the cases of an eval: many at once on one scheduler, each answer scored and written down as it
// comes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/eval_cases.h"
#include "cli/eval_table.h"
#include "cli/line_file.h"
#include "cli/session.h"
#include "cli/talk.h"
#include "runtime/model/prices.h"
#include "runtime/program/program.h"

namespace chain::cli {

struct EvalSettings {
  uint32_t repeat = 1;
  size_t limit = SIZE_MAX;  // cases
  size_t at_once = 16;      // cases under way
  int64_t cost = -1;        // 1e-9 US dollars, of the whole eval; -1 for no bound
  uint64_t seed = 1;        // of `random`, and of bootstraps
  std::string rows;         // the file of rows
  bool resume = false;
};

struct EvalRun {
  std::shared_ptr<const program::Program> program;
  const program::Eval* eval = nullptr;
  uint32_t arm = 0;      // among the columns
  std::string identity;  // what besides the case an answer hangs on
  const EvalCases* cases = nullptr;
  const model::Prices* prices = nullptr;
  Talk talk;
};

enum class EvalEnd : uint8_t { Done, Interrupted, Budget, Broken };

/// Runs the cases of one column that `column` has no answer to, and puts what comes into it and into `rows`.
/// `spent` is what all columns have cost so far. Everything that is wrong is said on standard error.
[[nodiscard]] EvalEnd run_eval(Session& session, const EvalRun& run, const EvalSettings& settings,
                               EvalColumn& column, LineFile& rows, uint64_t& written, int64_t& spent);

/// Identifies the answer to a case: the case, and what it hangs on.
[[nodiscard]] std::string eval_hash(const std::string& identity, const std::string& line);

/// A line of the file of rows.
struct EvalRow {
  uint64_t number = 0;  // of the case, from 1
  uint32_t arm = 0;
  uint32_t repeat = 1;
  std::string of;  // `eval_hash`
  Outcome outcome;
  std::string scores;  // JSON; empty if it failed
};
[[nodiscard]] std::optional<EvalRow> read_eval_row(const std::string& line);

}  // namespace chain::cli
