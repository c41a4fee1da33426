// A run told as a story: what a model thought, what it called, what came of it, what it decided, and what
// that cost.
#pragma once

#include <string>
#include <vector>

#include "runtime/store/records.h"

namespace chain::cli {

/// The steps in the order in which they began; those inside of an agent that another one calls are set in.
/// Fit for a terminal.
[[nodiscard]] std::string story_of(const store::RunRecord& run, const std::vector<store::StepRecord>& steps);

}  // namespace chain::cli
