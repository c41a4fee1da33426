#include "runtime/sched/run_state.h"

#include "runtime/sched/prompt_call.h"

#include <cstring>

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
    if (task.kind == program::TaskKind::Loop) out += '[' + std::to_string((*at)->frame->index) + ']';
  }
}

}  // namespace

Run::Run(const RunOptions& run_options) : context(run_options.max_bytes), options(run_options) {}
Run::~Run() = default;

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
  const uint64_t loops = waiting + align8(tasks * sizeof(uint32_t));
  const uint64_t state = loops + tasks * sizeof(LoopState*);
  const uint64_t frame = state + align8(tasks);
  auto* block = static_cast<std::byte*>(run.context.arena.allocate(frame + region.frame_size));
  if (!block) return nullptr;
  std::memset(block, 0, frame + region.frame_size);
  auto* instance = new (block) Instance{};
  instance->waiting = reinterpret_cast<uint32_t*>(block + waiting);
  instance->loops = reinterpret_cast<LoopState**>(block + loops);
  instance->state = reinterpret_cast<TaskState*>(block + state);
  instance->frame = reinterpret_cast<abi::Frame*>(block + frame);
  instance->region = &region;
  instance->run = &run;
  return instance;
}

}  // namespace chain::sched
