// The value that `baseline` gives, as JSON: inputs and labelled examples in, a value of the result type out.
#pragma once

#include <vector>

#include "runtime/model/baseline_evidence.h"
#include "runtime/program/program.h"

namespace chain::model::baseline {

/// A value of `prompt.result` with fields and enum cases as models see them (by alias if there is one).
[[nodiscard]] Json answer(const program::Program& program, const program::Prompt& prompt, const Json& inputs,
                          std::vector<Shown> examples);

}  // namespace chain::model::baseline
