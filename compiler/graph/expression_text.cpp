#include "compiler/graph/expression_text.h"

#include "compiler/graph/names.h"
#include "runtime/library/library.h"

namespace chain::graph {

namespace {

constexpr int kDeepest = 4;

const char* sign(Op op) {
  switch (op) {
    case Op::Add: return " + ";
    case Op::Sub: return " - ";
    case Op::Mul: return " * ";
    case Op::Div: return " / ";
    case Op::Mod: return " mod ";
    case Op::Equal: return " == ";
    case Op::NotEqual: return " != ";
    case Op::Less: return " < ";
    case Op::LessEqual: return " <= ";
    case Op::Concat: return " + ";
    default: return nullptr;
  }
}

std::string text(const Module& module, NodeId id, int depth) {
  const Node& node = module[id];
  if (node.op == Op::Constant) return constant_text(module, node);
  if (!node.name.empty()) return node.name;
  const auto operand = [&](size_t i) { return text(module, node.operands[i], depth + 1); };
  if (depth >= kDeepest || node.operands.empty()) return std::string(op_text(node.op));
  if (const char* between = sign(node.op)) return operand(0) + between + operand(1);
  switch (node.op) {
    case Op::Not: return "not " + operand(0);
    case Op::Neg: return "-" + operand(0);
    case Op::IsSome: return operand(0) + " is there";
    case Op::Some:
    case Op::Variant:
    case Op::Narrow:
    case Op::Unwrap:
    case Op::Retype:
    case Op::ToFloat:
    case Op::Check:
    case Op::Trust: return operand(0);
    case Op::At:
    case Op::Lookup: return operand(0) + '[' + operand(1) + ']';
    case Op::Field:
      return operand(0) + '.' + module.types[module[node.operands[0]].type].fields[node.index].name;
    case Op::Prompt: return module.prompts[node.index].name;
    case Op::Chain: return module.chains[node.index].name;
    case Op::External: return module.externals[node.index].name;
    case Op::Invoke: return module.functions[node.index].name;
    case Op::Library: {
      std::string call = std::string(library::functions()[node.index].name) + '(';
      for (size_t i = 0; i < node.operands.size(); ++i) call += (i ? ", " : "") + operand(i);
      return call + ')';
    }
    default: return std::string(op_text(node.op));
  }
}

}  // namespace

std::string expression_text(const Module& module, NodeId id) {
  return text(module, id, 0);
}

}  // namespace chain::graph
