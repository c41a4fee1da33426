// What the passes, the printers and the validator ask about nodes and regions.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "compiler/graph/module.h"

namespace chain::graph {

/// `Node::index` of a Loop that goes on until a condition holds: its state says where that was.
inline constexpr uint32_t kSearches = 1;

/// `Node::index` of an If that is the `where` of a `for` which runs in order: it chooses the elements.
inline constexpr uint32_t kSelects = 1;

inline constexpr size_t kOpCount = 0
#define OP(name, text, doc) +1
#include "compiler/graph/ops.def"
#undef OP
    ;

/// Whether the node itself does something that a reader of its value would not see: calls a model or a
/// chain, returns, appends to a render, or belongs to a test. Says nothing of its regions.
[[nodiscard]] bool has_effect(Op op);
/// Adds to the text of the render around it.
[[nodiscard]] inline bool writes_text(Op op) {
  return op == Op::Emit || op == Op::Include;
}

/// Whether the node itself can end the run with an error. Running out of the run's memory does not count.
[[nodiscard]] bool may_fail(const Module& module, const Node& node);

/// Whether control never leaves the region at its end, because each way through it meets a `return`.
[[nodiscard]] bool always_returns(const Module& module, RegionId region);

/// Whether every value of the subject's type has a region: all cases of an enum, or a default.
[[nodiscard]] bool is_exhaustive(const Module& module, const Node& switch_node);

/// Calls `visit` for each region that belongs to no node: bodies of chains, messages, templates,
/// functions, tools' arguments and predicates.
void for_each_body(const Module& module, const std::function<void(RegionId)>& visit);

/// By chain, whether it is the body of a `test`.
[[nodiscard]] std::vector<bool> test_chains(const Module& module);

/// By chain, those that call it; one that calls it twice stands there twice.
[[nodiscard]] std::vector<std::vector<uint32_t>> callers(const Module& module);

/// Calls `visit` for each node of the region and of the regions inside it, in the order of their text.
void for_each_node(const Module& module, RegionId region, const std::function<void(NodeId)>& visit);

}  // namespace chain::graph
