// Numbers, durations, money, and comparison.
#include "compiler/codegen/function_emitter.h"

namespace chain::codegen {

using graph::Node;
using graph::Op;
using llvm::Value;
using llvm::Intrinsic::ID;

namespace {
constexpr const char* kOverflow = "integer overflow: the result does not fit in 64 bits";
constexpr const char* kByZero = "division by zero";
constexpr const char* kAmount = "the result is too large for a duration or an amount of money";
}  // namespace

Value* FunctionEmitter::arithmetic(const Node& node) {
  Value *left = value(node.operands[0]), *right = value(node.operands[1]);
  if (left->getType() == m_.i64 && right->getType() == m_.i64) return integer_arithmetic(node, left, right);
  if (left->getType() == m_.i64) return scale(node, left, right);  // an amount by a float
  if (right->getType() == m_.i64) return scale(node, right, left);
  switch (node.op) {
    case Op::Add: return b_.CreateFAdd(left, right);
    case Op::Sub: return b_.CreateFSub(left, right);
    case Op::Mul: return b_.CreateFMul(left, right);
    case Op::Div: return b_.CreateFDiv(left, right);
    default: return b_.CreateFRem(left, right);
  }
}

Value* FunctionEmitter::integer_arithmetic(const Node& node, Value* left, Value* right) {
  switch (node.op) {
    case Op::Add: return checked(llvm::Intrinsic::sadd_with_overflow, left, right, node);
    case Op::Sub: return checked(llvm::Intrinsic::ssub_with_overflow, left, right, node);
    case Op::Mul: return checked(llvm::Intrinsic::smul_with_overflow, left, right, node);
    default: return divide(node, left, right);
  }
}

Value* FunctionEmitter::checked(ID intrinsic, Value* left, Value* right, const Node& node) {
  Value* pair = b_.CreateBinaryIntrinsic(intrinsic, left, right);
  require(b_.CreateNot(b_.CreateExtractValue(pair, 1)), abi::ErrorKind::InvalidValue, kOverflow, node);
  return b_.CreateExtractValue(pair, 0);
}

Value* FunctionEmitter::divide(const Node& node, Value* left, Value* right) {
  require(b_.CreateICmpNE(right, b_.getInt64(0)), abi::ErrorKind::InvalidValue, kByZero, node);
  Value* by_minus_one = b_.CreateICmpEQ(right, b_.getInt64(-1));
  // INT64_MIN by -1 traps in hardware: divide by 1 instead and negate, which is checked.
  Value* divisor = b_.CreateSelect(by_minus_one, b_.getInt64(1), right);
  if (node.op == Op::Mod) return b_.CreateSRem(left, divisor);
  Value* quotient = b_.CreateSDiv(left, divisor);
  Value* overflows = b_.CreateAnd(by_minus_one, b_.CreateICmpEQ(left, b_.getInt64(INT64_MIN)));
  require(b_.CreateNot(overflows), abi::ErrorKind::InvalidValue, kOverflow, node);
  return b_.CreateSelect(by_minus_one, b_.CreateNeg(quotient), quotient);
}

Value* FunctionEmitter::scale(const Node& node, Value* amount, Value* factor) {
  Value* number = b_.CreateSIToFP(amount, m_.f64);
  Value* scaled = node.op == Op::Div ? b_.CreateFDiv(number, factor) : b_.CreateFMul(number, factor);
  Value* rounded = b_.CreateCall(m_.external("rint", m_.f64, {m_.f64}), {scaled});
  Value* limit = llvm::ConstantFP::get(m_.f64, 9223372036854774784.0);  // the largest double below 2^63
  Value* fits =
      b_.CreateAnd(b_.CreateFCmpOLE(rounded, limit), b_.CreateFCmpOGE(rounded, b_.CreateFNeg(limit)));
  require(fits, abi::ErrorKind::InvalidValue, kAmount, node);
  return b_.CreateFPToSI(rounded, m_.i64);
}

Value* FunctionEmitter::negate(const Node& node) {
  Value* operand = value(node.operands[0]);
  if (operand->getType() == m_.f64) return b_.CreateFNeg(operand);
  return checked(llvm::Intrinsic::ssub_with_overflow, b_.getInt64(0), operand, node);
}

Value* FunctionEmitter::equality(const Node& node) {
  Value *left = value(node.operands[0]), *right = value(node.operands[1]);
  const TypeId type = m_.graph[node.operands[0]].type;
  switch (m_.program.types.base_kind(type)) {
    case TypeKind::Bytes:
    case TypeKind::Media:
    case TypeKind::String: return b_.CreateCall(m_.text_equal(), {left, right});
    case TypeKind::Float: return b_.CreateFCmpOEQ(left, right);
    case TypeKind::Json:
    case TypeKind::Record:
    case TypeKind::Map:
    case TypeKind::List:
    case TypeKind::Optional:
    case TypeKind::Union:
      return b_.CreateCall(m_.equal(type), {context_, spill(left, type), spill(right, type)});
    default: return b_.CreateICmpEQ(left, right);
  }
}

Value* FunctionEmitter::order(const Node& node) {
  Value *left = value(node.operands[0]), *right = value(node.operands[1]);
  const bool or_equal = node.op == Op::LessEqual;
  if (m_.program.types.base_kind(m_.graph[node.operands[0]].type) == TypeKind::String) {
    Value* order = b_.CreateCall(m_.text_compare(), {left, right});
    return or_equal ? b_.CreateICmpSLE(order, b_.getInt32(0)) : b_.CreateICmpSLT(order, b_.getInt32(0));
  }
  if (left->getType() == m_.f64)
    return or_equal ? b_.CreateFCmpOLE(left, right) : b_.CreateFCmpOLT(left, right);
  return or_equal ? b_.CreateICmpSLE(left, right) : b_.CreateICmpSLT(left, right);
}

}  // namespace chain::codegen
