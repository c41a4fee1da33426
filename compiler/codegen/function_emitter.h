// Native code of one function: the pure nodes between effects.
//
// Scalars, records and maps are values in registers (the latter two as pointers); strings, lists,
// optionals and unions are handled by the address of memory that does not change while it is used.
#pragma once

#include <optional>
#include <unordered_map>

#include "compiler/codegen/module_emitter.h"

namespace chain::codegen {

class FunctionEmitter {
 public:
  using Value = llvm::Value;

  /// Code that runs in a frame of `home`, a region with effects: a `StepFn`.
  FunctionEmitter(ModuleEmitter& m, llvm::Function* function, RegionId home);
  /// Code over arguments alone. With `parameters`, a record type, `arguments` points at its fields
  /// (`RenderFn`); without, at the one value itself (`PredicateFn`). `failure` is returned on errors.
  FunctionEmitter(ModuleEmitter& m, llvm::Function* function, Value* context, Value* arguments,
                  std::optional<TypeId> parameters, uint32_t failure);

  /// Emits the code of `nodes`, in order; what other functions need goes to its slot in the frame.
  void emit_all(const std::vector<NodeId>& nodes);
  /// Emits a body without effects: all of its nodes.
  void emit_region(RegionId region);
  /// Emits a function's body, whose `return` writes its value to `result` and ends with kOk.
  void emit_function(Value* result, RegionId region);
  /// Emits a body whose emits append to `builder`.
  void emit_into(Value* builder, RegionId region);
  /// The node's value in a register, or its address.
  Value* value(NodeId node);
  /// Writes a value of `type` to memory.
  void store(Value* value, TypeId type, Value* address);
  /// The value of `type` that lies at `address`.
  Value* load(TypeId type, Value* address);
  /// `offset` bytes into the frame of this function's region.
  Value* frame_at(uint64_t offset);
  /// Returns `status` and ends the function.
  void finish(uint32_t status);
  /// Ends a function whose end nothing comes to.
  void finish_unreachable();

  llvm::IRBuilder<>& builder() { return b_; }
  /// frame->result
  Value* result_address();

 private:
  void begin();
  void emit(NodeId id);
  Value* emit_node(const graph::Node& node);
  // emit_arithmetic.cpp
  Value* arithmetic(const graph::Node& node);
  Value* integer_arithmetic(const graph::Node& node, Value* left, Value* right);
  Value* checked(llvm::Intrinsic::ID intrinsic, Value* left, Value* right, const graph::Node& node);
  Value* divide(const graph::Node& node, Value* left, Value* right);
  Value* scale(const graph::Node& node, Value* amount, Value* factor);
  Value* negate(const graph::Node& node);
  Value* equality(const graph::Node& node);
  Value* order(const graph::Node& node);
  // emit_data.cpp
  Value* constant(const graph::Node& node);
  Value* record(const graph::Node& node);
  Value* list(const graph::Node& node);
  Value* map(const graph::Node& node);
  Value* field(const graph::Node& node);
  Value* element_at(const graph::Node& node);
  Value* lookup(const graph::Node& node);
  Value* some(const graph::Node& node);
  Value* none(const graph::Node& node);
  Value* is_some(const graph::Node& node);
  Value* variant(const graph::Node& node);
  Value* which(const graph::Node& node);
  Value* check(const graph::Node& node);
  Value* library(const graph::Node& node);
  Value* append(const graph::Node& node);
  // emit_text.cpp
  Value* concat(const graph::Node& node);
  Value* secret(const graph::Node& node);
  Value* history(const graph::Node& node);
  Value* render(const graph::Node& node);
  void emit_text(const graph::Node& node);
  Value* spilled_arguments(const graph::Node& node, TypeId parameters);
  void include(const graph::Node& node);
  void append_value(TypeId type, Value* value);
  void append_text(Value* data, Value* size);
  // emit_control.cpp
  Value* branch(const graph::Node& node);
  Value* switch_over(const graph::Node& node);
  Value* loop(const graph::Node& node);
  Value* filter(const graph::Node& node);
  Value* ordered_loop(const graph::Node& node);
  NodeId next_state(RegionId region) const;
  Value* overwritten(const graph::Node& node, const program::Type& record);
  void leave_loop(const graph::Node& node);
  void fail(const graph::Node& node);
  Value* invoke(const graph::Node& node);
  void return_from_chain(const graph::Node& node);
  void return_from_function(const graph::Node& node);
  void given(const graph::Node& node);
  void expect(const graph::Node& node);
  /// Emits a region in the current block and stores its value; false if it always returns.
  bool arm(RegionId region, TypeId type, Value* result);

  struct Loop {
    Value* index;
    Value* element = nullptr;  // address
    llvm::BasicBlock* next;
    llvm::BasicBlock* done;
    llvm::PHINode* counter;
  };
  Loop begin_loop(const graph::Node& node);
  Loop begin_iterations(Value* size, const graph::Node& node);
  void end_loop(const Loop& loop);
  /// Where a `break` of this function's own code goes.
  struct Breakable {
    Value* state;  // address
    llvm::BasicBlock* done;
  };

  /// Memory for a value that lives as long as the function.
  Value* local(llvm::Type* type);
  Value* local_value(TypeId type) { return local(llvm::ArrayType::get(m_.i64, (m_.size_of(type) + 7) / 8)); }
  /// The address of a value: itself, or where it was put.
  Value* address_of(NodeId node);
  Value* spill(Value* value, TypeId type);
  Value* at(Value* base, uint64_t offset);
  Value* allocate(Value* size, const graph::Node& node);
  Value* site(const graph::Node& node);
  llvm::BasicBlock* block(const char* name);
  void copy(Value* to, Value* from, uint64_t bytes);
  /// Goes on only if `ok`; otherwise the function fails with the message and the node's place.
  void require(Value* ok, abi::ErrorKind kind, const char* message, const graph::Node& node);
  /// Goes on only if an ABI call gave kOk; otherwise it has set the error.
  void require_ok(Value* status);
  void require_not(Value* failed);
  llvm::BasicBlock* failed();

  Value* parameter(NodeId id, const graph::Node& node);
  Value* from_frame(NodeId id, const graph::Node& node);
  Value* load_in(llvm::IRBuilder<>& b, TypeId type, Value* address);
  Value* frame_of(RegionId region);

  ModuleEmitter& m_;
  llvm::Function* function_;
  RegionId home_;
  uint32_t failure_;  // what the function returns when it fails
  llvm::IRBuilder<> b_;
  llvm::IRBuilder<> entry_;  // for locals, and loads from frames: they hold in every block
  Value* context_ = nullptr;
  Value* frame_ = nullptr;  // null for functions over arguments
  Value* arguments_ = nullptr;
  Value* returns_to_ = nullptr;  // of a function: where its value goes
  std::optional<TypeId> parameters_;
  llvm::BasicBlock* failed_ = nullptr;
  std::unordered_map<uint32_t, Value*> values_;  // by node
  std::unordered_map<uint32_t, Value*> frames_;  // by region
  NodeId unmade_;                                // a loop's next state, made by the loop itself
  std::vector<Breakable> breakable_;
  std::vector<Value*> builders_;  // of the renders around the current node
  struct Failure {
    llvm::BasicBlock* block;
    llvm::PHINode* site;
  };
  std::unordered_map<const char*, Failure> failures_;  // by message
};

}  // namespace chain::codegen
