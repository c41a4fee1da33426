// An eval as one HTML page, which needs nothing else: figures, and answers to look through.
#pragma once

#include <string>
#include <string_view>

#include "cli/eval_report.h"

namespace chain::cli {

/// The page up to its rows; these, joined by ",\n"; and the rest. Nothing in an answer can leave the data.
[[nodiscard]] std::string page_begin(const EvalReport& report);
/// `row` is a line of the file of rows, `case_json` the case that it answers.
[[nodiscard]] std::string page_row(std::string_view row, std::string_view case_json);
[[nodiscard]] std::string page_end();

}  // namespace chain::cli
