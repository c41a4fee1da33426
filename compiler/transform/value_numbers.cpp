#include "compiler/transform/value_numbers.h"

#include <cstring>

namespace chain::transform {

using graph::Module;
using graph::Node;
using graph::NodeId;
using graph::Op;
using graph::RegionId;

namespace {

void append(std::string& key, uint64_t word) {
  key.append(reinterpret_cast<const char*>(&word), sizeof word);
}

void append(std::string& key, const graph::Constant& constant) {
  append(key, constant.index());
  std::visit(
      [&](const auto& value) {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>) {
          append(key, value.size());
          key += value;
        } else {
          uint64_t bits = 0;
          std::memcpy(&bits, &value, sizeof value);
          append(key, bits);
        }
      },
      constant);
}

/// Whether equal operands make the value equal. What is not listed has a number of its own.
bool is_function_of_operands(Op op) {
  switch (op) {
    case Op::Trust:  // each is written to the audit log
    case Op::Secret:
    case Op::Return:
    case Op::Fail:
    case Op::Given:
    case Op::Expect: return false;
    default: return true;
  }
}

}  // namespace

ValueNumbers::ValueNumbers(const Module& module, const Analysis& analysis)
    : module_(module), analysis_(analysis), numbers_(module.nodes.size()) {}

uint32_t ValueNumbers::intern(const std::string& key) {
  const auto [found, added] = known_.try_emplace(key, next_);
  next_ += added;
  return found->second;
}

std::string ValueNumbers::key(const Node& node) const {
  std::string key;
  append(key, static_cast<uint64_t>(node.op) << 32 | node.type.index);
  append(key, uint64_t{node.index} << 32 | node.model);
  append(key, static_cast<uint64_t>(node.cache));
  append(key, node.similar);
  append(key, node.operands.size());
  for (const NodeId operand : node.operands) append(key, numbers_[operand.index]);
  return key;
}

uint32_t ValueNumbers::number(NodeId id) {
  const Node& node = module_[id];
  const bool pure = !analysis_.effectful[id.index] && is_function_of_operands(node.op);
  // A parameter of a pure region is known by how deep the region is: what encloses it is the same for
  // any two that are compared. Elsewhere each is its own.
  if (!pure || (node.op == Op::Param && depth_ == 0)) return next_++;
  std::string text = key(node);
  if (node.op == Op::Constant) append(text, node.constant);
  if (node.op == Op::Param) append(text, depth_);
  if (!node.regions.empty()) add_regions(node, text);
  return intern(text);
}

void ValueNumbers::add_regions(const Node& node, std::string& key) {
  ++depth_;
  for (const std::vector<int64_t>& values : node.cases) {
    append(key, values.size());
    for (const int64_t value : values) append(key, static_cast<uint64_t>(value));
  }
  append(key, node.regions.size());
  for (const RegionId region : node.regions) {
    for (const NodeId inner : module_[region].nodes) {
      add(inner);
      const Op op = module_[inner].op;
      if (op != Op::Constant && op != Op::Param) append(key, numbers_[inner.index]);
    }
    append(key, UINT64_MAX);
    const NodeId result = module_[region].result;
    append(key, result.valid() ? numbers_[result.index] : UINT64_MAX);
  }
  --depth_;
}

}  // namespace chain::transform
