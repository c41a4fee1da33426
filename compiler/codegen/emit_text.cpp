// Text: concatenation and templates, rendered by appending to a builder in the arena.
#include "compiler/codegen/function_emitter.h"

namespace chain::codegen {

using graph::Node;
using llvm::Value;

Value* FunctionEmitter::concat(const Node& node) {
  Value *left = value(node.operands[0]), *right = value(node.operands[1]);
  Value *left_size = b_.CreateLoad(m_.i64, at(left, 8)), *right_size = b_.CreateLoad(m_.i64, at(right, 8));
  Value* size = b_.CreateAdd(left_size, right_size);
  Value* data = allocate(size, node);
  auto copy_bytes = m_.external("memcpy", m_.ptr, {m_.ptr, m_.ptr, m_.i64});
  b_.CreateCall(copy_bytes, {data, b_.CreateLoad(m_.ptr, left), left_size});
  b_.CreateCall(copy_bytes,
                {b_.CreateInBoundsGEP(m_.i8, data, left_size), b_.CreateLoad(m_.ptr, right), right_size});
  Value* result = local(m_.text_type);
  b_.CreateStore(data, result);
  b_.CreateStore(size, at(result, 8));
  return result;
}

Value* FunctionEmitter::secret(const Node& node) {
  Value* result = local(m_.text_type);
  auto read = m_.external("chain_rt_secret", m_.i32, {m_.ptr, m_.ptr, m_.ptr});
  require_ok(b_.CreateCall(read, {context_, m_.text(std::get<std::string>(node.constant)), result}));
  return result;
}

Value* FunctionEmitter::history(const Node& node) {
  Value* result = local(m_.text_type);
  auto read = m_.external("chain_rt_history", m_.i32, {m_.ptr, m_.i32, m_.ptr});
  require_ok(b_.CreateCall(read, {context_, b_.getInt32(node.type.index), result}));
  return result;
}

Value* FunctionEmitter::render(const Node& node) {
  Value* text = local(m_.builder_type);
  b_.CreateStore(llvm::ConstantPointerNull::get(llvm::PointerType::get(m_.context, 0)), text);
  b_.CreateStore(b_.getInt64(0), at(text, 8));
  b_.CreateStore(b_.getInt64(0), at(text, 16));
  emit_into(text, node.regions[0]);
  // Data and size lead the builder, so that it is a value::Text too; a later use of the same builder
  // (in a loop) begins with null again.
  Value* result = local(m_.text_type);
  copy(result, text, 16);
  return result;
}

void FunctionEmitter::emit_into(Value* builder, RegionId region) {
  builders_.push_back(builder);
  emit_region(region);
  builders_.pop_back();
}

/// The operands as a record on the stack.
Value* FunctionEmitter::spilled_arguments(const Node& node, TypeId parameters) {
  const program::Type& record = m_.program.types[parameters];
  Value* arguments = local(llvm::ArrayType::get(m_.i64, (record.record_size + 7) / 8));
  for (size_t i = 0; i < node.operands.size(); ++i) {
    const program::Field& field = record.fields[i];
    store(value(node.operands[i]), field.type, at(arguments, field.offset));
  }
  return arguments;
}

/// The template copies what it shows of its arguments.
void FunctionEmitter::include(const Node& node) {
  Value* arguments = spilled_arguments(node, m_.graph.templates[node.index].parameters);
  require_ok(b_.CreateCall(m_.templates[node.index], {context_, builders_.back(), arguments}));
}

void FunctionEmitter::emit_text(const Node& node) {
  append_value(m_.graph[node.operands[0]].type, value(node.operands[0]));
}

void FunctionEmitter::append_text(Value* data, Value* size) {
  require_not(b_.CreateCall(m_.append(), {context_, builders_.back(), data, size}));
}

void FunctionEmitter::append_value(TypeId type, Value* value) {
  const program::Type& t = m_.program.types[type];
  Value* text = builders_.back();
  auto by_abi = [&](const char* name, llvm::Type* parameter) {
    require_ok(
        b_.CreateCall(m_.external(name, m_.i32, {m_.ptr, m_.ptr, parameter}), {context_, text, value}));
  };
  switch (m_.program.types.base_kind(type)) {
    case TypeKind::String:
      append_text(b_.CreateLoad(m_.ptr, value), b_.CreateLoad(m_.i64, at(value, 8)));
      break;
    case TypeKind::Bool:
      append_text(b_.CreateSelect(value, m_.bytes("true"), m_.bytes("false")),
                  b_.CreateSelect(value, b_.getInt64(4), b_.getInt64(5)));
      break;
    case TypeKind::Int: by_abi("chain_rt_text_int", m_.i64); break;
    case TypeKind::Float: by_abi("chain_rt_text_float", m_.f64); break;
    case TypeKind::Enum: {
      Value* name = b_.CreateInBoundsGEP(m_.text_type, m_.case_names(t, type), b_.CreateZExt(value, m_.i64));
      append_text(b_.CreateLoad(m_.ptr, name), b_.CreateLoad(m_.i64, at(name, 8)));
      break;
    }
    case TypeKind::Media: {
      auto attach = m_.external("chain_rt_text_attach", m_.i32, {m_.ptr, m_.ptr, m_.i32, m_.ptr});
      require_ok(b_.CreateCall(attach, {context_, text, b_.getInt32(type.index), value}));
      break;
    }
    default: {
      auto append = m_.external("chain_rt_text_value", m_.i32, {m_.ptr, m_.ptr, m_.i32, m_.ptr});
      require_ok(b_.CreateCall(append, {context_, text, b_.getInt32(type.index), spill(value, type)}));
    }
  }
}

}  // namespace chain::codegen
