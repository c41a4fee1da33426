// Constants, records, lists, maps, optionals, checks and library functions.
#include "compiler/codegen/function_emitter.h"
#include "runtime/library/library.h"
#include "runtime/value/layout.h"
#include "runtime/value/value.h"

namespace chain::codegen {

using graph::Node;
using llvm::Value;

Value* FunctionEmitter::constant(const Node& node) {
  if (const auto* flag = std::get_if<bool>(&node.constant)) return b_.getInt1(*flag);
  if (const auto* number = std::get_if<double>(&node.constant)) return llvm::ConstantFP::get(m_.f64, *number);
  if (const auto* text = std::get_if<std::string>(&node.constant)) return m_.text(*text);
  const auto whole = static_cast<uint64_t>(std::get<int64_t>(node.constant));
  return llvm::ConstantInt::get(llvm::cast<llvm::IntegerType>(m_.register_type(node.type)), whole);
}

Value* FunctionEmitter::record(const Node& node) {
  const program::Type& type = m_.program.types[node.type];
  Value* memory = allocate(b_.getInt64(type.record_size), node);
  for (size_t i = 0; i < node.operands.size(); ++i) {
    store(value(node.operands[i]), type.fields[i].type, at(memory, type.fields[i].offset));
  }
  return memory;
}

Value* FunctionEmitter::field(const Node& node) {
  const program::Type& type = m_.program.types[m_.graph[node.operands[0]].type];
  return load(node.type, at(value(node.operands[0]), type.fields[node.index].offset));
}

Value* FunctionEmitter::list(const Node& node) {
  const TypeId element = m_.program.types[node.type].element;
  const uint64_t stride = m_.program.types.stride(element);
  Value* result = local(m_.text_type);
  Value* data = llvm::ConstantPointerNull::get(llvm::PointerType::get(m_.context, 0));
  if (!node.operands.empty()) {
    data = allocate(b_.getInt64(stride * node.operands.size()), node);
    for (size_t i = 0; i < node.operands.size(); ++i)
      store(value(node.operands[i]), element, at(data, i * stride));
  }
  b_.CreateStore(data, result);
  b_.CreateStore(b_.getInt64(node.operands.size()), at(result, 8));
  return result;
}

Value* FunctionEmitter::append(const Node& node) {
  const TypeId element = m_.program.types[node.type].element;
  Value* result = local(m_.text_type);
  auto callee = m_.external("chain_rt_list_append", m_.i32, {m_.ptr, m_.ptr, m_.ptr, m_.i32, m_.i32, m_.ptr});
  require_ok(b_.CreateCall(
      callee, {context_, value(node.operands[0]), address_of(node.operands[1]),
               b_.getInt32(m_.size_of(element)), b_.getInt32(m_.program.types.stride(element)), result}));
  return result;
}

Value* FunctionEmitter::map(const Node& node) {
  const TypeId element = m_.program.types[node.type].element;
  const uint64_t stride = value::map_entry_stride(m_.program.types, element);
  const uint64_t count = node.operands.size() / 2;
  Value* entries = allocate(b_.getInt64(stride * count), node);
  for (uint64_t i = 0; i < count; ++i) {
    copy(at(entries, i * stride), value(node.operands[2 * i]), sizeof(value::Text));
    store(value(node.operands[2 * i + 1]), element, at(entries, i * stride + value::kMapValueOffset));
  }
  Value* out = local(m_.ptr);
  auto build = m_.external("chain_rt_map_build", m_.i32, {m_.ptr, m_.i32, m_.ptr, m_.i64, m_.ptr});
  require_ok(
      b_.CreateCall(build, {context_, b_.getInt32(node.type.index), entries, b_.getInt64(count), out}));
  return b_.CreateLoad(m_.ptr, out);
}

Value* FunctionEmitter::element_at(const Node& node) {
  Value *list = value(node.operands[0]), *index = value(node.operands[1]);
  Value* size = b_.CreateLoad(m_.i64, at(list, 8));
  // A negative index counts from the end.
  Value* from_end = b_.CreateAdd(index, size);
  Value* place = b_.CreateSelect(b_.CreateICmpSLT(index, b_.getInt64(0)), from_end, index);
  llvm::BasicBlock *outside = block("outside"), *inside = block("inside");
  b_.CreateCondBr(b_.CreateICmpULT(place, size), inside, outside);
  b_.SetInsertPoint(outside);
  auto fail = m_.external("chain_rt_fail_index", m_.i32, {m_.ptr, m_.i32, m_.i64, m_.i64});
  b_.CreateCall(fail, {context_, site(node), index, size});
  b_.CreateBr(failed());
  b_.SetInsertPoint(inside);
  Value* offset = b_.CreateMul(place, b_.getInt64(m_.program.types.stride(node.type)));
  return load(node.type, b_.CreateInBoundsGEP(m_.i8, b_.CreateLoad(m_.ptr, list), offset));
}

Value* FunctionEmitter::lookup(const Node& node) {
  const TypeId element = m_.program.types[node.type].element;
  const TypeId held = m_.program.types[m_.graph[node.operands[0]].type].element;
  const uint32_t stride = value::map_entry_stride(m_.program.types, held);
  Value* result = local_value(node.type);
  auto find = m_.external("chain_rt_map_find", m_.ptr, {m_.ptr, m_.i32, m_.ptr});
  Value* found = b_.CreateCall(find, {value(node.operands[0]), b_.getInt32(stride), value(node.operands[1])});
  llvm::BasicBlock *present = block("present"), *absent = block("absent"), *done = block("done");
  b_.CreateCondBr(b_.CreateIsNotNull(found), present, absent);
  b_.SetInsertPoint(present);
  if (held == node.type) {  // a map of optionals: T?? is T?
    copy(result, found, m_.size_of(node.type));
  } else {
    store(load(element, found), element, result);
    b_.CreateStore(b_.getInt8(1), at(result, m_.size_of(element)));
  }
  b_.CreateBr(done);
  b_.SetInsertPoint(absent);
  b_.CreateStore(b_.getInt8(0), at(result, m_.size_of(element)));
  b_.CreateBr(done);
  b_.SetInsertPoint(done);
  return result;
}

Value* FunctionEmitter::some(const Node& node) {
  const TypeId element = m_.program.types[node.type].element;
  Value* result = local_value(node.type);
  store(value(node.operands[0]), element, result);
  b_.CreateStore(b_.getInt8(1), at(result, m_.size_of(element)));
  return result;
}

Value* FunctionEmitter::none(const Node& node) {
  Value* result = local_value(node.type);
  for (uint32_t offset = 0; offset < m_.size_of(node.type); offset += 8)
    b_.CreateStore(b_.getInt64(0), at(result, offset));
  return result;
}

Value* FunctionEmitter::is_some(const Node& node) {
  const TypeId element = m_.program.types[m_.graph[node.operands[0]].type].element;
  Value* flag = b_.CreateLoad(m_.i8, at(value(node.operands[0]), m_.size_of(element)));
  return b_.CreateICmpNE(flag, b_.getInt8(0));
}

Value* FunctionEmitter::variant(const Node& node) {
  Value* result = local_value(node.type);
  store(value(node.operands[0]), m_.program.types[node.type].members[node.index], result);
  b_.CreateStore(b_.getInt32(node.index), at(result, value::member_offset(m_.program.types, node.type)));
  return result;
}

Value* FunctionEmitter::which(const Node& node) {
  const TypeId whole = m_.graph[node.operands[0]].type;
  Value* place = at(value(node.operands[0]), value::member_offset(m_.program.types, whole));
  return b_.CreateZExt(b_.CreateLoad(m_.i32, place), m_.i64);
}

Value* FunctionEmitter::check(const Node& node) {
  Value* checked = value(node.operands[0]);
  const graph::Predicate& predicate = m_.graph.predicates[node.index];
  Value* memory = spill(checked, m_.graph[node.operands[0]].type);
  // Predicates are the first functions of the table, in order.
  Value* holds = b_.CreateCall(m_.function(FunctionId{node.index}), {context_, memory});
  require_not(b_.CreateICmpEQ(holds, b_.getInt32(2)));
  const auto [message, added] =
      m_.messages.try_emplace(node.index, "the value breaks `" + predicate.text + "`");
  require(b_.CreateICmpEQ(holds, b_.getInt32(1)), abi::ErrorKind::InvalidValue, message->second.c_str(),
          node);
  return checked;
}

Value* FunctionEmitter::library(const Node& node) {
  const library::Function& function = library::functions()[node.index];
  const size_t count = node.operands.size();
  Value* arguments = local(llvm::ArrayType::get(m_.ptr, count ? count : 1));
  std::vector<llvm::Constant*> types = {b_.getInt32(node.type.index)};
  for (size_t i = 0; i < count; ++i) {
    b_.CreateStore(address_of(node.operands[i]), at(arguments, 8 * i));
    types.push_back(b_.getInt32(m_.graph[node.operands[i]].type.index));
  }
  Value* result = local_value(node.type);
  auto callee = m_.external(function.symbol, m_.i32, {m_.ptr, m_.ptr, m_.ptr, m_.ptr});
  // The function cannot know its place: it finds it in the context should it fail.
  b_.CreateStore(site(node), at(context_, abi::kErrorSiteOffset));
  require_ok(b_.CreateCall(callee, {context_, result, arguments, m_.type_ids(types)}));
  return load(node.type, result);
}

}  // namespace chain::codegen
