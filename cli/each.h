// `chain run FILE --each rows.jsonl --out answers.jsonl`: a run for each row.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/session.h"
#include "cli/talk.h"
#include "runtime/program/program.h"

namespace chain::cli {

struct EachSettings {
  std::string rows;     // a file with a JSON object a line
  std::string out;      // gets a line for each row that is answered
  size_t at_once = 16;  // runs under way
};

/// What the rows have in common.
struct EachRun {
  std::shared_ptr<const program::Program> program;
  uint32_t chain = 0;
  std::vector<std::string> arguments;     // of `-a`: laid over each row
  const model::Prices* prices = nullptr;  // not null
  /// What the records of all rows have in common, if runs are written down.
  std::optional<store::RunRecord> record;
  store::Sources sources;
  bool content = true;
  Talk talk;
};

/// Runs the chain once for each row, and gives the exit code. Each answer is a line
/// {"row": 1, "of": "...", "run": "...", "result": ...} of `out`, in the order in which they come; `of` is a
/// hash of the row. A row that fails goes to `out` with `.failed` before its ending, as does
/// one whose run waits for a person; once that is answered, the same command takes its answer over. Rows that
/// `out` has answered already are passed over: the same command goes on where it stopped.
[[nodiscard]] int run_each(Session& session, const EachRun& run, const EachSettings& settings);

/// "answers.failed.jsonl" of "answers.jsonl".
[[nodiscard]] std::string failed_name(const std::string& out);

}  // namespace chain::cli
