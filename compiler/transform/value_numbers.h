#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "compiler/graph/module.h"
#include "compiler/transform/schedule.h"

namespace chain::transform {

/// Gives nodes that compute the same value the same number: the same operation on operands with the same
/// numbers. What has an effect, or holds one, has a number of its own. (Value numbering by hashing, Cocke and
/// Schwartz 1970.) Equal numbers say something of two nodes only where both are in scope.
class ValueNumbers {
 public:
  /// Both outlive the object; `analysis` is of `module`.
  ValueNumbers(const graph::Module& module, const Analysis& analysis);

  /// Numbers `id`, and what its regions hold if it is pure. Its operands have been added.
  void add(graph::NodeId id) { numbers_[id.index] = number(id); }
  /// Makes `id` stand for the same value as `other`.
  void unite(graph::NodeId id, graph::NodeId other) { numbers_[id.index] = numbers_[other.index]; }
  /// The same for two calls if they ask the same of the same.
  [[nodiscard]] uint32_t of_call(const graph::Node& call) { return intern(key(call)); }

 private:
  uint32_t number(graph::NodeId id);
  uint32_t intern(const std::string& key);
  /// Of the operation, what it is given and its operands.
  std::string key(const graph::Node& node) const;
  void add_regions(const graph::Node& node, std::string& key);

  const graph::Module& module_;
  const Analysis& analysis_;
  std::vector<uint32_t> numbers_;  // by node
  std::unordered_map<std::string, uint32_t> known_;
  uint32_t next_ = 0;
  uint32_t depth_ = 0;  // pure regions around the node; 0 where a region has calls or is a body
};

}  // namespace chain::transform
