#include "runtime/sched/run_state.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "runtime/sched/ambient.h"
#include "runtime/sched/journalled_calls.h"
#include "runtime/sched/prompt_call.h"

namespace chain::sched {

namespace {

constexpr uint64_t align8(uint64_t size) {
  return (size + 7) & ~uint64_t{7};
}

/// Calls may be nested by the ten thousand: no recursion.
void append_path(const Instance& instance, std::string& out) {
  std::vector<const Instance*> inner;
  for (const Instance* at = &instance; at->parent; at = at->parent) inner.push_back(at);
  out += instance.run->chain->name;
  for (auto at = inner.rbegin(); at != inner.rend(); ++at) {
    const program::Task& task = (*at)->parent->region->tasks[(*at)->parent_task];
    out += '/';
    out += task.path;
    if (task.kind == program::TaskKind::Try) {
      const bool tried = (*at)->region == &instance.run->program->regions[task.regions[0]];
      out += tried ? "" : "/catch";
    }
    const bool several = task.kind == program::TaskKind::Loop || task.kind == program::TaskKind::Race ||
                         task.kind == program::TaskKind::Sample ||
                         (task.kind == program::TaskKind::External && !(*at)->is_body);
    if (several) out += '[' + std::to_string((*at)->frame->index) + ']';
  }
}

/// "1 GiB", "1536 KiB", "100 bytes".
std::string in_units(uint64_t bytes) {
  static constexpr const char* kUnits[] = {" bytes", " KiB", " MiB", " GiB"};
  size_t unit = 0;
  while (bytes > 0 && bytes % 1024 == 0 && unit + 1 < std::size(kUnits)) {
    bytes /= 1024;
    ++unit;
  }
  return std::to_string(bytes) + kUnits[unit];
}

}  // namespace

Run::Run(const RunOptions& run_options)
    : context(run_options.max_bytes), options(run_options), seed(run_options.seed.value_or(0)) {
  scope.run = this;
  if (!run_options.seed) seed = fresh_seed();
}
Run::~Run() = default;

uint64_t Run::memory_left() const {
  const uint64_t used = context.arena.used() + call_bytes;
  return options.max_bytes - std::min(used, options.max_bytes);
}

std::string Run::memory_used_up() const {
  return "the run has used up the " + in_units(options.max_bytes) +
         " of memory that it may use; what it makes is kept until it ends, so give it less at a time: fewer "
         "elements, shorter texts, or a run for each part";
}

std::string path_of(const Instance& instance, uint32_t task) {
  std::string path;
  append_path(instance, path);
  if (task < instance.region->tasks.size()) path += '/' + instance.region->tasks[task].path;
  return path;
}

Instance* make_instance(Run& run, const program::Region& region) {
  const uint64_t tasks = region.tasks.size();
  // One block: the record, its counters, the frame.
  const uint64_t waiting = align8(sizeof(Instance));
  const uint64_t inner = waiting + align8(tasks * sizeof(uint32_t));
  const uint64_t state = inner + tasks * sizeof(Inner);
  const uint64_t frame = state + align8(tasks);
  auto* block = static_cast<std::byte*>(run.context.arena.allocate(frame + region.frame_size));
  if (!block) return nullptr;
  std::memset(block, 0, frame + region.frame_size);
  auto* instance = new (block) Instance{};
  instance->waiting = reinterpret_cast<uint32_t*>(block + waiting);
  instance->inner = reinterpret_cast<Inner*>(block + inner);
  instance->state = reinterpret_cast<TaskState*>(block + state);
  instance->frame = reinterpret_cast<abi::Frame*>(block + frame);
  instance->region = &region;
  instance->run = &run;
  instance->scope = &run.scope;
  return instance;
}

Instance* make_inner(Instance& outer, uint32_t task, const program::Region& region) {
  Instance*& last = outer.inner[task].instance;
  for (Instance* each = last; each; each = each->sibling) {
    if (each->region != &region) continue;
    recycle(*each);
    each->scope = outer.scope;
    return each;
  }
  Instance* made = make_instance(*outer.run, region);
  if (!made) return nullptr;
  made->sibling = last;
  made->scope = outer.scope;
  return last = made;
}

void link(Scope& scope, Scope& outer) {
  scope.outer = &outer;
  scope.next = outer.inner;
  if (scope.next) scope.next->previous = &scope;
  outer.inner = &scope;
}

void unlink(Scope& scope) {
  (scope.previous ? scope.previous->next : scope.outer->inner) = scope.next;
  if (scope.next) scope.next->previous = scope.previous;
  scope.next = scope.previous = nullptr;
}

Scope* make_scope(Instance& holder, uint32_t task, uint32_t ordinal) {
  void* memory = holder.run->context.arena.allocate(sizeof(Scope));
  if (!memory) return nullptr;
  auto* scope = new (memory) Scope{.run = holder.run, .holder = &holder, .task = task, .ordinal = ordinal};
  link(*scope, *holder.scope);
  return scope;
}

void recycle(Instance& instance) {
  instance.undecided = 0;
  std::memset(instance.state, 0, instance.region->tasks.size());
  std::memset(static_cast<void*>(instance.frame), 0, instance.region->frame_size);
}

}  // namespace chain::sched
