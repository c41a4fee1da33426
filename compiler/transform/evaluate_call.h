#pragma once

#include <optional>
#include <span>

#include "compiler/graph/module.h"

namespace chain::transform {

/// Calls the library function of a Library node whose operands and result are scalars, by the very code that
/// a run would call. Nothing if it fails, gives a long text, or works on more than scalars.
[[nodiscard]] std::optional<graph::Constant> evaluate_call(const graph::Module& module,
                                                           const graph::Node& node,
                                                           std::span<const graph::Constant> operands);

}  // namespace chain::transform
