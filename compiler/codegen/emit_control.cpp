// Branches and loops without effects, and what ends a chain or a test.
#include <algorithm>
#include <utility>

#include "compiler/codegen/function_emitter.h"

namespace chain::codegen {

using graph::Node;
using llvm::BasicBlock;
using llvm::Value;

bool FunctionEmitter::arm(RegionId region, TypeId type, Value* result) {
  emit_region(region);
  if (b_.GetInsertBlock()->getTerminator()) return false;
  const NodeId last = m_.graph[region].result;
  if (result && last.valid()) store(value(last), type, result);
  return true;
}

Value* FunctionEmitter::branch(const Node& node) {
  const bool has_value = m_.size_of(node.type) > 0;
  Value* result = has_value ? local_value(node.type) : nullptr;
  BasicBlock *then = block("then"), *otherwise = block("else"), *done = block("done");
  b_.CreateCondBr(value(node.operands[0]), then, otherwise);
  b_.SetInsertPoint(then);
  if (arm(node.regions[0], node.type, result)) b_.CreateBr(done);
  b_.SetInsertPoint(otherwise);
  if (node.regions.size() < 2 || arm(node.regions[1], node.type, result)) b_.CreateBr(done);
  b_.SetInsertPoint(done);
  return has_value ? load(node.type, result) : nullptr;
}

Value* FunctionEmitter::switch_over(const Node& node) {
  const bool has_value = m_.size_of(node.type) > 0;
  Value* result = has_value ? local_value(node.type) : nullptr;
  BasicBlock *done = block("done"), *nothing = block("no_case");
  Value* subject = value(node.operands[0]);
  auto* choice = b_.CreateSwitch(subject, nothing);
  for (size_t i = 0; i < node.regions.size(); ++i) {
    BasicBlock* body = block("case");
    if (node.cases[i].empty()) choice->setDefaultDest(body);
    for (int64_t label : node.cases[i]) {
      choice->addCase(llvm::ConstantInt::get(llvm::cast<llvm::IntegerType>(subject->getType()),
                                             static_cast<uint64_t>(label)),
                      body);
    }
    b_.SetInsertPoint(body);
    if (arm(node.regions[i], node.type, result)) b_.CreateBr(done);
  }
  b_.SetInsertPoint(nothing);
  if (choice->getDefaultDest() == nothing) {
    b_.CreateUnreachable();  // the checker has seen every case
  } else {
    nothing->eraseFromParent();
  }
  b_.SetInsertPoint(done);
  return has_value ? load(node.type, result) : nullptr;
}

FunctionEmitter::Loop FunctionEmitter::begin_loop(const Node& node) {
  Value* list = value(node.operands[0]);
  const TypeId element = m_.program.types[m_.graph[node.operands[0]].type].element;
  Value* data = b_.CreateLoad(m_.ptr, list);
  Loop loop = begin_iterations(b_.CreateLoad(m_.i64, at(list, 8)), node);
  Value* offset = b_.CreateMul(loop.counter, b_.getInt64(m_.program.types.stride(element)));
  loop.element = b_.CreateInBoundsGEP(m_.i8, data, offset);
  for (NodeId id : m_.graph[node.regions[0]].nodes) {
    const Node& parameter = m_.graph[id];
    if (parameter.op != graph::Op::Param || parameter.index > 1) continue;
    values_[id.index] = parameter.index == 0 ? load(parameter.type, loop.element) : loop.index;
  }
  return loop;
}

/// A loop that runs `size` times, and not for ever: its steps are counted.
FunctionEmitter::Loop FunctionEmitter::begin_iterations(Value* size, const Node& node) {
  Loop loop;
  loop.next = block("next");
  loop.done = block("done");
  BasicBlock *before = b_.GetInsertBlock(), *head = block("head"), *body = block("body");
  b_.CreateBr(head);
  b_.SetInsertPoint(head);
  loop.counter = b_.CreatePHI(m_.i64, 2);
  loop.counter->addIncoming(b_.getInt64(0), before);
  loop.index = loop.counter;
  b_.CreateCondBr(b_.CreateICmpULT(loop.counter, size), body, loop.done);
  b_.SetInsertPoint(body);
  Value* steps_at = at(context_, abi::kStepsOffset);
  Value* steps = b_.CreateSub(b_.CreateLoad(m_.i64, steps_at), b_.getInt64(1));
  b_.CreateStore(steps, steps_at);
  require(b_.CreateICmpSGE(steps, b_.getInt64(0)), abi::ErrorKind::Budget, abi::kTooManySteps, node);
  return loop;
}

/// Each iteration begins with the state that the one before has left in `state`.
Value* FunctionEmitter::ordered_loop(const Node& node) {
  Value* state = local(m_.ptr);
  b_.CreateStore(value(node.operands[1]), state);
  const TypeId source = m_.graph[node.operands[0]].type;
  const bool counted = m_.program.types[source].kind == TypeKind::Int;
  Loop loop;
  if (counted) {
    Value *often = value(node.operands[0]), *zero = b_.getInt64(0);
    loop = begin_iterations(b_.CreateSelect(b_.CreateICmpSGT(often, zero), often, zero), node);
  } else {
    loop = begin_loop(node);
  }
  for (NodeId id : m_.graph[node.regions[0]].nodes) {
    const Node& parameter = m_.graph[id];
    if (parameter.op != graph::Op::Param) continue;
    if (parameter.index == 2) values_[id.index] = b_.CreateLoad(m_.ptr, state);
    if (counted && parameter.index < 2) values_[id.index] = loop.index;
  }
  const program::Type& record = m_.program.types[node.type];
  breakable_.push_back({state, loop.done});
  const NodeId next = next_state(node.regions[0]);
  const NodeId outer = std::exchange(unmade_, next);
  emit_region(node.regions[0]);
  unmade_ = outer;
  breakable_.pop_back();
  if (!b_.GetInsertBlock()->getTerminator()) {
    b_.CreateStore(
        next.valid() ? overwritten(m_.graph[next], record) : value(m_.graph[node.regions[0]].result), state);
  }
  end_loop(loop);
  Value* last = allocate(b_.getInt64(record.record_size), node);
  copy(last, b_.CreateLoad(m_.ptr, state), record.record_size);
  return last;
}

/// The record that the region of a loop ends with, if nothing but the next iteration looks at it: it need not
/// be made anew in the arena each time round.
NodeId FunctionEmitter::next_state(RegionId region) const {
  const NodeId result = m_.graph[region].result;
  if (!result.valid() || m_.graph[result].op != graph::Op::Record) return {};
  if (!(m_.analysis.home[result.index] == region)) return {};
  for (NodeId id : m_.graph[region].nodes) {
    for (NodeId used : transform::uses_from(m_.graph, m_.analysis, id, region)) {
      if (used == result) return {};
    }
  }
  return result;
}

/// Memory of this function's own with the fields of `node`, which may themselves come from there.
Value* FunctionEmitter::overwritten(const Node& node, const program::Type& record) {
  llvm::Type* words = llvm::ArrayType::get(m_.i64, std::max<uint32_t>(1, (record.record_size + 7) / 8));
  Value *made = local(words), *kept = local(words);
  for (size_t i = 0; i < node.operands.size(); ++i) {
    store(value(node.operands[i]), record.fields[i].type, at(made, record.fields[i].offset));
  }
  copy(kept, made, record.record_size);
  return kept;
}

/// Out of a loop of this function's own, or of the one whose body this step belongs to.
void FunctionEmitter::leave_loop(const Node& node) {
  Value* state = value(node.operands[0]);
  if (!breakable_.empty()) {
    b_.CreateStore(state, breakable_.back().state);
    b_.CreateBr(breakable_.back().done);
    return;
  }
  b_.CreateStore(state, b_.CreateLoad(m_.ptr, frame_at(offsetof(abi::Frame, loop_result))));
  b_.CreateRet(b_.getInt32(abi::kBroke));
}

void FunctionEmitter::fail(const Node& node) {
  Value* message = value(node.operands[0]);
  auto error = [&](uint32_t offset) { return at(context_, offset); };
  b_.CreateStore(b_.getInt8(static_cast<uint8_t>(abi::ErrorKind::Failed)), error(abi::kErrorKindOffset));
  b_.CreateStore(site(node), error(abi::kErrorSiteOffset));
  copy(error(abi::kErrorMessageOffset), message, sizeof(value::Text));
  b_.CreateBr(failed());
}

void FunctionEmitter::end_loop(const Loop& loop) {
  if (!b_.GetInsertBlock()->getTerminator()) b_.CreateBr(loop.next);
  b_.SetInsertPoint(loop.next);
  loop.counter->addIncoming(b_.CreateAdd(loop.counter, b_.getInt64(1)), loop.next);
  b_.CreateBr(loop.counter->getParent());
  b_.SetInsertPoint(loop.done);
}

Value* FunctionEmitter::loop(const Node& node) {
  const graph::Region& body = m_.graph[node.regions[0]];
  const bool has_value = m_.program.types[node.type].kind == TypeKind::List;
  Value *result = nullptr, *data = nullptr;
  TypeId element;
  if (has_value) {
    element = m_.program.types[node.type].element;
    result = local(m_.text_type);
    Value* size = b_.CreateLoad(m_.i64, at(value(node.operands[0]), 8));
    data = allocate(b_.CreateMul(size, b_.getInt64(m_.program.types.stride(element))), node);
    b_.CreateStore(data, result);
    b_.CreateStore(size, at(result, 8));
  }
  const Loop loop = begin_loop(node);
  emit_region(node.regions[0]);
  if (has_value && !b_.GetInsertBlock()->getTerminator()) {
    Value* offset = b_.CreateMul(loop.index, b_.getInt64(m_.program.types.stride(element)));
    store(value(body.result), element, b_.CreateInBoundsGEP(m_.i8, data, offset));
  }
  end_loop(loop);
  return result;
}

Value* FunctionEmitter::filter(const Node& node) {
  const TypeId element = m_.program.types[node.type].element;
  const uint64_t stride = m_.program.types.stride(element);
  Value* result = local(m_.text_type);
  Value* size = b_.CreateLoad(m_.i64, at(value(node.operands[0]), 8));
  Value* data = allocate(b_.CreateMul(size, b_.getInt64(stride)), node);
  b_.CreateStore(data, result);
  b_.CreateStore(b_.getInt64(0), at(result, 8));
  const Loop loop = begin_loop(node);
  emit_region(node.regions[0]);
  BasicBlock* keep = block("keep");
  b_.CreateCondBr(value(m_.graph[node.regions[0]].result), keep, loop.next);
  b_.SetInsertPoint(keep);
  Value* kept = b_.CreateLoad(m_.i64, at(result, 8));
  Value* to = b_.CreateInBoundsGEP(m_.i8, data, b_.CreateMul(kept, b_.getInt64(stride)));
  store(load(element, loop.element), element, to);
  b_.CreateStore(b_.CreateAdd(kept, b_.getInt64(1)), at(result, 8));
  end_loop(loop);
  return result;
}

/// The arguments stand on the stack; so does what the function gives.
Value* FunctionEmitter::invoke(const Node& node) {
  const graph::Function& callee = m_.graph.functions[node.index];
  Value* arguments = spilled_arguments(node, callee.parameters);
  Value* result = local_value(node.type);
  auto enter = m_.external("chain_rt_enter", m_.i32, {m_.ptr, m_.i32});
  require_ok(b_.CreateCall(enter, {context_, site(node)}));
  Value* depth_at = at(context_, abi::kDepthOffset);
  Value* before = nullptr;
  if (callee.depth >= 0) {
    before = b_.CreateLoad(m_.i64, depth_at);
    Value* own = b_.getInt64(static_cast<uint64_t>(callee.depth));
    Value* left = b_.CreateSelect(b_.CreateICmpSLT(before, own), before, own);
    const auto [message, added] = m_.depth_messages.try_emplace(node.index);
    if (added) message->second = "calls of `" + callee.name + "` go deeper than its `within` allows";
    require(b_.CreateICmpSGT(left, b_.getInt64(0)), abi::ErrorKind::Budget, message->second.c_str(), node);
    b_.CreateStore(b_.CreateSub(left, b_.getInt64(1)), depth_at);
  }
  Value* status = b_.CreateCall(m_.functions[node.index], {context_, result, arguments});
  if (before) b_.CreateStore(before, depth_at);  // however it ended: a `try` may go on
  require_ok(status);
  return load(node.type, result);
}

void FunctionEmitter::return_from_function(const Node& node) {
  store(value(node.operands[0]), m_.graph[node.operands[0]].type, returns_to_);
  b_.CreateRet(b_.getInt32(abi::kOk));
}

void FunctionEmitter::return_from_chain(const Node& node) {
  if (!node.operands.empty()) {
    Value* to = b_.CreateLoad(m_.ptr, frame_at(offsetof(abi::Frame, chain_result)));
    store(value(node.operands[0]), m_.graph[node.operands[0]].type, to);
  }
  b_.CreateRet(b_.getInt32(abi::kReturned));
}

void FunctionEmitter::given(const Node& node) {
  const TypeId type = m_.graph[node.operands[0]].type;
  auto callee = m_.external("chain_rt_given", m_.i32, {m_.ptr, m_.i32, m_.i32, m_.ptr});
  require_ok(b_.CreateCall(
      callee, {context_, b_.getInt32(node.index), b_.getInt32(type.index), address_of(node.operands[0])}));
}

void FunctionEmitter::expect(const Node& node) {
  Value* holds = b_.CreateZExt(value(node.operands[0]), m_.i32);
  Value* nothing = llvm::ConstantPointerNull::get(llvm::PointerType::get(m_.context, 0));
  const bool compared = node.operands.size() == 3;
  auto callee = m_.external("chain_rt_expect", m_.i32, {m_.ptr, m_.i32, m_.i32, m_.ptr, m_.ptr});
  require_ok(b_.CreateCall(
      callee, {context_, b_.getInt32(node.index), holds, compared ? address_of(node.operands[1]) : nothing,
               compared ? address_of(node.operands[2]) : nothing}));
}

}  // namespace chain::codegen
