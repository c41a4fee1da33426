// What native code and the runtime share: frames, the run's context, and the shape of functions.
// tests/unit/layout_test.cpp guards every offset that the code generator relies on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/program/errors.h"
#include "runtime/program/types.h"
#include "runtime/value/arena.h"
#include "runtime/value/value.h"

namespace chain::program {
struct HistoryTurn;
}

namespace chain::abi {

/// What native code and ABI functions return.
enum Status : uint32_t {
  kOk = 0,
  kFailed = 1,    // the context holds the error
  kReturned = 2,  // a step ran `return`: the chain's result is written
  kBroke = 3,     // a step ran `break`: the loop's state is written
};

/// The head of every frame; a region's slots follow at `kFrameHeaderSize`.
struct Frame {
  Frame* parent = nullptr;            // the frame of the enclosing region; null for a chain's body
  std::byte* result = nullptr;        // where `yield` writes the region's value
  const std::byte* input = nullptr;   // a chain's parameter record; a loop's element
  uint64_t index = 0;                 // a loop's iteration, from 0
  std::byte* chain_result = nullptr;  // where `return` writes: the chain body's `result`
  void* instance = nullptr;           // the scheduler's own record of this region
  const std::byte* state = nullptr;   // in the body of a loop that runs in order: the state it begins with
  std::byte* loop_result = nullptr;   // where `break` writes the state: the loop body's `result`
};
inline constexpr uint32_t kFrameHeaderSize = 64;
static_assert(sizeof(Frame) == kFrameHeaderSize);

using program::ErrorKind;

/// Iterations of loops without effects, and calls of functions, in one run.
inline constexpr int64_t kMostSteps = 100'000'000;
inline constexpr const char* kTooManySteps =
    "the loops and functions of this run take more than 100,000,000 steps; do less in each, or split the "
    "input";

/// An image, audio, video or file that stands in a message.
struct Attachment {
  uint64_t offset = 0;  // bytes of the message's text in front of it
  program::TypeId type;
  value::Text source;  // a path, a URL or a data URI
};

/// The head of a run. `arena` comes first: native code bumps its cursor.
struct Context {
  value::Arena arena;
  const void* program = nullptr;  // program::Program
  void* run = nullptr;            // the scheduler's Run; null outside one (constants, `where` in the parser)
  ErrorKind error_kind = ErrorKind::Failed;
  uint32_t error_site = UINT32_MAX;  // index into Program::sites
  value::Text error_message;
  /// Iterations of pure loops and calls of functions that are left to the run: native code gives up rather
  /// than run for hours.
  int64_t steps = kMostSteps;
  /// Where a message that is rendered leaves what is attached to it.
  std::vector<Attachment>* attachments = nullptr;
  /// How many calls of functions with a `depth` may yet stand inside the one that is going on.
  int64_t depth = INT64_MAX;
  /// What was said before the run began, oldest first; null for nothing. Outlives the context.
  const std::vector<program::HistoryTurn>* history = nullptr;

  explicit Context(uint64_t max_bytes) : arena(max_bytes) {}
};

/// Where native code writes an error itself (offsetof is not defined for `Context`).
inline constexpr uint32_t kErrorKindOffset = 56;
inline constexpr uint32_t kErrorSiteOffset = 60;
inline constexpr uint32_t kErrorMessageOffset = 64;
inline constexpr uint32_t kStepsOffset = 80;
inline constexpr uint32_t kDepthOffset = 96;

/// Text that grows in the arena. Native code appends inline while there is room.
struct TextBuilder {
  char* data = nullptr;
  uint64_t size = 0;
  uint64_t capacity = 0;
};

using StepFn = Status (*)(Frame*, Context*);
/// Renders one message from a prompt's parameter record.
using RenderFn = Status (*)(Context*, const std::byte* arguments, value::Text* out);
/// Makes a value of a tool's parameter record, at `out`.
using MakeFn = Status (*)(Context*, const std::byte* arguments, void* out);
/// A `where`: 1 if it holds, 0 if not, 2 if it failed.
using PredicateFn = uint32_t (*)(Context*, const std::byte* value);
/// A function of the library: `arguments[i]` points at a value of type `types[i + 1]`; the result, of
/// type `types[0]`, goes to `out`.
using LibraryFn = Status (*)(Context*, void* out, const void* const* arguments, const uint32_t* types);

}  // namespace chain::abi
