// One run while it lasts: its memory, its regions, its calls. Internal to runtime/sched.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/abi/context.h"
#include "runtime/program/program.h"
#include "runtime/sched/run.h"

namespace chain::sched {

struct Run;
class Call;
class PromptCall;
class ToolCall;
class JournalledCalls;
class Budget;
class AgentCall;
class ActCall;

enum class TaskState : uint8_t { Waiting, Queued, Running, Ended };

struct Instance;
struct LoopState;
struct Alternatives;

/// What fails, and is dropped, together: a run, what a `try` holds, an arm of a race, one of several samples.
/// Lives in its run's arena, but for the run's own.
struct Scope {
  Run* run = nullptr;
  Scope* outer = nullptr;      // null for the run's own
  Instance* holder = nullptr;  // whose task it carries out
  uint32_t task = 0;           // of `holder`
  uint32_t ordinal = 0;        // among the arms of that task
  bool ended = false;          // nothing in it counts any more
  Call* calls = nullptr;       // in flight, linked by `next_in_scope`
  Scope* inner = nullptr;      // scopes in it that have not ended, linked by `next`
  Scope* next = nullptr;
  Scope* previous = nullptr;
};

/// Puts `scope` into `outer`, and takes it out again.
void link(Scope& scope, Scope& outer);
void unlink(Scope& scope);

/// What carries out a task. Kept for the next activation of its instance: loops run their bodies again and
/// again in the same memory.
union Inner {
  LoopState* loop;             // of a loop; null until it first begins
  Alternatives* alternatives;  // of a race or a sample
  Instance* instance;          // of a call or branch: the last one made, others as its `sibling`
  ActCall* act;                // of what carries out the calls of an agent's turn
};

/// One activation of a region. Lives in its run's arena.
struct Instance {
  abi::Frame* frame;
  const program::Region* region;
  Run* run;
  Scope* scope;
  Instance* parent;         // null for the run's own chain
  uint32_t parent_task;     // the task of `parent` that it carries out
  uint32_t open;            // tasks that have not ended and still count
  uint32_t undecided;       // tasks that may yet return
  uint32_t returned_at;     // the task that returned: none from it on starts; UINT32_MAX if none did
  bool broke;               // it was a `break` that did
  Instance* bounded;        // the innermost body around it, or itself, of a chain whose depth is bounded
  Instance* outer_bounded;  // of such a body: the next one around it
  Budget* budget;           // of the innermost body around it, or itself, of a chain whose calls are bounded
  AgentCall* agent;         // the innermost agent around it; null if there is none
  uint64_t deadline;        // of such a body: the timer of its bound on time; 0 for none
  uint32_t depth;           // of such a body: how many of its chain are around it, itself included
  bool is_body;             // a chain's body: a `return` inside ends it, and goes no further
  bool untrusted;           // of a call of a tool: what an agent in it gave may be text of others
  bool tail;                // its result is the run's: a tail call in it streams to the user
  uint32_t* waiting;        // by task: dependencies still open
  TaskState* state;         // by task
  Inner* inner;             // by task
  Instance* sibling;        // of another region, for the same task of `parent`
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
  const std::byte* state;  // of a loop that carries one
  bool returned;
  bool broke;
  bool queued;      // the scheduler will look at it again
  Instance* spare;  // ended iterations whose memory can be used again, linked by `parent`

  [[nodiscard]] bool over() const { return returned || broke; }
};

/// The arms of a race, or several samples, that are going on at once.
struct Alternatives {
  uint64_t open;  // arms that have neither succeeded nor failed
  uint64_t size;
  std::byte* results;    // of a sample: the values, by ordinal
  bool* succeeded;       // of a sample, by ordinal
  uint32_t result_size;  // bytes of one
  uint32_t stride;
  // The failure of the first arm in the text that has failed:
  uint32_t first_failed;  // its ordinal; UINT32_MAX if none has
  abi::ErrorKind kind;
  value::Text message;
  value::Text path;
  uint32_t file, line, column;
};

/// One run. `context` comes first so that ABI functions find the run from it.
struct Run {
  explicit Run(const RunOptions& run_options);
  ~Run();
  /// Who is told of the run; nobody once its end was asked for.
  [[nodiscard]] Observer* observer() const { return cancelled ? nullptr : options.observer; }
  /// Bytes that it may still take, of those that its options allow.
  [[nodiscard]] uint64_t memory_left() const;
  /// The sentence for a run that has none left: the limit and the way out.
  [[nodiscard]] std::string memory_used_up() const;

  abi::Context context;
  RunOptions options;
  Scheduler::RunId id = 0;
  uint64_t seed;  // of `random`
  const program::Program* program = nullptr;
  const program::Chain* chain = nullptr;
  std::byte* result = nullptr;
  Scope scope;
  bool ended = false;
  bool lost = false;                                 // its journal cannot be written
  bool stays_open = false;                           // it ends here, but is to be taken up
  bool cancelled = false;                            // asked for: the scheduler's queue ends it
  uint64_t call_bytes = 0;                           // of the calls' own memory
  std::shared_ptr<JournalledCalls> journalled;       // shared with its callbacks; null without a journal
  std::vector<Call*> waiting;                        // for others to settle what they have reserved
  std::vector<uint64_t> deadlines;                   // timers, past ones among them
  std::vector<std::unique_ptr<Call>> calls;          // in flight
  ToolCall* writing = nullptr;                       // a call that writes, which is let end
  std::vector<std::function<void()>> after_writing;  // what waits for its end
  std::string key;                                   // tells this run's calls from those of others
  /// By prompt, then by external: a value of its result type.
  std::unordered_map<uint32_t, const std::byte*> given;
  std::vector<Expected> expected;
  std::vector<RunError> unanswered;
  Scheduler::Done done;
};

/// What is in flight for a task of a run: a question to a model, a call of a tool, a search.
class Call {
 public:
  Call(Instance& instance, uint32_t task) : instance_(instance), task_(task) {}
  virtual ~Call() = default;
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  /// It is to end without a word. Destroyed next.
  virtual void cancel() = 0;
  /// Of one that waits for budget: goes out if it fits by now. It may be destroyed from within.
  virtual void admit() {}
  [[nodiscard]] Instance& instance() const { return instance_; }
  [[nodiscard]] uint32_t task() const { return task_; }

  size_t place = 0;                    // in the run's list of calls
  const Budget* refused_by = nullptr;  // of one that has failed: whose bound did not allow it
  Call* next_in_scope = nullptr;
  Call* previous_in_scope = nullptr;

 protected:
  Instance& instance_;
  uint32_t task_;
};

/// "main/reply/for[2]/classify".
[[nodiscard]] std::string path_of(const Instance& instance, uint32_t task);

/// An activation of `region`, its frame cleared; null if the run's memory is used up.
[[nodiscard]] Instance* make_instance(Run& run, const program::Region& region);
/// One for a task of `outer`, a call or branch: that of an earlier activation of `outer` if there was one.
[[nodiscard]] Instance* make_inner(Instance& outer, uint32_t task, const program::Region& region);
/// Memory of `scope.holder`'s run for a scope within its own; null if that is used up.
[[nodiscard]] Scope* make_scope(Instance& holder, uint32_t task, uint32_t ordinal);
/// As if just made. For an instance that has ended.
void recycle(Instance& instance);

}  // namespace chain::sched
