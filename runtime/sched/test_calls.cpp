// What native code of `test` blocks says to the run: the two functions of runtime/abi/functions.def that need
// it.
#include <cstring>

#include "runtime/abi/functions.h"
#include "runtime/sched/run_state.h"
#include "runtime/value/json.h"

using chain::abi::Context;
using chain::abi::Status;

extern "C" Status chain_rt_given(Context* context, uint32_t callee, uint32_t type,
                                 const void* value) noexcept {
  auto& run = *static_cast<chain::sched::Run*>(context->run);
  const uint32_t size = run.program->types.types[type].size;
  void* copy = context->arena.allocate(size);
  if (!copy && size > 0) return chain::abi::fail_out_of_memory(*context);
  std::memcpy(copy, value, size);
  run.given[callee] = static_cast<const std::byte*>(copy);
  return chain::abi::kOk;
}

extern "C" Status chain_rt_expect(Context* context, uint32_t expectation, uint32_t holds, const void* left,
                                  const void* right) noexcept {
  auto& run = *static_cast<chain::sched::Run*>(context->run);
  chain::sched::Expected expected{expectation, holds != 0, {}, {}};
  if (left && right) {
    const chain::program::TypeId type = run.program->expectations[expectation].operand;
    chain::value::write_json(run.program->types, type, left, expected.left);
    chain::value::write_json(run.program->types, type, right, expected.right);
  }
  run.expected.push_back(std::move(expected));
  return chain::abi::kOk;
}
