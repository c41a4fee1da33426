// The LLVM module of one program, and what all of its functions share.
#pragma once

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/graph/module.h"
#include "compiler/transform/schedule.h"
#include "runtime/abi/context.h"
#include "runtime/program/program.h"

namespace chain::codegen {

using graph::NodeId;
using graph::RegionId;
using program::FunctionId;
using program::TypeId;
using program::TypeKind;

/// Where in its region's frame a node's value lies.
inline constexpr uint32_t kNoSlot = UINT32_MAX;

class ModuleEmitter {
 public:
  ModuleEmitter(const graph::Module& graph, program::Program& program, llvm::Module& module);

  const graph::Module& graph;
  program::Program& program;
  llvm::Module& module;
  llvm::LLVMContext& context;
  transform::Analysis analysis;
  std::vector<uint32_t> slots;            // by node: offset in the frame of its region, or kNoSlot
  std::map<uint32_t, TypeId> parameters;  // by region: the parameter record of the chain it is the body of

  llvm::Type* ptr;
  llvm::IntegerType *i1, *i8, *i32, *i64;
  llvm::Type* f64;
  llvm::StructType* text_type;     // value::Text and value::List
  llvm::StructType* builder_type;  // abi::TextBuilder

  /// A function of runtime/abi/functions.def or the library, or one of libc's that native code may use.
  llvm::FunctionCallee external(std::string_view name, llvm::Type* result,
                                std::vector<llvm::Type*> parameters);
  /// Starts a function that the runtime can call; `FunctionId` is its place in the exported table.
  std::pair<llvm::Function*, FunctionId> add_function(const std::string& name, llvm::FunctionType* type);
  /// Emits the table that the runtime looks up: one symbol for all functions.
  void finish();

  llvm::FunctionType* step_type();       // abi::StepFn
  llvm::FunctionType* render_type();     // abi::RenderFn
  llvm::FunctionType* predicate_type();  // abi::PredicateFn

  /// `bytes` in read-only memory.
  llvm::Constant* bytes(std::string_view bytes);
  /// The address of a constant value::Text.
  llvm::Constant* text(std::string_view bytes);
  /// The type ids of a library call: `[N x i32]`.
  llvm::Constant* type_ids(const std::vector<llvm::Constant*>& ids);
  /// The names of an enum's cases as models see them: `[N x value::Text]`.
  llvm::Constant* case_names(const program::Type& type, TypeId id);
  uint32_t site(const program::Site& site);
  llvm::Function* function(FunctionId id) { return functions_[id.index]; }
  std::vector<llvm::Function*> templates;          // by template: (ctx, builder, arguments) -> status
  std::vector<llvm::Function*> functions;          // by function: (ctx, result, arguments) -> status
  std::map<uint32_t, std::string> messages;        // by predicate: what its failure says
  std::map<uint32_t, std::string> depth_messages;  // by function: what it says when it goes too deep

  /// A function that only this module calls.
  llvm::Function* internal(const std::string& name, llvm::Type* result, std::vector<llvm::Type*> parameters);

  // Functions of the module itself, made when first asked for:
  llvm::Function* allocate();          // (ctx, size) -> ptr; null at the limit
  llvm::Function* append();            // (ctx, builder, bytes, size) -> i1: true if it failed
  llvm::Function* text_equal();        // (text*, text*) -> i1
  llvm::Function* text_compare();      // (text*, text*) -> i32, as memcmp
  llvm::Function* equal(TypeId type);  // (ctx, value*, value*) -> i1

  [[nodiscard]] bool by_address(TypeId type) const;
  /// The type of a value in a register; ptr for what is handled by address.
  llvm::Type* register_type(TypeId type);
  [[nodiscard]] uint32_t size_of(TypeId type) const { return program.types[type].size; }

 private:
  std::vector<llvm::Function*> functions_;
  std::map<std::string, llvm::Constant*, std::less<>> texts_;
  std::map<std::string, llvm::Constant*, std::less<>> bytes_;
  std::map<uint32_t, llvm::Function*> equals_;
  std::map<uint32_t, llvm::Constant*> case_names_;
};

/// The exported table's symbol: `[N x ptr]`, by FunctionId.
inline constexpr const char* kFunctionTable = "chain_functions";

}  // namespace chain::codegen
