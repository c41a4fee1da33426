// What native code and the runtime share: frames, the run's context, and the shape of functions.
// tests/unit/layout_test.cpp guards every offset that the code generator relies on.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/value/arena.h"
#include "runtime/value/value.h"

namespace chain::abi {

/// What native code and ABI functions return.
enum Status : uint32_t {
  kOk = 0,
  kFailed = 1,    // the context holds the error
  kReturned = 2,  // a step ran `return`: the chain's result is written
};

/// The head of every frame; a region's slots follow at `kFrameHeaderSize`.
struct Frame {
  Frame* parent = nullptr;            // the frame of the enclosing region; null for a chain's body
  std::byte* result = nullptr;        // where `yield` writes the region's value
  const std::byte* input = nullptr;   // a chain's parameter record; a loop's element
  uint64_t index = 0;                 // a loop's iteration, from 0
  std::byte* chain_result = nullptr;  // where `return` writes: the chain body's `result`
  void* instance = nullptr;           // the scheduler's own record of this region
};
inline constexpr uint32_t kFrameHeaderSize = 48;
static_assert(sizeof(Frame) == kFrameHeaderSize);

/// Kinds of failure, as `catch` names them.
enum class ErrorKind : uint8_t {
  Timeout,
  RateLimited,
  Unavailable,
  Refused,
  InvalidOutput,
  InvalidValue,
  Budget,
  ToolFailed,
  Denied,
  Cancelled,
  NotFound,
  Failed,
};

/// The head of a run. `arena` comes first: native code bumps its cursor.
struct Context {
  value::Arena arena;
  const void* program = nullptr;  // program::Program
  void* run = nullptr;            // the scheduler's Run; null outside one (constants, `where` in the parser)
  ErrorKind error_kind = ErrorKind::Failed;
  uint32_t error_site = UINT32_MAX;  // index into Program::sites
  value::Text error_message;

  explicit Context(uint64_t max_bytes) : arena(max_bytes) {}
};

/// Where native code writes an error itself (offsetof is not defined for `Context`).
inline constexpr uint32_t kErrorKindOffset = 56;
inline constexpr uint32_t kErrorSiteOffset = 60;
inline constexpr uint32_t kErrorMessageOffset = 64;

/// Text that grows in the arena. Native code appends inline while there is room.
struct TextBuilder {
  char* data = nullptr;
  uint64_t size = 0;
  uint64_t capacity = 0;
};

using StepFn = Status (*)(Frame*, Context*);
/// Renders one message from a prompt's parameter record.
using RenderFn = Status (*)(Context*, const std::byte* arguments, value::Text* out);
/// A `where`: 1 if it holds, 0 if not, 2 if it failed.
using PredicateFn = uint32_t (*)(Context*, const std::byte* value);
/// A function of the library: `arguments[i]` points at a value of type `types[i + 1]`; the result, of
/// type `types[0]`, goes to `out`.
using LibraryFn = Status (*)(Context*, void* out, const void* const* arguments, const uint32_t* types);

}  // namespace chain::abi
