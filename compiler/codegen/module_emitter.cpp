#include "compiler/codegen/module_emitter.h"

#include <algorithm>

namespace chain::codegen {

using llvm::BasicBlock;
using llvm::Function;
using llvm::FunctionType;
using llvm::GlobalValue;
using llvm::GlobalVariable;
using llvm::IRBuilder;
using llvm::Value;

ModuleEmitter::ModuleEmitter(const graph::Module& graph, program::Program& program, llvm::Module& module)
    : graph(graph),
      program(program),
      module(module),
      context(module.getContext()),
      analysis(transform::analyse(graph)),
      slots(graph.nodes.size(), kNoSlot) {
  ptr = llvm::PointerType::get(context, 0);
  i1 = llvm::Type::getInt1Ty(context);
  i8 = llvm::Type::getInt8Ty(context);
  i32 = llvm::Type::getInt32Ty(context);
  i64 = llvm::Type::getInt64Ty(context);
  f64 = llvm::Type::getDoubleTy(context);
  text_type = llvm::StructType::get(context, {ptr, i64});
  builder_type = llvm::StructType::get(context, {ptr, i64, i64});
  for (const graph::Chain& chain : graph.chains) parameters.emplace(chain.body.index, chain.parameters);
}

llvm::FunctionCallee ModuleEmitter::external(std::string_view name, llvm::Type* result,
                                             std::vector<llvm::Type*> parameters) {
  return module.getOrInsertFunction(llvm::StringRef(name.data(), name.size()),
                                    FunctionType::get(result, parameters, false));
}

std::pair<Function*, FunctionId> ModuleEmitter::add_function(const std::string& name, FunctionType* type) {
  auto* function = Function::Create(type, GlobalValue::InternalLinkage, name, module);
  function->addFnAttr(llvm::Attribute::NoUnwind);
  functions_.push_back(function);
  return {function, FunctionId{static_cast<uint32_t>(functions_.size() - 1)}};
}

void ModuleEmitter::finish() {
  program.functions.assign(functions_.size(), nullptr);
  auto* type = llvm::ArrayType::get(ptr, functions_.size());
  std::vector<llvm::Constant*> entries(functions_.begin(), functions_.end());
  auto* table = new GlobalVariable(module, type, true, GlobalValue::ExternalLinkage,
                                   llvm::ConstantArray::get(type, entries), kFunctionTable);
  table->setVisibility(GlobalValue::DefaultVisibility);
}

FunctionType* ModuleEmitter::step_type() {
  return FunctionType::get(i32, {ptr, ptr}, false);
}
FunctionType* ModuleEmitter::render_type() {
  return FunctionType::get(i32, {ptr, ptr, ptr}, false);
}
FunctionType* ModuleEmitter::predicate_type() {
  return FunctionType::get(i32, {ptr, ptr}, false);
}

llvm::Constant* ModuleEmitter::bytes(std::string_view bytes) {
  if (auto found = bytes_.find(bytes); found != bytes_.end()) return found->second;
  auto* data =
      llvm::ConstantDataArray::getString(context, llvm::StringRef(bytes.data(), bytes.size()), false);
  auto* global =
      new GlobalVariable(module, data->getType(), true, GlobalValue::PrivateLinkage, data, "bytes");
  global->setUnnamedAddr(GlobalValue::UnnamedAddr::Global);
  return bytes_.emplace(bytes, global).first->second;
}

llvm::Constant* ModuleEmitter::text(std::string_view content) {
  if (auto found = texts_.find(content); found != texts_.end()) return found->second;
  auto* value =
      llvm::ConstantStruct::get(text_type, {bytes(content), llvm::ConstantInt::get(i64, content.size())});
  auto* global = new GlobalVariable(module, text_type, true, GlobalValue::PrivateLinkage, value, "text");
  return texts_.emplace(content, global).first->second;
}

llvm::Constant* ModuleEmitter::type_ids(const std::vector<llvm::Constant*>& ids) {
  auto* type = llvm::ArrayType::get(i32, ids.size());
  return new GlobalVariable(module, type, true, GlobalValue::PrivateLinkage,
                            llvm::ConstantArray::get(type, ids), "types");
}

llvm::Constant* ModuleEmitter::case_names(const program::Type& type, TypeId id) {
  auto [found, added] = case_names_.try_emplace(id.index, nullptr);
  if (!added) return found->second;
  std::vector<llvm::Constant*> names;
  for (const program::EnumCase& item : type.cases) {
    const std::string& name = item.alias.empty() ? item.name : item.alias;
    names.push_back(
        llvm::ConstantStruct::get(text_type, {bytes(name), llvm::ConstantInt::get(i64, name.size())}));
  }
  auto* array = llvm::ArrayType::get(text_type, names.size());
  found->second = new GlobalVariable(module, array, true, GlobalValue::PrivateLinkage,
                                     llvm::ConstantArray::get(array, names), "cases");
  return found->second;
}

uint32_t ModuleEmitter::site(const program::Site& site) {
  program.sites.push_back(site);
  return static_cast<uint32_t>(program.sites.size() - 1);
}

bool ModuleEmitter::by_address(TypeId type) const {
  switch (program.types.base_kind(type)) {
    case TypeKind::String:
    case TypeKind::Bytes:
    case TypeKind::Media:
    case TypeKind::Json:
    case TypeKind::List:
    case TypeKind::Optional:
    case TypeKind::Union: return true;
    default: return false;
  }
}

llvm::Type* ModuleEmitter::register_type(TypeId type) {
  switch (program.types.base_kind(type)) {
    case TypeKind::Void: return llvm::Type::getVoidTy(context);
    case TypeKind::Bool: return i1;
    case TypeKind::Int:
    case TypeKind::Duration:
    case TypeKind::Money:
    case TypeKind::Time:
    case TypeKind::Date: return i64;
    case TypeKind::Float: return f64;
    case TypeKind::Enum: return i32;
    default: return ptr;
  }
}

Function* ModuleEmitter::internal(const std::string& name, llvm::Type* result,
                                  std::vector<llvm::Type*> parameters) {
  auto* function = Function::Create(FunctionType::get(result, parameters, false),
                                    GlobalValue::InternalLinkage, name, module);
  function->addFnAttr(llvm::Attribute::NoUnwind);
  return function;
}

Function* ModuleEmitter::allocate() {
  if (Function* made = module.getFunction("chain.allocate")) return made;
  Function* function = internal("chain.allocate", ptr, {ptr, i64});
  Value* ctx = function->getArg(0);
  auto* entry = BasicBlock::Create(context, "entry", function);
  auto* quick = BasicBlock::Create(context, "quick", function);
  auto* slow = BasicBlock::Create(context, "slow", function);
  IRBuilder<> b(entry);
  Value* size = b.CreateAnd(b.CreateAdd(function->getArg(1), b.getInt64(7)), b.getInt64(~uint64_t{7}));
  Value* cursor = b.CreateLoad(i64, ctx);
  Value* limit = b.CreateLoad(i64, b.CreateConstInBoundsGEP1_64(i8, ctx, 8));
  b.CreateCondBr(b.CreateICmpULE(size, b.CreateSub(limit, cursor)), quick, slow);
  b.SetInsertPoint(quick);
  b.CreateStore(b.CreateAdd(cursor, size), ctx);
  b.CreateRet(b.CreateIntToPtr(cursor, ptr));
  b.SetInsertPoint(slow);
  b.CreateRet(b.CreateCall(external("chain_rt_allocate", ptr, {ptr, i64}), {ctx, size}));
  return function;
}

Function* ModuleEmitter::append() {
  if (Function* made = module.getFunction("chain.append")) return made;
  Function* function = internal("chain.append", i1, {ptr, ptr, ptr, i64});
  Value *ctx = function->getArg(0), *builder = function->getArg(1), *data = function->getArg(2),
        *size = function->getArg(3);
  auto* entry = BasicBlock::Create(context, "entry", function);
  auto* grow = BasicBlock::Create(context, "grow", function);
  auto* copy = BasicBlock::Create(context, "copy", function);
  auto* failed = BasicBlock::Create(context, "failed", function);
  IRBuilder<> b(entry);
  Value* size_at = b.CreateConstInBoundsGEP1_64(i8, builder, 8);
  Value* used = b.CreateLoad(i64, size_at);
  Value* capacity = b.CreateLoad(i64, b.CreateConstInBoundsGEP1_64(i8, builder, 16));
  b.CreateCondBr(b.CreateICmpUGT(size, b.CreateSub(capacity, used)), grow, copy);
  b.SetInsertPoint(grow);
  Value* status = b.CreateCall(external("chain_rt_text_grow", i32, {ptr, ptr, i64}), {ctx, builder, size});
  b.CreateCondBr(b.CreateICmpEQ(status, b.getInt32(abi::kOk)), copy, failed);
  b.SetInsertPoint(copy);
  Value* to = b.CreateInBoundsGEP(i8, b.CreateLoad(ptr, builder), used);
  b.CreateCall(external("memcpy", ptr, {ptr, ptr, i64}), {to, data, size});
  b.CreateStore(b.CreateAdd(used, size), size_at);
  b.CreateRet(b.getFalse());
  b.SetInsertPoint(failed);
  b.CreateRet(b.getTrue());
  return function;
}

Function* ModuleEmitter::text_equal() {
  if (Function* made = module.getFunction("chain.text.equal")) return made;
  Function* function = internal("chain.text.equal", i1, {ptr, ptr});
  auto* entry = BasicBlock::Create(context, "entry", function);
  auto* compare = BasicBlock::Create(context, "compare", function);
  auto* differ = BasicBlock::Create(context, "differ", function);
  IRBuilder<> b(entry);
  auto size_of_text = [&](Value* text) {
    return b.CreateLoad(i64, b.CreateConstInBoundsGEP1_64(i8, text, 8));
  };
  Value* size = size_of_text(function->getArg(0));
  b.CreateCondBr(b.CreateICmpEQ(size, size_of_text(function->getArg(1))), compare, differ);
  b.SetInsertPoint(compare);
  Value* left = b.CreateLoad(ptr, function->getArg(0));
  Value* right = b.CreateLoad(ptr, function->getArg(1));
  Value* order = b.CreateCall(external("memcmp", i32, {ptr, ptr, i64}), {left, right, size});
  b.CreateRet(b.CreateICmpEQ(order, b.getInt32(0)));
  b.SetInsertPoint(differ);
  b.CreateRet(b.getFalse());
  return function;
}

Function* ModuleEmitter::text_compare() {
  if (Function* made = module.getFunction("chain.text.compare")) return made;
  Function* function = internal("chain.text.compare", i32, {ptr, ptr});
  auto* entry = BasicBlock::Create(context, "entry", function);
  auto* bytes_differ = BasicBlock::Create(context, "bytes_differ", function);
  auto* prefix = BasicBlock::Create(context, "prefix", function);
  IRBuilder<> b(entry);
  auto size_of_text = [&](Value* text) {
    return b.CreateLoad(i64, b.CreateConstInBoundsGEP1_64(i8, text, 8));
  };
  Value *left_size = size_of_text(function->getArg(0)), *right_size = size_of_text(function->getArg(1));
  Value* left_shorter = b.CreateICmpULT(left_size, right_size);
  Value* order = b.CreateCall(external("memcmp", i32, {ptr, ptr, i64}),
                              {b.CreateLoad(ptr, function->getArg(0)), b.CreateLoad(ptr, function->getArg(1)),
                               b.CreateSelect(left_shorter, left_size, right_size)});
  b.CreateCondBr(b.CreateICmpNE(order, b.getInt32(0)), bytes_differ, prefix);
  b.SetInsertPoint(bytes_differ);
  b.CreateRet(order);
  b.SetInsertPoint(prefix);
  Value* longer = b.CreateZExt(b.CreateICmpUGT(left_size, right_size), i32);
  b.CreateRet(b.CreateSelect(left_shorter, b.getInt32(-1), longer));
  return function;
}

}  // namespace chain::codegen
