// `judge(...)` and `pairwise(...)`: scores that a model gives.
#pragma once

#include <vector>

#include "compiler/sema/body.h"
#include "runtime/program/program.h"

namespace chain::sema {

/// The score, a float from 0 to 1: the mean of what the judges say, or how the first text does against the
/// second (1 better, 0.5 a tie, 0 worse). `more` gets the votes and the reasons, lists in the order of the
/// calls. Poisoned after a report.
[[nodiscard]] Value judged(Context& context, uint32_t unit, BodyChecker& body, const syntax::CallExpr& call,
                           program::ScoreKind kind, std::vector<Value>& more);

}  // namespace chain::sema
