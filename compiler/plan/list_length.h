// How long lists are at most. Internal to compiler/plan.
#pragma once

#include <optional>

#include "compiler/graph/module.h"
#include "compiler/plan/count.h"

namespace chain::plan {

class ListLengths {
 public:
  explicit ListLengths(const graph::Module& module) : module_(module) {}

  /// Of a value that is a list: what is written out is counted, what is filtered or cut is as long as what it
  /// was made of at most. Else a factor `len(...)`, bounded by a `where` on its type, field or parameter.
  [[nodiscard]] Count of(graph::NodeId list) const;

  /// A chain's count as a call of it has it: lengths of parameters become those of the arguments.
  [[nodiscard]] Count in_caller(const Count& count, const graph::Chain& callee,
                                const graph::Node& call) const;

 private:
  [[nodiscard]] Count of(graph::NodeId list, int depth) const;
  [[nodiscard]] Count of_library(const graph::Node& node, int depth) const;
  [[nodiscard]] std::optional<uint64_t> declared(graph::NodeId list) const;
  [[nodiscard]] std::optional<uint64_t> least(const std::vector<program::Constraint>& constraints) const;
  [[nodiscard]] std::optional<uint64_t> of_condition(graph::NodeId condition, int depth) const;

  const graph::Module& module_;
};

}  // namespace chain::plan
