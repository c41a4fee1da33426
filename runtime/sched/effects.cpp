// The clock, chance and the log.
#include <charconv>
#include <cstring>

#include "runtime/sched/ambient.h"
#include "runtime/sched/journal.h"
#include "runtime/sched/scheduler_state.h"
#include "runtime/value/layout.h"

namespace chain::sched {

using program::ExternalKind;
using program::Task;

namespace {

/// Bits that hang on the seed and on where in the run they are asked for, not on what was quicker.
uint64_t draw_for(const Instance& instance, uint32_t index) {
  const std::string path = path_of(instance, index) + '#' + std::to_string(index);
  const auto& chance = instance.run->options.chance;
  return chance ? chance(path) : draw(instance.run->seed, path);
}

/// Said once: not again by a process that takes the run up.
void log(const Instance& instance, uint32_t index, std::string_view text) {
  Run& run = *instance.run;
  Journal* const journal = run.options.journal;
  if (!journal && !run.observer()) return;
  const std::string path = path_of(instance, index);
  if (journal && journal->find(path)) return;
  if (journal) journal->note({.path = path, .kind = "log", .name = "log", .digest = {}, .model = {}}, text);
  if (run.observer()) run.observer()->logged(path, text);
}

/// The time that this place of the run was given before, or else that of now.
int64_t time_for(const Instance& instance, uint32_t index) {
  const Run& run = *instance.run;
  const auto read_clock = [&] { return run.options.now ? run.options.now() : wall_clock(); };
  Journal* const journal = run.options.journal;
  if (!journal) return read_clock();
  const std::string path = path_of(instance, index);
  const StepBegin step{.path = path, .kind = "now", .name = "now", .digest = {}, .model = {}};
  int64_t time = 0;
  if (const Journal::Recorded* before = journal->find(path)) {
    const std::string& text = before->end.completion.text;
    if (std::from_chars(text.data(), text.data() + text.size(), time).ec == std::errc()) {
      journal->took_over(step, *before);
      return time;
    }
  }
  time = read_clock();
  journal->note(step, std::to_string(time));
  return time;
}

}  // namespace

bool Scheduler::State::call_effect(Instance& instance, uint32_t index) {
  const Task& task = instance.region->tasks[index];
  const program::External& callee = program.externals[task.target];
  auto* frame = reinterpret_cast<std::byte*>(instance.frame);
  const auto argument = [&](size_t place) {
    return frame + task.input_offset + program.types[callee.parameters].fields[place].offset;
  };
  const auto give = [&](auto result) { std::memcpy(frame + task.result_offset, &result, sizeof result); };
  switch (callee.kind) {
    case ExternalKind::Log: log(instance, index, value::load<value::Text>(argument(0)).view()); break;
    case ExternalKind::Now: give(time_for(instance, index)); break;
    case ExternalKind::Random: give(fraction_of(draw_for(instance, index))); break;
    case ExternalKind::Draw: {
      const auto low = value::load<int64_t>(argument(0));
      const auto high = value::load<int64_t>(argument(1));
      if (low > high) {
        fail_at(instance, index, abi::ErrorKind::InvalidValue,
                "`random(" + std::to_string(low) + ", " + std::to_string(high) +
                    ")`: the first number is above the second");
        return true;
      }
      give(number_in(low, high, draw_for(instance, index)));
      break;
    }
    default: return false;
  }
  if (!dropped(instance)) task_ended(instance, index);  // who is told of a line may have ended the run
  return true;
}

}  // namespace chain::sched
