// An eval that has ended, for people and for machines.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/eval_summary.h"
#include "cli/eval_table.h"
#include "runtime/program/program.h"

namespace chain::cli {

/// A condition of `require`, of one column.
struct Requirement {
  std::string text;
  std::string place;  // "support.chain:40:11"
  bool holds = false;
  std::string left, right;      // JSON, of a comparison
  std::vector<uint64_t> cases;  // those that speak against it, the worst first
};

struct EvalColumnReport {
  const EvalColumn* column = nullptr;
  Summary summary;
  std::vector<Requirement> requirements;
  std::string requirements_error;        // why they could not be looked at; empty if they were
  std::vector<ScoreDifference> against;  // from the first column, or from the rows of `--against`
};

struct EvalReport {
  const program::Eval* eval = nullptr;
  std::string dataset;
  uint64_t cases = 0;
  uint64_t seed = 0;
  std::string rows;     // the file of rows
  std::string against;  // what the differences are from; empty if there are none
  std::string stopped;  // why not all cases were run; empty if all were
  std::vector<EvalColumnReport> columns;

  /// Whether all was answered, and all that is required holds.
  [[nodiscard]] bool passed() const;
};

/// A table for a terminal; not yet made safe for one.
[[nodiscard]] std::string eval_text(const EvalReport& report);
/// For a pull request.
[[nodiscard]] std::string eval_markdown(const EvalReport& report);
/// A test suite a column: a test for each requirement.
[[nodiscard]] std::string eval_junit(const EvalReport& report);
/// The beginning of a JSON object up to its rows, which `eval_json_end` closes.
[[nodiscard]] std::string eval_json(const EvalReport& report);

}  // namespace chain::cli
