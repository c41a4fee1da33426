// The columns of an eval.
#pragma once

#include <cstdint>
#include <memory>

#include "runtime/program/program.h"

namespace chain::cli {

/// The program of column `arm`: in what answers, calls of any of its `instead` lead to its `target`. Scores
/// ask whom they ask in `program`. The native code is shared.
[[nodiscard]] std::shared_ptr<const program::Program> program_of_arm(
    const std::shared_ptr<const program::Program>& program, const program::Eval& eval, uint32_t arm);

}  // namespace chain::cli
