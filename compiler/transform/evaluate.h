#pragma once

#include <optional>
#include <span>

#include "compiler/graph/module.h"

namespace chain::transform {

/// Texts that are made at compile time have at most this many bytes: a chain of `x + x` must not fill the
/// memory.
inline constexpr size_t kMaxFoldedText = 4096;

/// What `node` gives for these operands, which are in its order. Nothing if it is not known at compile time:
/// its op works on more than scalars, the result is a long text, or it would fail, which is left to the run.
[[nodiscard]] std::optional<graph::Constant> evaluate(const graph::Module& module, const graph::Node& node,
                                                      std::span<const graph::Constant> operands);

/// The same for a `where`, with `it` as its parameter.
[[nodiscard]] std::optional<bool> evaluate_predicate(const graph::Module& module,
                                                     const graph::Predicate& predicate,
                                                     const graph::Constant& it);

}  // namespace chain::transform
