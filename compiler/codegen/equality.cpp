// Equality of values: one internal function a type, straight native code but for maps.
#include "compiler/codegen/module_emitter.h"
#include "runtime/program/recursion.h"

namespace chain::codegen {

using llvm::BasicBlock;
using llvm::Function;
using llvm::IRBuilder;
using llvm::Value;

namespace {

/// Writes the body of one equality function; `differ` is where any difference goes.
class EqualityEmitter {
 public:
  EqualityEmitter(ModuleEmitter& m, Function* function)
      : m_(m),
        function_(function),
        b_(BasicBlock::Create(m.context, "entry", function)),
        differ_(BasicBlock::Create(m.context, "differ", function)) {}

  void emit(TypeId type) {
    Value *ctx = function_->getArg(0), *left = function_->getArg(1), *right = function_->getArg(2);
    const program::Type& t = m_.program.types[type];
    switch (m_.program.types.base_kind(type)) {
      case TypeKind::Void: break;
      case TypeKind::Bytes:
      case TypeKind::Media:
      case TypeKind::String: require(b_.CreateCall(m_.text_equal(), {left, right})); break;
      case TypeKind::Record:
        // Values that hold values of their own type may be deep: the runtime knows where to stop.
        if (program::holds_itself(m_.program.types, type)) {
          by_runtime(type, ctx, left, right);
          break;
        }
        record(t, ctx, b_.CreateLoad(m_.ptr, left), b_.CreateLoad(m_.ptr, right));
        break;
      case TypeKind::Optional: optional(t, ctx, left, right); break;
      case TypeKind::List: list(t, ctx, left, right); break;
      case TypeKind::Json:
      case TypeKind::Map: by_runtime(type, ctx, left, right); break;
      case TypeKind::Union: alternatives(t, ctx, left, right); break;
      case TypeKind::Float:
        require(b_.CreateFCmpOEQ(b_.CreateLoad(m_.f64, left), b_.CreateLoad(m_.f64, right)));
        break;
      default: {
        llvm::Type* word = llvm::Type::getIntNTy(m_.context, t.size * 8);
        require(b_.CreateICmpEQ(b_.CreateLoad(word, left), b_.CreateLoad(word, right)));
      }
    }
    b_.CreateRet(b_.getTrue());
    b_.SetInsertPoint(differ_);
    b_.CreateRet(b_.getFalse());
  }

 private:
  Value* at(Value* base, uint64_t offset) { return b_.CreateConstInBoundsGEP1_64(m_.i8, base, offset); }
  BasicBlock* block(const char* name) { return BasicBlock::Create(m_.context, name, function_); }

  void require(Value* same) {
    BasicBlock* next = block("same");
    b_.CreateCondBr(same, next, differ_);
    b_.SetInsertPoint(next);
  }

  void record(const program::Type& type, Value* ctx, Value* left, Value* right) {
    for (const program::Field& field : type.fields) {
      require(b_.CreateCall(m_.equal(field.type), {ctx, at(left, field.offset), at(right, field.offset)}));
    }
  }

  void optional(const program::Type& type, Value* ctx, Value* left, Value* right) {
    const uint32_t flag = m_.size_of(type.element);
    Value* present = b_.CreateLoad(m_.i8, at(left, flag));
    require(b_.CreateICmpEQ(present, b_.CreateLoad(m_.i8, at(right, flag))));
    BasicBlock *payload = block("payload"), *done = block("done");
    b_.CreateCondBr(b_.CreateICmpNE(present, b_.getInt8(0)), payload, done);
    b_.SetInsertPoint(payload);
    b_.CreateCondBr(b_.CreateCall(m_.equal(type.element), {ctx, left, right}), done, differ_);
    b_.SetInsertPoint(done);
  }

  void list(const program::Type& type, Value* ctx, Value* left, Value* right) {
    Value* size = b_.CreateLoad(m_.i64, at(left, 8));
    require(b_.CreateICmpEQ(size, b_.CreateLoad(m_.i64, at(right, 8))));
    Value *left_data = b_.CreateLoad(m_.ptr, left), *right_data = b_.CreateLoad(m_.ptr, right);
    BasicBlock *before = b_.GetInsertBlock(), *head = block("head"), *body = block("body"),
               *next = block("next"), *done = block("done");
    b_.CreateBr(head);
    b_.SetInsertPoint(head);
    auto* index = b_.CreatePHI(m_.i64, 2);
    index->addIncoming(b_.getInt64(0), before);
    b_.CreateCondBr(b_.CreateICmpULT(index, size), body, done);
    b_.SetInsertPoint(body);
    Value* offset = b_.CreateMul(index, b_.getInt64(m_.program.types.stride(type.element)));
    Value* same = b_.CreateCall(m_.equal(type.element), {ctx, b_.CreateInBoundsGEP(m_.i8, left_data, offset),
                                                         b_.CreateInBoundsGEP(m_.i8, right_data, offset)});
    b_.CreateCondBr(same, next, differ_);
    b_.SetInsertPoint(next);
    index->addIncoming(b_.CreateAdd(index, b_.getInt64(1)), next);
    b_.CreateBr(head);
    b_.SetInsertPoint(done);
  }

  void by_runtime(TypeId type, Value* ctx, Value* left, Value* right) {
    auto callee = m_.external("chain_rt_equal", m_.i32, {m_.ptr, m_.i32, m_.ptr, m_.ptr});
    Value* same = b_.CreateCall(callee, {ctx, b_.getInt32(type.index), left, right});
    require(b_.CreateICmpNE(same, b_.getInt32(0)));
  }

  void alternatives(const program::Type& type, Value* ctx, Value* left, Value* right) {
    const uint32_t tag = type.size - 8;
    Value* which = b_.CreateLoad(m_.i32, at(left, tag));
    require(b_.CreateICmpEQ(which, b_.CreateLoad(m_.i32, at(right, tag))));
    BasicBlock* done = block("done");
    auto* choice = b_.CreateSwitch(which, differ_, static_cast<unsigned>(type.members.size()));
    for (uint32_t i = 0; i < type.members.size(); ++i) {
      BasicBlock* member = block("member");
      choice->addCase(b_.getInt32(i), member);
      b_.SetInsertPoint(member);
      b_.CreateCondBr(b_.CreateCall(m_.equal(type.members[i]), {ctx, left, right}), done, differ_);
    }
    b_.SetInsertPoint(done);
  }

  ModuleEmitter& m_;
  Function* function_;
  IRBuilder<> b_;
  BasicBlock* differ_;
};

}  // namespace

Function* ModuleEmitter::equal(TypeId type) {
  if (auto found = equals_.find(type.index); found != equals_.end()) return found->second;
  Function* function = internal(("chain.equal." + std::to_string(type.index)).c_str(), i1, {ptr, ptr, ptr});
  equals_.emplace(type.index, function);
  EqualityEmitter(*this, function).emit(type);
  return function;
}

}  // namespace chain::codegen
