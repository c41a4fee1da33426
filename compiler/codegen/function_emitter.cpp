#include "compiler/codegen/function_emitter.h"

#include <cassert>

namespace chain::codegen {

using graph::Node;
using graph::Op;
using llvm::BasicBlock;
using llvm::Value;

FunctionEmitter::FunctionEmitter(ModuleEmitter& m, llvm::Function* function, RegionId home)
    : m_(m),
      function_(function),
      home_(home),
      failure_(abi::kFailed),
      b_(m.context),
      entry_(m.context),
      context_(function->getArg(1)),
      frame_(function->getArg(0)) {
  frames_.emplace(home.index, frame_);
  begin();
}

FunctionEmitter::FunctionEmitter(ModuleEmitter& m, llvm::Function* function, Value* context, Value* arguments,
                                 std::optional<TypeId> parameters, uint32_t failure)
    : m_(m),
      function_(function),
      failure_(failure),
      b_(m.context),
      entry_(m.context),
      context_(context),
      arguments_(arguments),
      parameters_(parameters) {
  begin();
}

void FunctionEmitter::begin() {
  auto* entry = BasicBlock::Create(m_.context, "entry", function_);
  auto* body = BasicBlock::Create(m_.context, "body", function_);
  entry_.SetInsertPoint(llvm::BranchInst::Create(body, entry));
  b_.SetInsertPoint(body);
}

void FunctionEmitter::emit_all(const std::vector<NodeId>& nodes) {
  for (NodeId id : nodes) {
    emit(id);
    if (b_.GetInsertBlock()->getTerminator()) return;  // a `return`: nothing follows
    const uint32_t slot = m_.slots[id.index];
    if (slot != kNoSlot && values_.contains(id.index))
      store(values_.at(id.index), m_.graph[id].type, frame_at(slot));
  }
}

void FunctionEmitter::emit_region(RegionId region) {
  for (NodeId id : m_.graph[region].nodes) {
    const Op op = m_.graph[id].op;
    if (op != Op::Param && op != Op::Constant && id != unmade_) emit(id);
    if (b_.GetInsertBlock()->getTerminator()) return;
  }
}

void FunctionEmitter::emit_function(Value* result, RegionId region) {
  returns_to_ = result;
  emit_region(region);
}

void FunctionEmitter::emit(NodeId id) {
  if (Value* made = emit_node(m_.graph[id])) values_[id.index] = made;
}

Value* FunctionEmitter::emit_node(const Node& node) {
  switch (node.op) {
    case Op::Add:
    case Op::Sub:
    case Op::Mul:
    case Op::Div:
    case Op::Mod: return arithmetic(node);
    case Op::Neg: return negate(node);
    case Op::ToFloat: return b_.CreateSIToFP(value(node.operands[0]), m_.f64);
    case Op::Equal: return equality(node);
    case Op::NotEqual: return b_.CreateNot(equality(node));
    case Op::Less:
    case Op::LessEqual: return order(node);
    case Op::Not: return b_.CreateNot(value(node.operands[0]));
    case Op::Concat: return concat(node);
    case Op::Record: return record(node);
    case Op::Field: return field(node);
    case Op::List: return list(node);
    case Op::Map: return map(node);
    case Op::At: return element_at(node);
    case Op::Lookup: return lookup(node);
    case Op::Some: return some(node);
    case Op::None: return none(node);
    case Op::IsSome: return is_some(node);
    case Op::Unwrap: return load(node.type, value(node.operands[0]));
    case Op::Retype:
    case Op::Trust: return value(node.operands[0]);
    case Op::Variant: return variant(node);
    case Op::Which: return which(node);
    case Op::Narrow: return load(node.type, value(node.operands[0]));
    case Op::Check: return check(node);
    case Op::Library: return library(node);
    case Op::Invoke: return invoke(node);
    case Op::Render: return render(node);
    case Op::Emit: emit_text(node); return nullptr;
    case Op::Include: include(node); return nullptr;
    case Op::If: return branch(node);
    case Op::Switch: return switch_over(node);
    case Op::For: return loop(node);
    case Op::Filter: return filter(node);
    case Op::Loop: return ordered_loop(node);
    case Op::Append: return append(node);
    case Op::Break: leave_loop(node); return nullptr;
    case Op::Fail: fail(node); return nullptr;
    case Op::Return: returns_to_ ? return_from_function(node) : return_from_chain(node); return nullptr;
    case Op::Given: given(node); return nullptr;
    case Op::Expect: expect(node); return nullptr;
    case Op::Constant:
    case Op::Param:
    case Op::Prompt:
    case Op::Chain:
    case Op::Try:
    case Op::Race:
    case Op::Sample:
    case Op::External: break;
    case Op::Secret: return secret(node);
    case Op::History: return history(node);
  }
  assert(false && "not pure code");
  return nullptr;
}

Value* FunctionEmitter::value(NodeId id) {
  if (auto found = values_.find(id.index); found != values_.end()) return found->second;
  const Node& node = m_.graph[id];
  if (node.op == Op::Constant) return constant(node);
  Value* loaded = node.op == Op::Param ? parameter(id, node) : from_frame(id, node);
  values_[id.index] = loaded;
  return loaded;
}

// What comes from frames and arguments is loaded in the entry block, so that it holds everywhere: it
// was there before the function began.

Value* FunctionEmitter::parameter(NodeId id, const Node& node) {
  auto field_of = [&](TypeId record) { return m_.program.types[record].fields[node.index].offset; };
  auto early = [&](Value* base, uint64_t offset) {
    return load_in(entry_, node.type, entry_.CreateConstInBoundsGEP1_64(m_.i8, base, offset));
  };
  if (arguments_) return early(arguments_, parameters_ ? field_of(*parameters_) : 0);

  const RegionId region = m_.analysis.home[id.index];
  Value* frame = frame_of(region);
  auto head = [&](llvm::Type* type, uint64_t offset) {
    return entry_.CreateLoad(type, entry_.CreateConstInBoundsGEP1_64(m_.i8, frame, offset));
  };
  const bool in_loop = m_.graph[region].owner.valid();
  if (in_loop && node.index == 1) return head(m_.i64, offsetof(abi::Frame, index));
  if (in_loop && node.index == 2) return head(m_.ptr, offsetof(abi::Frame, state));
  Value* input = head(m_.ptr, offsetof(abi::Frame, input));
  return early(input, in_loop ? 0 : field_of(m_.parameters.at(region.index)));
}

Value* FunctionEmitter::from_frame(NodeId id, const Node& node) {
  const uint32_t slot = m_.slots[id.index];
  assert(slot != kNoSlot && "used in a function where it is not known");
  Value* frame = frame_of(m_.analysis.home[id.index]);
  return load_in(entry_, node.type, entry_.CreateConstInBoundsGEP1_64(m_.i8, frame, slot));
}

Value* FunctionEmitter::frame_of(RegionId region) {
  if (auto found = frames_.find(region.index); found != frames_.end()) return found->second;
  // Climb from the innermost frame; each step is one load of `parent`.
  RegionId at = home_;
  Value* frame = frame_;
  while (!(at == region)) {
    const RegionId outer = m_.analysis.parent[at.index];
    assert(outer.valid());
    auto [known, added] = frames_.try_emplace(outer.index, nullptr);
    if (added) known->second = entry_.CreateLoad(m_.ptr, frame);
    frame = known->second;
    at = outer;
  }
  return frame;
}

Value* FunctionEmitter::load(TypeId type, Value* address) {
  return load_in(b_, type, address);
}

Value* FunctionEmitter::load_in(llvm::IRBuilder<>& b, TypeId type, Value* address) {
  if (m_.by_address(type)) return address;
  llvm::Type* in_register = m_.register_type(type);
  if (in_register == m_.i1) return b.CreateICmpNE(b.CreateLoad(m_.i8, address), b.getInt8(0));
  return b.CreateLoad(in_register, address);
}

void FunctionEmitter::store(Value* value, TypeId type, Value* address) {
  if (m_.by_address(type)) {
    copy(address, value, m_.size_of(type));
  } else if (value->getType() == m_.i1) {
    b_.CreateStore(b_.CreateZExt(value, m_.i8), address);
  } else if (!value->getType()->isVoidTy()) {
    b_.CreateStore(value, address);
  }
}

void FunctionEmitter::copy(Value* to, Value* from, uint64_t bytes) {
  uint64_t offset = 0;
  for (; offset + 8 <= bytes; offset += 8)
    b_.CreateAlignedStore(b_.CreateAlignedLoad(m_.i64, at(from, offset), llvm::Align(1)), at(to, offset),
                          llvm::Align(1));
  for (; offset < bytes; ++offset) b_.CreateStore(b_.CreateLoad(m_.i8, at(from, offset)), at(to, offset));
}

Value* FunctionEmitter::at(Value* base, uint64_t offset) {
  return offset == 0 ? base : b_.CreateConstInBoundsGEP1_64(m_.i8, base, offset);
}

Value* FunctionEmitter::frame_at(uint64_t offset) {
  return at(frame_, offset);
}

Value* FunctionEmitter::result_address() {
  return b_.CreateLoad(m_.ptr, frame_at(offsetof(abi::Frame, result)));
}

Value* FunctionEmitter::local(llvm::Type* type) {
  return entry_.CreateAlloca(type);
}

Value* FunctionEmitter::spill(Value* value, TypeId type) {
  if (m_.by_address(type)) return value;
  Value* memory = local_value(type);
  store(value, type, memory);
  return memory;
}

Value* FunctionEmitter::address_of(NodeId node) {
  return spill(value(node), m_.graph[node].type);
}

Value* FunctionEmitter::allocate(Value* size, const Node&) {
  Value* memory = b_.CreateCall(m_.allocate(), {context_, size});
  require_not(b_.CreateIsNull(memory));
  return memory;
}

Value* FunctionEmitter::site(const Node& node) {
  return b_.getInt32(m_.site(node.site));
}

BasicBlock* FunctionEmitter::block(const char* name) {
  return BasicBlock::Create(m_.context, name, function_);
}

BasicBlock* FunctionEmitter::failed() {
  if (!failed_) {
    failed_ = block("failed");
    llvm::ReturnInst::Create(m_.context, llvm::ConstantInt::get(m_.i32, failure_), failed_);
  }
  return failed_;
}

/// How many places share the code that fails. For each of them LLVM looks through all the others.
constexpr unsigned kMostSites = 64;

void FunctionEmitter::require(Value* ok, abi::ErrorKind kind, const char* message, const Node& node) {
  auto [found, added] = failures_.try_emplace(message);
  Failure& failure = found->second;
  if (added || failure.site->getNumIncomingValues() == kMostSites) {
    failure.block = block("fail");
    llvm::IRBuilder<> b(failure.block);
    failure.site = b.CreatePHI(m_.i32, 2);
    const std::string_view text(message);
    const auto error = [&](uint32_t offset) { return b.CreateConstInBoundsGEP1_64(m_.i8, context_, offset); };
    b.CreateStore(b.getInt8(static_cast<uint8_t>(kind)), error(abi::kErrorKindOffset));
    b.CreateStore(failure.site, error(abi::kErrorSiteOffset));
    b.CreateStore(m_.bytes(text), error(abi::kErrorMessageOffset));
    b.CreateStore(b.getInt64(text.size()), error(abi::kErrorMessageOffset + 8));
    b.CreateBr(failed());
  }
  failure.site->addIncoming(site(node), b_.GetInsertBlock());
  BasicBlock* next = block("ok");
  b_.CreateCondBr(ok, next, failure.block);
  b_.SetInsertPoint(next);
}

void FunctionEmitter::require_ok(Value* status) {
  require_not(b_.CreateICmpNE(status, b_.getInt32(abi::kOk)));
}

void FunctionEmitter::require_not(Value* failed_value) {
  BasicBlock* next = block("ok");
  b_.CreateCondBr(failed_value, failed(), next);
  b_.SetInsertPoint(next);
}

void FunctionEmitter::finish_unreachable() {
  if (!b_.GetInsertBlock()->getTerminator()) b_.CreateUnreachable();
}

void FunctionEmitter::finish(uint32_t status) {
  if (!b_.GetInsertBlock()->getTerminator()) b_.CreateRet(b_.getInt32(status));
}

}  // namespace chain::codegen
