// One run while it lasts: its memory, its regions, its calls. Internal to runtime/sched.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/abi/context.h"
#include "runtime/program/program.h"
#include "runtime/sched/run.h"

namespace chain::sched {

struct Run;
class PromptCall;

enum class TaskState : uint8_t { Waiting, Queued, Running, Ended };

struct LoopState;

/// One activation of a region. Lives in its run's arena.
struct Instance {
  abi::Frame* frame;
  const program::Region* region;
  Run* run;
  Instance* parent;      // null for the run's own chain
  uint32_t parent_task;  // the task of `parent` that it carries out
  uint32_t open;         // tasks that have not ended and still count
  uint32_t undecided;    // tasks that may yet return
  uint32_t returned_at;  // the task that returned: none from it on starts; UINT32_MAX if none did
  bool is_body;          // a chain's body: a `return` inside ends it, and goes no further
  bool tail;             // its result is the run's: a tail call in it streams to the user
  uint32_t* waiting;     // by task: dependencies still open
  TaskState* state;      // by task
  LoopState** loops;     // by task; null until a loop begins
};

/// A loop that is going on.
struct LoopState {
  const std::byte* data;  // of the input list
  uint64_t size;
  uint64_t next;  // the next element to begin
  uint64_t active;
  uint64_t limit;      // elements at once
  std::byte* results;  // null if the loop has no value
  uint32_t result_stride;
  bool returned;
  bool queued;      // the scheduler will look at it again
  Instance* spare;  // ended iterations whose memory can be used again, linked by `parent`
};

/// One run. `context` comes first so that ABI functions find the run from it.
struct Run {
  explicit Run(const RunOptions& run_options);
  ~Run();

  abi::Context context;
  RunOptions options;
  Scheduler::RunId id = 0;
  const program::Program* program = nullptr;
  const program::Chain* chain = nullptr;
  std::byte* result = nullptr;
  bool ended = false;
  std::vector<std::unique_ptr<PromptCall>> calls;  // in flight
  std::unordered_map<uint32_t, const std::byte*>
      given;  // by prompt, then by external: a value of its result type
  std::vector<Expected> expected;
  Scheduler::Done done;
};

/// "main/reply/for[2]/classify".
[[nodiscard]] std::string path_of(const Instance& instance, uint32_t task);

/// A new activation of `region`, its frame cleared; null if the run's memory is used up.
[[nodiscard]] Instance* make_instance(Run& run, const program::Region& region);

}  // namespace chain::sched
