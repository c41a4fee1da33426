#include "compiler/transform/evaluate.h"

#include <cmath>
#include <unordered_map>

#include "compiler/transform/evaluate_call.h"

namespace chain::transform {

using graph::Constant;
using graph::Module;
using graph::Node;
using graph::NodeId;
using graph::Op;
using graph::RegionId;
using program::TypeKind;

namespace {

using Result = std::optional<Constant>;

Result integer_arithmetic(Op op, int64_t a, int64_t b) {
  int64_t result = 0;
  switch (op) {
    case Op::Add: return __builtin_add_overflow(a, b, &result) ? Result() : result;
    case Op::Sub: return __builtin_sub_overflow(a, b, &result) ? Result() : result;
    case Op::Mul: return __builtin_mul_overflow(a, b, &result) ? Result() : result;
    case Op::Div: return b == 0 || (a == INT64_MIN && b == -1) ? Result() : Result(a / b);
    case Op::Mod: return b == 0 ? Result() : b == -1 ? Result(int64_t{0}) : Result(a % b);
    default: return {};
  }
}

Result float_arithmetic(Op op, double a, double b) {
  switch (op) {
    case Op::Add: return a + b;
    case Op::Sub: return a - b;
    case Op::Mul: return a * b;
    case Op::Div: return a / b;
    case Op::Mod: return std::fmod(a, b);
    default: return {};
  }
}

/// Two integers, two floats; a duration or an amount by a float is left to the run.
Result arithmetic(Op op, const Constant& a, const Constant& b) {
  if (a.index() != b.index()) return {};
  if (const auto* left = std::get_if<int64_t>(&a)) return integer_arithmetic(op, *left, std::get<int64_t>(b));
  if (const auto* left = std::get_if<double>(&a)) return float_arithmetic(op, *left, std::get<double>(b));
  return {};
}

Result negated(const Constant& value) {
  if (const auto* number = std::get_if<double>(&value)) return -*number;
  return integer_arithmetic(Op::Sub, 0, std::get<int64_t>(value));
}

Result joined(const Constant& a, const Constant& b) {
  const auto& left = std::get<std::string>(a);
  const auto& right = std::get<std::string>(b);
  if (left.size() + right.size() > kMaxFoldedText) return {};
  return left + right;
}

class PredicateEvaluation {
 public:
  PredicateEvaluation(const Module& module, const Constant& it) : module_(module), it_(it) {}

  Result region(RegionId id) {
    for (NodeId node : module_[id].nodes) {
      Result value = this->node(module_[node]);
      if (!value) return {};
      values_.emplace(node.index, std::move(*value));
    }
    const auto result = values_.find(module_[id].result.index);
    return result == values_.end() ? Result() : Result(result->second);
  }

 private:
  Result node(const Node& node) {
    if (node.op == Op::Param) return it_;
    if (node.op == Op::Constant) return node.constant;
    if (node.op == Op::If && node.regions.size() == 2) {
      return region(node.regions[std::get<bool>(values_.at(node.operands[0].index)) ? 0 : 1]);
    }
    if (!node.regions.empty()) return {};
    std::vector<Constant> operands;
    for (NodeId operand : node.operands) operands.push_back(values_.at(operand.index));
    return evaluate(module_, node, operands);
  }

  const Module& module_;
  const Constant& it_;
  std::unordered_map<uint32_t, Constant> values_;
};

}  // namespace

std::optional<Constant> evaluate(const Module& module, const Node& node, std::span<const Constant> operands) {
  switch (node.op) {
    case Op::Add:
    case Op::Sub:
    case Op::Mul:
    case Op::Div:
    case Op::Mod: return arithmetic(node.op, operands[0], operands[1]);
    case Op::Neg: return negated(operands[0]);
    case Op::ToFloat: return static_cast<double>(std::get<int64_t>(operands[0]));
    case Op::Equal: return operands[0] == operands[1];
    case Op::NotEqual: return operands[0] != operands[1];
    case Op::Less: return operands[0] < operands[1];
    case Op::LessEqual: return operands[0] <= operands[1];
    case Op::Not: return !std::get<bool>(operands[0]);
    case Op::Concat: return joined(operands[0], operands[1]);
    case Op::Retype: return operands[0];
    case Op::Library: return evaluate_call(module, node, operands);
    default: return {};
  }
}

std::optional<bool> evaluate_predicate(const Module& module, const graph::Predicate& predicate,
                                       const Constant& it) {
  const Result result = PredicateEvaluation(module, it).region(predicate.body);
  return result ? std::optional(std::get<bool>(*result)) : std::nullopt;
}

}  // namespace chain::transform
