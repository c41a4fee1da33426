// What native code of `test` blocks says to the run: the two functions of runtime/abi/functions.def that need
// it.
#include <cstring>

#include "runtime/abi/functions.h"
#include "runtime/sched/run_state.h"
#include "runtime/value/json.h"

// Where they are declared: their visibility comes from there, and artifacts look them up by name.
namespace chain::abi {

extern "C" Status chain_rt_given(Context* context, uint32_t callee, uint32_t type,
                                 const void* value) noexcept {
  auto& run = *static_cast<sched::Run*>(context->run);
  const uint32_t size = run.program->types.types[type].size;
  void* copy = context->arena.allocate(size);
  if (!copy && size > 0) return fail_out_of_memory(*context);
  std::memcpy(copy, value, size);
  run.given[callee] = static_cast<const std::byte*>(copy);
  return kOk;
}

extern "C" Status chain_rt_expect(Context* context, uint32_t expectation, uint32_t holds, const void* left,
                                  const void* right) noexcept {
  auto& run = *static_cast<sched::Run*>(context->run);
  sched::Expected expected{expectation, holds != 0, {}, {}};
  if (left && right) {
    const program::TypeId type = run.program->expectations[expectation].operand;
    value::write_json(run.program->types, type, left, expected.left);
    value::write_json(run.program->types, type, right, expected.right);
  }
  run.expected.push_back(std::move(expected));
  return kOk;
}

}  // namespace chain::abi
